"""What a dry run and the first trial of a run foretold, and whether that held."""

import time
from dataclasses import dataclass, field

from peftsearch.records.ranges import Range
from peftsearch.results.wording import duration, span


@dataclass
class Foretold:
    """What was foreseen of a run, and when.

    Attributes:
        left: By the first trials that ended, of what was left at `at`.
        dry_run: Of all of it, by the dry run before it; None without one.
        started: On the clock that `time.monotonic` reads.
    """

    left: Range | None = None
    at: float = 0.0
    dry_run: Range | None = None
    started: float = field(default_factory=time.monotonic)

    def note(self, left: Range | None) -> None:
        """Keep the first forecast of something that is still to come."""
        if self.left is None and left is not None and left.high > left.low:
            self.left, self.at = left, time.monotonic()

    def tell(self, now: float | None = None) -> str | None:
        """Half a line where either did not hold; None where both did, and where there was none.

        Args:
            now: When the run ended, on the same clock; None is now.
        """
        taken = (time.monotonic() if now is None else now) - self.started
        before = self.at - self.started
        known = [] if self.dry_run is None else [("by the dry run", self.dry_run)]
        if self.left is not None:
            ends = (before + x for x in (self.left.low, self.left.likely, self.left.high))
            known.append(("after the first trial", Range(*ends)))
        if all(x.holds(taken) for _, x in known):
            return None
        told = ", ".join(f"{when} {span(x.low, x.high)}" for when, x in known)
        return f"took {duration(taken)}, loading and preparing included; foreseen {told}"
