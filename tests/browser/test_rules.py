"""What holds for whoever reads the pages: rules of accessibility, and nothing from outside."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python
import pytest
from conftest import Open
from playwright.sync_api import Page

AXE = Path(axe_playwright_python.__file__).parent.joinpath("axe.min.js").read_text()

# The rules of WCAG 2.2 to level AA, and what is good practice beyond.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page, rules: dict[str, object], parts: object = None) -> list[str]:
    page.evaluate(AXE)
    found = page.evaluate("([parts, rules]) => axe.run(parts ?? document, rules)", [parts, rules])
    return [
        f"{rule['id']}: {node['html'][:160]} {node['failureSummary']}"
        for rule in found["violations"]
        for node in rule["nodes"][:3]
    ]


@pytest.mark.parametrize("name", ("preview", "failed", "refused", "plan", "status-degraded"))
def test_no_rule_is_broken(name: str, open_page: Open) -> None:
    page = open_page(name)
    for opener in page.locator(".opener").all():
        opener.click()
    if page.locator(".grid .stop").count() > 0:
        page.locator(".grid .stop.round").last.click()
    assert violations(page, {"runOnly": TAGS}) == []


@pytest.mark.parametrize("name", ("preview", "failed", "cut-off", "status-degraded"))
def test_what_is_dark_can_be_read(name: str, open_page: Open) -> None:
    page = open_page(name, 390, "dark")
    for opener in page.locator(".opener").all():
        opener.click()
    assert violations(page, {"runOnly": ["color-contrast"]}) == []


@pytest.mark.parametrize("name", ("run-300", "status-300"))
def test_no_rule_is_broken_by_a_list_of_clusters(name: str, open_page: Open) -> None:
    page = open_page(name)
    parts = {"include": ["#head", ".tools", "li.cluster:first-child"]}
    assert violations(page, {"runOnly": TAGS}, parts) == []


def test_scripts_that_are_not_ours_do_not_run(open_page: Open, complaints: list[str]) -> None:
    page = open_page("run")
    page.evaluate(
        """() => {
          const script = document.createElement("script");
          script.textContent = "window.harm = 1";
          document.body.append(script);
        }"""
    )
    assert page.evaluate("window.harm") is None
    assert len(complaints) == 1 and "Content Security Policy" in complaints.pop()
