"""Makes guessing slow: wrong tokens are answered late, and many of an address later still."""

import asyncio
import ipaddress
import time
from collections import OrderedDict

from starlette.responses import Response
from starlette.types import Scope

from peftsearch.service.problems import problem

DELAY_SECONDS = 0.3
SLOWER = 10
WINDOW_SECONDS = 60.0
MOST_FAILURES = 20
_MOST_ADDRESSES = 4096


class Throttle:
    """Counts the wrong tokens of each address within a minute.

    It is asked of wrong tokens alone: who has the right one is let in whatever others of the
    address try, who may sit behind the same proxy. That a right guess shows by its speed helps
    nobody, since it opens the door as well.

    Attributes:
        delay: Seconds until a wrong token is answered; `SLOWER` times as long once an address
            has shown `MOST_FAILURES`.
    """

    def __init__(self) -> None:
        self.delay = DELAY_SECONDS
        self._failures: OrderedDict[str, tuple[float, int]] = OrderedDict()

    async def note_failure(self, scope: Scope) -> bool:
        """Count one and let the caller wait; whether it was one of too many."""
        address, now = address_of(scope), time.monotonic()
        began, count = self._failures.pop(address, (now, 0))
        began, count = (now, 1) if now - began >= WINDOW_SECONDS else (began, count + 1)
        self._failures[address] = began, count
        if len(self._failures) > _MOST_ADDRESSES:
            self._failures.popitem(last=False)
        many = count > MOST_FAILURES
        await asyncio.sleep(self.delay * (SLOWER if many else 1))
        return many


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


def address_of(scope: Scope) -> str:
    """The caller's; of IPv6 the /64, since one machine has all of that."""
    host = str((scope.get("client") or ("unknown", 0))[0])
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return host
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else host
