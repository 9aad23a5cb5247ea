"""What pages look like: on wide and narrow screens, on paper, in both schemes, for 3 and 300 hosts."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from conftest import SCHEMES, WIDTHS, Open
from playwright.sync_api import Page, expect

# Every kind of page; the program `pages` writes no other.
PAGES = (
    "cut-off",
    "failed",
    "hostile",
    "plan",
    "plan-300",
    "plan-wide",
    "preview",
    "refused",
    "reload",
    "report-alone",
    "run",
    "run-300",
    "status",
    "status-300",
    "status-absent",
    "status-degraded",
)

# The most that a page of 300 hosts weighs, and the longest that it takes to be there, with much room
# for a machine that is busy.
BYTES = 1_500_000
SECONDS = 20


def overflow(page: Page) -> int:
    return int(page.evaluate("document.documentElement.scrollWidth - innerWidth"))


def test_all_pages_are_known(folder: Path) -> None:
    assert tuple(sorted(path.stem for path in folder.glob("*.html"))) == PAGES


@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows(name: str, open_page: Open) -> None:
    for width in WIDTHS:
        for scheme in SCHEMES:
            page = open_page(name, width, scheme)
            expect(page.locator("h1")).to_be_visible()
            assert overflow(page) <= 0, f"{width} {scheme}"


@pytest.mark.parametrize("name", ("failed", "run", "preview", "run-300", "status-300"))
def test_a_page_prints(name: str, open_page: Open) -> None:
    # The width of A4 with its margins, in pixels of a screen.
    page = open_page(name, 703, "dark")
    page.emulate_media(media="print", color_scheme="dark")
    assert overflow(page) <= 0
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    for graph in page.locator(".grid").all():
        box = graph.bounding_box()
        assert box is not None and box["x"] + box["width"] <= 703
    expect(page.locator(".parts")).to_be_hidden()
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 1 <= sheets <= 40


def test_what_is_shut_is_open_on_paper(open_page: Open) -> None:
    page = open_page("preview")
    difference = page.locator(".change .diff")
    expect(difference).to_have_count(0)
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(difference.first).to_be_visible()
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(difference.first).to_be_hidden()


def test_the_schemes_differ(open_page: Open) -> None:
    colours = {
        open_page("run", scheme=scheme).evaluate("getComputedStyle(document.body).backgroundColor")
        for scheme in SCHEMES
    }
    assert len(colours) == 2


def test_nothing_moves_for_those_who_do_not_want_it(open_page: Open) -> None:
    page = open_page("preview", reduced_motion="reduce")
    moves = "[...document.querySelectorAll('*')].some(e => getComputedStyle(e).transitionDuration !== '0s')"
    assert not page.evaluate(moves)


@pytest.mark.parametrize("name", ("plan-300", "run-300", "status-300"))
def test_three_hundred_hosts_are_light(name: str, folder: Path, open_page: Open) -> None:
    assert (folder / f"{name}.html").stat().st_size < BYTES
    began = time.monotonic()
    page = open_page(name)
    expect(page.locator("li.cluster:visible")).to_have_count(25)
    assert time.monotonic() - began < SECONDS
    # Of what is shut nothing is drawn.
    assert page.evaluate("document.querySelectorAll('*').length") < 8000


def test_without_scripts_there_is_the_text(open_page: Open) -> None:
    page = open_page("failed", java_script_enabled=False)
    text = page.locator("noscript pre, pre.plain")
    expect(text).to_contain_text("1 step failed")
    expect(text).to_contain_text("Unit etcd.service is masked.")
