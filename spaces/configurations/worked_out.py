"""A property that is worked out once, as `functools.cached_property` without the lock that Python
3.11 takes for each, which is longer than most of the work. Two threads may both work it out."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    worked_out = cached_property
else:

    class worked_out:
        """What the method returns, kept in the object."""

        def __init__(self, method: Callable[[Any], Any]) -> None:
            self.__doc__ = method.__doc__
            self._method, self._name = method, method.__name__

        def __get__(self, owner: Any, kind: Any = None) -> Any:
            if owner is None:
                return self
            found = owner.__dict__[self._name] = self._method(owner)
            return found
