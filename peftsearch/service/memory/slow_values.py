"""Values that take long: a slightly old one is shown while a thread computes the newest.

Caches of the web call it stale-while-revalidate.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclass
class SlowValues:
    """Values of one job by name, each with the event that it is of."""

    _values: dict[str, tuple[int, Any]] = field(default_factory=dict)
    _busy: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _computing: threading.Lock = field(default_factory=threading.Lock)

    def get(self, name: str, event: int, compute: Callable[[], T]) -> T:
        """The value of that event, or an older one; the very first is waited for."""
        with self._lock:
            known = self._values.get(name)
            begins = known is not None and known[0] < event and name not in self._busy
            if begins:
                self._busy.add(name)
        if known is None:
            return self._compute(name, event, compute)
        if begins:
            arguments = name, event, compute
            threading.Thread(target=self._refresh, args=arguments, daemon=True).start()
        return cast(T, known[1])

    def _refresh(self, name: str, event: int, compute: Callable[[], Any]) -> None:
        try:
            self._compute(name, event, compute)
        finally:
            with self._lock:
                self._busy.discard(name)

    def _compute(self, name: str, event: int, compute: Callable[[], T]) -> T:
        with self._computing:
            known = self._values.get(name)
            if known is None or known[0] < event:
                known = event, compute()
                with self._lock:
                    self._values[name] = known
            return cast(T, known[1])
