"""Makes guessing slow: wrong tokens are answered late, and few of them a minute."""

import asyncio
import ipaddress
import time
from collections import OrderedDict

from starlette.responses import Response
from starlette.types import Scope

from peftsearch.service.problems import problem

DELAY_SECONDS = 0.3
WINDOW_SECONDS = 60.0
MOST_FAILURES = 20
_MOST_ADDRESSES = 4096


class Throttle:
    """Counts the wrong tokens of each address within a minute.

    Once an address has `MOST_FAILURES`, nothing that it shows is compared until the minute is
    over; comparing at once and answering late would tell a right guess by its speed. Behind a
    proxy all callers have one address.

    Attributes:
        delay: Seconds until a wrong token is answered.
    """

    def __init__(self) -> None:
        self.delay = DELAY_SECONDS
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def exhausted(self, scope: Scope) -> bool:
        """Whether the caller's address guessed too often."""
        began, count = self._failures.get(_address(scope), (0.0, 0))
        return count >= MOST_FAILURES and time.monotonic() - began < WINDOW_SECONDS

    async def note_failure(self, scope: Scope) -> None:
        """Count one, and let the caller wait."""
        address, now = _address(scope), time.monotonic()
        began, count = self._failures.pop(address, (now, 0))
        fresh = (now, 1) if now - began >= WINDOW_SECONDS else (began, count + 1)
        self._failures[address] = fresh
        if len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)
        await asyncio.sleep(self.delay)


def too_many() -> Response:
    """429, and when to come back."""
    response = problem(
        429,
        "Too many wrong tokens",
        "too many wrong tokens came from this address",
        expected=f"fewer than {MOST_FAILURES} within {WINDOW_SECONDS:.0f} seconds",
        got="more",
        hint="wait a minute",
    )
    response.headers["Retry-After"] = f"{WINDOW_SECONDS:.0f}"
    return response


def _address(scope: Scope) -> str:
    """The caller's; of IPv6 the /64, since one machine has all of that."""
    host = str((scope.get("client") or ("unknown", 0))[0])
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else host
