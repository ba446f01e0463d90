"""Whether the head of a Ray cluster is still there."""

import socket
import time

_EVERY_SECONDS = 2.0
_ANSWER_SECONDS = 1.0
_SILENT_SECONDS = 30.0
"""Less than the minute after which Ray ends whoever is connected; a head may be back by then."""


def reach(address: str, seconds: float = _ANSWER_SECONDS) -> None:
    """Open a connection to a head, `host:port` or `ray://host:port`, and close it.

    Raises:
        OSError: Nothing answers there.
        OverflowError: There is no such port.
    """
    host, _, port = address.rpartition("//")[2].rpartition(":")
    socket.create_connection((host.strip("[]"), int(port)), seconds).close()


class Pulse:
    """Feels now and then whether a head answers."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._felt = time.monotonic()
        self._silent_since: float | None = None

    def is_lost(self) -> bool:
        """Whether nothing has answered for half a minute."""
        if time.monotonic() - self._felt >= _EVERY_SECONDS:
            self._feel()
        since = self._silent_since
        return since is not None and time.monotonic() - since > _SILENT_SECONDS

    def _feel(self) -> None:
        try:
            reach(self._address)
            self._silent_since = None
        except OSError:
            self._silent_since = self._silent_since or time.monotonic()
        self._felt = time.monotonic()
