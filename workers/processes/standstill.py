"""Machines that stand still: laptops that sleep, containers that are frozen."""

import time
from dataclasses import dataclass, field

from .lease_times import LEASE_SECONDS, RENEW_SECONDS

_GAP_SECONDS, _PAUSE_SECONDS = LEASE_SECONDS / 2, 2 * RENEW_SECONDS


@dataclass
class Standstill:
    """Whether this process did nothing for long until a moment ago.

    Where all of a machine stood still, the leases of all ran out, and whoever is first to go on
    would take the trials of those who only need a moment to renew them. So it leaves them alone
    for that moment. A training of its own is a gap too, which costs others nothing.
    """

    _last: float = field(default_factory=time.time)
    _began: float | None = None

    def lasts(self) -> bool:
        """To be asked at each turn: whether the moment after a gap is not over."""
        now = time.time()  # other clocks stand still with the machine
        if now - self._last > _GAP_SECONDS:
            self._began = now
        self._last = now
        return self._began is not None and 0 <= now - self._began < _PAUSE_SECONDS
