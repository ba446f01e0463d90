"""The first forecast of a run, and whether it held."""

import time
from dataclasses import dataclass, field

from peftsearch.records.ranges import Range
from peftsearch.results.wording import duration, span


@dataclass
class Foretold:
    """What was foreseen first, and when.

    Attributes:
        started: On the clock that `time.monotonic` reads.
    """

    left: Range | None = None
    at: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def note(self, left: Range | None) -> None:
        """Keep the first forecast of something that is still to come."""
        if self.left is None and left is not None and left.high > left.low:
            self.left, self.at = left, time.monotonic()

    def tell(self, now: float | None = None) -> str | None:
        """Half a line where it did not hold; None where it did, and where there was none.

        Args:
            now: When the run ended, on the same clock; None is now.
        """
        ended = time.monotonic() if now is None else now
        if self.left is None or self.left.holds(ended - self.at):
            return None
        before = self.at - self.started
        ends = span(before + self.left.low, before + self.left.high)
        taken = duration(ended - self.started)
        return f"took {taken}, loading and preparing included, foreseen first: {ends}"
