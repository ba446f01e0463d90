"""Machines that stand still, as laptops that sleep, and databases that are away."""

import time
from dataclasses import dataclass, field

from .lease_times import LEASE_SECONDS, RENEW_SECONDS

_GAP_SECONDS, _PAUSE_SECONDS = LEASE_SECONDS / 2, 4 * RENEW_SECONDS
"""Who asks over a connection that was cut may hear of it after 15 s (`storage.servers`)."""


@dataclass
class Standstill:
    """Whether this process heard nothing of the database for long until a moment ago; one that
    begins knows of nothing before.

    Where all of a machine stood still, or the database was away, the leases of all ran out, and
    whoever is first to go on would take the trials of those who only need a moment to renew them.
    So it leaves them alone for that moment. A training of its own is a gap too, which costs
    others nothing.

    Attributes:
        began: When the last gap ended, or the process came.
    """

    began: float = field(default_factory=time.time)
    _last: float = field(default_factory=time.time)

    def lasts(self) -> bool:
        """To be asked in each turn, once the database has answered: whether the moment after a gap
        or the beginning is not over."""
        now = time.time()  # other clocks stand still with the machine
        if now - self._last > _GAP_SECONDS:
            self.began = now
        self._last = now
        return 0 <= now - self.began < _PAUSE_SECONDS
