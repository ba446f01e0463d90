"""Connections that may not stay: beyond the room for them, or without a request for long."""

import asyncio
from functools import partial
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

from peftsearch.service.guard.crowds import RETRY_SECONDS, Alarm

REQUEST_SECONDS = 20.0
"""From the beginning of a connection, or of bytes after an answer, to a whole request."""
KEEP_SECONDS = 5
"""Between an answer and the next request."""
_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"retry-after: %d\r\nconnection: close\r\n\r\n"
    b"too many connections; ask again in a while\n" % RETRY_SECONDS
)


class Connection(H11Protocol):
    """One connection. `uvicorn` itself waits for ever for the first request.

    Args:
        most: Connections at once.
        alarm: Tells of a crowd.
    """

    def __init__(self, *arguments: Any, most: int, alarm: Alarm, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._most, self._alarm = most, alarm
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Refuse one too many at once."""
        super().connection_made(transport)
        if len(self.connections) > self._most:
            self._alarm.ring()
            transport.write(_FULL)
            transport.close()
        else:
            self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        super().connection_lost(exc)
        self._be_content()
        self._alarm.rest(len(self.connections))

    def data_received(self, data: bytes) -> None:
        """A whole request ends the wait; a part of one does not begin it anew."""
        if self.transport.is_closing():
            return
        super().data_received(data)
        if self._is_answering():
            self._be_content()
        elif self._deadline is None:
            self._expect()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _be_content(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        self._deadline = None
        if not self._is_answering():
            self.transport.close()


def limited(most: int) -> Any:
    """What makes the connections of one server, of which so many may be open at once."""
    return partial(Connection, most=most, alarm=Alarm("connections", most))
