"""How many may be connected at once, so that no crowd uses up the files of the process."""

import logging
from collections import Counter
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from peftsearch.service.problems import problem

from .throttle import address_of

BACKLOG = 512
"""Connections that the system holds for us, and that may come in at once."""
RETRY_SECONDS = 10
_OTHERS = 256
"""Files of databases, child processes, exports."""
_FEWEST, _MOST = 64, 2048
log = logging.getLogger("peftsearch.service")


@dataclass(frozen=True)
class Room:
    """What there is room for.

    Attributes:
        connections: Of all callers.
        streams: Event streams among them.
        streams_of_one: Those of one address.
    """

    connections: int
    streams: int
    streams_of_one: int


def room_for(files: int) -> Room:
    """What a process has room for that may have so many files open."""
    connections = min(_MOST, max(_FEWEST, files - BACKLOG - _OTHERS))
    return Room(connections, connections // 2, connections // 4)


class Alarm:
    """Tells of a crowd once, and again only after there was room."""

    def __init__(self, what: str, most: int) -> None:
        self._what, self._most, self._rung = what, most, False

    def ring(self) -> None:
        """One more was refused."""
        if not self._rung:
            self._rung = True
            log.error("too many %s: further ones are refused beyond %s", self._what, self._most)

    def rest(self, count: int) -> None:
        """So many are left."""
        self._rung = self._rung and count > self._most // 2


class StreamLimit:
    """Answers 503 to event streams beyond the room for them."""

    def __init__(self, app: ASGIApp, room: Room) -> None:
        self._app, self._room = app, room
        self._of: Counter[str] = Counter()
        self._alarm = Alarm("event streams", room.streams)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and count while it lasts."""
        if scope["type"] != "http" or not scope["path"].endswith("/events"):
            return await self._app(scope, receive, send)
        address = address_of(scope)
        if self._is_full(address):
            self._alarm.ring()
            return await too_crowded()(scope, receive, send)
        self._of[address] += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._of[address] -= 1
            self._of += Counter()  # which drops those of none
            self._alarm.rest(self._of.total())

    def _is_full(self, address: str) -> bool:
        of_one, all_of_them = self._of[address], self._of.total()
        return of_one >= self._room.streams_of_one or all_of_them >= self._room.streams


def too_crowded() -> Response:
    """503, and when to come back."""
    response = problem(
        503,
        "Too many event streams",
        "as many event streams are open as this service has room for",
        expected="fewer event streams at once",
        got="one more",
        hint="close pages that nobody looks at, or ask again in a while",
    )
    response.headers["Retry-After"] = str(RETRY_SECONDS)
    return response
