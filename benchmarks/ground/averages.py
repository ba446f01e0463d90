"""Means of recent weights: at each look, of the states after the last half of the steps so far."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import torch


@dataclass
class Averages:
    """Sums up what a training passes through.

    Attributes:
        parameters: What is trained.
        stops: Steps at whose ends there is a look.
    """

    parameters: Sequence[torch.nn.Parameter]
    stops: Sequence[int]
    done: int = 0
    paused: bool = False
    _sums: dict[int, list[torch.Tensor]] = field(default_factory=dict)

    @torch.no_grad()
    def step(self) -> None:
        """One more step is done, unless the tick is one of an evaluation's."""
        if self.paused or not self.stops or self.done == self.stops[-1]:
            return
        self.done += 1
        for stop in self.stops:
            if stop // 2 < self.done <= stop:
                if stop not in self._sums:
                    self._sums[stop] = [torch.zeros_like(x) for x in self.parameters]
                torch._foreach_add_(self._sums[stop], list(self.parameters))

    @contextlib.contextmanager
    def applied(self) -> Iterator[None]:
        """For a while the model has the mean of this look, then its own state to the bit."""
        state = [x.detach().clone() for x in self.parameters]
        count = self.done - self.done // 2
        self._set([total / count for total in self._sums.pop(self.done)])
        try:
            yield
        finally:
            self._set(state)

    @torch.no_grad()
    def _set(self, values: Sequence[torch.Tensor]) -> None:
        for parameter, value in zip(self.parameters, values, strict=True):
            parameter.copy_(value)
