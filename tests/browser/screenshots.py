"""Takes pictures of the pages: `cargo xtask screenshots`."""

from __future__ import annotations

import sys
from pathlib import Path

from conftest import ARGUMENTS
from playwright.sync_api import Browser, sync_playwright

# The page, what is clicked before, the width, the scheme, and whether all of the page is shown.
SHOTS = (
    ("run", None, 1280, "light", True),
    ("run", None, 1280, "dark", True),
    ("run", None, 390, "light", True),
    ("preview", '.stop.is-edit[aria-label^="put configuration in place, 10.10.10.10"] >> nth=1', 1280, "light", False),
    ("failed", None, 1280, "light", True),
    ("failed", ".grid .stop.is-failed", 390, "dark", False),
    ("plan", None, 1280, "light", True),
    ("refused", None, 1280, "dark", True),
    ("reload", None, 1280, "light", True),
    ("cut-off", None, 1280, "light", True),
    ("run-300", None, 1280, "light", True),
    ("run-300", None, 390, "dark", False),
    ("status", None, 1280, "light", True),
    ("status-degraded", None, 1280, "light", True),
    ("status-degraded", None, 390, "dark", True),
    ("status-300", None, 1280, "light", True),
)


def main(program: str, pages: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=ARGUMENTS)
        for name, click, width, scheme, whole in SHOTS:
            take(browser, pages, folder, name, click, width, scheme, whole)
        page = browser.new_page(viewport={"width": 1280, "height": 1250})
        page.goto((pages / "run.html").resolve().as_uri())
        # As it stands in the README: from `docs/images`.
        page.screenshot(path=folder / "readme.png")
        page.pdf(path=folder / "run.pdf", format="A4")
        browser.close()


def take(
    browser: Browser,
    pages: Path,
    folder: Path,
    name: str,
    click: str | None,
    width: int,
    scheme: str,
    whole: bool,
) -> None:
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.goto((pages / f"{name}.html").resolve().as_uri())
    if click is not None:
        page.locator(click).first.click()
    what = "-step" if click else ""
    page.screenshot(path=folder / f"{name}{what}-{width}-{scheme}.png", full_page=whole)
    context.close()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
