"""The system's Chromium for tests."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

LOADED = "() => [...document.querySelectorAll('.loading')].every((x) => !x.checkVisibility())"
"""Whether a page shows no more that it loads."""
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]


@contextmanager
def open_chromium() -> Iterator[Browser]:
    """A running Chromium until the block ends; skips where there is none, unless it is required.

    One at a time: Playwright keeps the thread's event loop for as long.
    """
    program = next((path for name in PROGRAMS if (path := shutil.which(name))), None)
    if program is None:
        reason = f"there is none of {', '.join(PROGRAMS)}"
        if os.environ.get("PEFTSEARCH_REQUIRE_BROWSER"):
            pytest.fail(f"{reason}, but PEFTSEARCH_REQUIRE_BROWSER is set")
        pytest.skip(reason)
    with sync_playwright() as playwright:
        with playwright.chromium.launch(executable_path=program, args=OPTIONS) as browser:
            yield browser
