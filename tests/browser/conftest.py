"""A real browser for the pages that the program in `tests/pages` writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

WIDTHS = (1280, 390)
SCHEMES = ("light", "dark")

# Tests run as root too, for whom the browser makes no sandbox.
ARGUMENTS = ["--no-sandbox", "--disable-gpu"]

Open = Callable[..., Page]

# Machines that run tests are busy.
expect.set_options(timeout=30_000)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--browser", required=True, help="the program of the browser")
    parser.addoption("--pages", required=True, help="the folder that the pages are in")


@pytest.fixture(scope="session")
def folder(request: pytest.FixtureRequest) -> Path:
    """The folder that the pages are in."""
    return Path(request.config.getoption("--pages")).resolve()


@pytest.fixture(scope="session")
def browser(request: pytest.FixtureRequest) -> Iterator[Browser]:
    """A browser without a window."""
    program = request.config.getoption("--browser")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def complaints() -> list[str]:
    """What pages complain of, and what they ask the network for; what is left at the end fails."""
    return []


@pytest.fixture
def open_page(browser: Browser, folder: Path, complaints: list[str]) -> Iterator[Open]:
    """Opens a page by its name, as wide and in such a scheme."""
    contexts = []

    def open_page(name: str, width: int = 1280, scheme: str = "light", **settings: object) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **settings
        )
        contexts.append(context)
        page = context.new_page()
        file = (folder / f"{name}.html").as_uri()
        page.on("console", lambda message: complaints.append(f"{name}: {message.text}"))
        page.on("pageerror", lambda error: complaints.append(f"{name}: {error}"))
        page.on("request", lambda asked: is_own(asked.url, file) or complaints.append(asked.url))
        page.goto(file)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


def is_own(url: str, file: str) -> bool:
    """Says whether an address is the page itself, or stands in it."""
    return url.split("#")[0] == file or url.startswith("data:")
