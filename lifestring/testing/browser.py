"""Chromium, driven by Playwright, for tests of pages; none is downloaded: Debian's own, or any that is on the PATH."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from playwright.sync_api import Browser, ConsoleMessage, Page, sync_playwright

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
# Where to put pictures of what a test comes by, for somebody to look at.
PICTURES = os.environ.get("LIFESTRING_PICTURES", "")


def chromium() -> str | None:
    """Return the path of a Chromium, None where there is none."""
    return next((path for name in PROGRAMS if (path := shutil.which(name))), None)


def wanted() -> bool:
    """Whether tests that need one are collected: where it is there, and always in CI, whose failure is then honest."""
    return os.environ.get("CI", "").lower() in {"1", "true"} or chromium() is not None


@contextmanager
def browsing(program: str) -> Iterator[Browser]:
    """Run a browser without a window."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            yield browser
        finally:
            # Playwright's loop makes this another context than the test's, with a connection of its own.
            connections.close_all()
            browser.close()


def complaints_of(page: Page) -> list[str]:
    """Return a list that grows by what the page's console says went wrong, a broken content policy for one."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def picture(page: Page, name: str) -> None:
    """Take a picture where somebody wants some: wide and narrow, in light and dark."""
    if not PICTURES:
        return
    size = page.viewport_size
    for width, height in ((1280, 900), (420, 900)):
        page.set_viewport_size({"width": width, "height": height})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            # Colours change within a moment, and not at once.
            page.wait_for_timeout(400)
            page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
    page.emulate_media(color_scheme="light")
    if size:
        page.set_viewport_size(size)
