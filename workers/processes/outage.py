"""A database that is away for a while: what people are told of it."""

import time

from peftsearch.errors import StoreUnavailable
from peftsearch.time_text import duration

_PATIENCE_SECONDS = 5.0
"""A shorter one concerns nobody."""


class Outage:
    """From the first question without an answer to the next answer."""

    def __init__(self) -> None:
        self._since: float | None = None
        self._told = False

    def lasts(self, error: StoreUnavailable) -> list[str]:
        """To be called at each question without an answer; a line, once."""
        self._since = time.monotonic() if self._since is None else self._since
        if self._told or time.monotonic() - self._since < _PATIENCE_SECONDS:
            return []
        self._told = True
        return [f"trials go on, and what is finished waits to be recorded: {error}"]

    def ends(self) -> list[str]:
        """To be called at each answer; a line where people had been told."""
        since, told = self._since, self._told
        self._since, self._told = None, False
        if since is None or not told:
            return []
        return [f"the database answers again, after {duration(time.monotonic() - since)}"]
