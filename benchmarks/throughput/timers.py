"""CPU seconds of named parts of one process; what a part calls within another counts there."""

import builtins
import importlib
import time
from collections import defaultdict
from collections.abc import Callable
from functools import wraps
from typing import Any


class Timers:
    """A stack of parts: each moment belongs to the innermost one.

    Attributes:
        seconds: CPU seconds of the process by part, of all its threads.
        calls: How often each part began.
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self.calls: dict[str, int] = defaultdict(int)
        self._stack: list[str] = ["the rest"]
        self._since = 0.0  # the start of the process belongs to the rest

    def begin(self, part: str) -> None:
        """Enter a part."""
        self._settle()
        self.calls[part] += 1
        self._stack.append(part)

    def end(self) -> None:
        """Leave the part that was entered last."""
        self._settle()
        self._stack.pop()

    def _settle(self) -> None:
        now = time.process_time()
        self.seconds[self._stack[-1]] += now - self._since
        self._since = now

    def within(self, part: str) -> bool:
        """Whether the part is open."""
        return part in self._stack

    def time(self, owner: Any, name: str, part: str | Callable[[], str]) -> None:
        """Let each call of `owner.name` be a part.

        Args:
            part: Its name, or what tells it when the call begins.
        """
        original = getattr(owner, name)

        @wraps(original)
        def timed(*args: Any, **kwargs: Any) -> Any:
            self.begin(part if isinstance(part, str) else part())
            try:
                return original(*args, **kwargs)
            finally:
                self.end()

        setattr(owner, name, timed)

    def time_imports(self, part: str) -> None:
        """Let whatever an import loads be a part, wherever it stands."""
        for owner, name in ((builtins, "__import__"), (importlib, "import_module")):
            original = getattr(owner, name)

            def load(*args: Any, _original: Any = original, **kwargs: Any) -> Any:
                if self._stack[-1] == part:
                    return _original(*args, **kwargs)
                self.begin(part)
                try:
                    return _original(*args, **kwargs)
                finally:
                    self.end()

            setattr(owner, name, load)
