"""A real browser for tests, which notes all that a careful visitor would complain about."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import (
    Browser,
    ConsoleMessage,
    Page,
    Request,
    Response,
    expect,
)

from tests.chromium import open_chromium

WAIT = 120_000
"""Milliseconds; a busy machine is slow."""

_TELL_VIOLATIONS = """addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`))"""
_FAILED_LOAD = "Failed to load resource"


@dataclass
class Visit:
    """A page in a browser of its own session.

    Attributes:
        complaints: What went wrong without the test asking for it.
        expected: Answers above 399 that the test provokes: status and the end of the path.
    """

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    expected: set[tuple[int, str]] = field(default_factory=set)

    def goto(self, path: str) -> None:
        """Open a page of the dashboard, and wait until it has loaded its data and drawn it."""
        self.page.goto(self.url + path)
        self.settle()

    def settle(self) -> None:
        """Wait until nothing loads."""
        self.page.wait_for_function(
            """() => document.readyState === "complete"
            && !document.querySelector('[aria-busy="true"]')
            && [...document.querySelectorAll(".loading")].every((x) => !x.checkVisibility())"""
        )

    def tab_to(self, selector: str, key: str = "Tab", most: int = 150) -> None:
        """Move the focus to an element by the Tab key alone, and see that the focus shows."""
        script = "([what]) => document.activeElement?.matches(what) ?? false"
        for _ in range(most):
            self.page.keyboard.press(key)
            if self.page.evaluate(script, [selector]):
                assert self.page.evaluate("document.activeElement.matches(':focus-visible')")
                return
        raise AssertionError(f"{selector} is not reached by {most} times {key}")

    def mark(self) -> None:
        """Mark the window; a reload takes the mark away."""
        self.page.evaluate("window.isMarked = true")

    def is_marked(self) -> bool:
        """Whether the page was not loaded again since."""
        return self.page.evaluate("window.isMarked === true") is True

    def overflow(self) -> int:
        """By how many pixels the page is wider than the window."""
        script = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        return int(self.page.evaluate(script))

    def watch(self) -> None:
        """Note errors of scripts, violations of the policy, failures and foreign addresses."""
        self.page.add_init_script(_TELL_VIOLATIONS)
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", self._see_request)
        self.page.on("response", self._see_response)

    def _hear(self, message: ConsoleMessage) -> None:
        is_known = message.text.startswith(_FAILED_LOAD)  # `_see_response` knows more of it
        if message.type in ("error", "warning") and not is_known:
            self.complaints.append(f"{message.type}: {message.text}")

    def _see_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1":
            self.complaints.append(f"request to {request.url}")

    def _see_response(self, response: Response) -> None:
        path = urlsplit(response.url).path
        is_expected = any(
            response.status == status and path.endswith(end) for status, end in self.expected
        )
        if response.status >= 400 and not is_expected:
            self.complaints.append(f"{response.status} for {response.request.method} {path}")


Scheme = Literal["light", "dark"]
Visiting = Callable[..., AbstractContextManager[Visit]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A running Chromium (`tests.chromium`)."""
    expect.set_options(timeout=WAIT)
    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def visit(browser: Browser) -> Visiting:
    """Visits a dashboard: `with visit(url, token, width=400, scheme="dark") as visitor`; with a
    token it has opened the address that the dashboard prints.

    Raises:
        AssertionError: At the end, if there was anything to complain about.
    """

    @contextmanager
    def make(
        url: str, token: str | None = None, width: int = 1200, scheme: Scheme = "light"
    ) -> Iterator[Visit]:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, accept_downloads=True
        )
        context.set_default_timeout(WAIT)
        visitor = Visit(context.new_page(), url)
        visitor.watch()
        try:
            if token is not None:
                visitor.goto(f"/?token={token}")
                expect(visitor.page).to_have_url(f"{url}/")
            yield visitor
        except BaseException as error:
            error.add_note(f"the browser's complaints: {visitor.complaints}")
            raise
        finally:
            context.close()
        assert visitor.complaints == [], visitor.complaints

    return make
