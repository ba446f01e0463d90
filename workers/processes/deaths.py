"""Deaths of a pool's workers: how many without a trial that ended between, and what to do then."""

from dataclasses import dataclass

LIMIT = 5
_FIRST_PAUSE, _FACTOR = 1.0, 2.0


@dataclass
class Deaths:
    """Those in a row. A trial that ends, however well, shows that workers can work.

    A pool of weeks loses some workers to other people's memory and to pre-emption, and a trial
    that kills its workers is failed after three. More in a row than both explain will not end by
    itself.
    """

    count: int = 0

    @property
    def too_many(self) -> bool:
        """Whether another worker would die as well."""
        return self.count > LIMIT

    def add(self) -> None:
        """One more died."""
        self.count += 1

    def forget(self) -> None:
        """A trial ended."""
        self.count = 0

    @property
    def pause(self) -> float:
        """Seconds before the next one starts: none after the first death, then twice as many each
        time, since what killed it may need a while to pass."""
        return _FIRST_PAUSE * _FACTOR ** (self.count - 2) if self.count > 1 else 0.0
