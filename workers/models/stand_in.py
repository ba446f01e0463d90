"""Hidden states in place of a model's lowest layers: read where they leave one, given back there.

States come with the model's inputs, under a name of their own, and are taken out of every call
before the model sees them. A call without any passes the layers themselves.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import torch
from torch import nn

NAME = "states_in_place"
"""Of the states among the inputs of a call."""


class Unfit(Exception):
    """Why no states can stand in for a model's layers."""


class _Read(Exception):
    """Ends a pass whose output was read."""


def read_output(module: nn.Module, call: Callable[[], object]) -> Any:
    """What a module gives within a call of the model, which goes no further.

    Raises:
        Unfit: The call does not ask it.
    """
    found: list[Any] = []

    def read(module: nn.Module, inputs: Any, output: Any) -> None:
        found.append(output)
        raise _Read

    handle = module.register_forward_hook(read)
    try:
        with suppress(_Read):
            call()
    finally:
        handle.remove()
    if not found:
        raise Unfit("a layer is not asked")
    return found[0]


def split_output(output: Any) -> tuple[torch.Tensor, tuple[None, ...] | None]:
    """The states that a layer gives, and what stands behind them in a tuple; None of a tensor.

    Raises:
        Unfit: Something else leaves the layer with them.
    """
    states, rest = (output[0], output[1:]) if isinstance(output, tuple) else (output, None)
    if not isinstance(states, torch.Tensor) or any(x is not None for x in rest or ()):
        raise Unfit("more than hidden states leaves a layer")
    return states, rest


@dataclass
class StandIn:
    """Gives what a call brings along as the output of each of a model's lowest layers, so that of
    the highest of them it is what it would have computed.

    Attributes:
        rest: Of their outputs, as `split_output` says.
    """

    model: nn.Module
    layers: Sequence[nn.Module]
    rest: tuple[None, ...] | None
    _given: torch.Tensor | None = field(default=None, repr=False)

    @contextmanager
    def acting(self) -> Iterator[None]:
        """Within, calls with states do without the layers; afterwards the model is as it was."""
        taking = self.model.register_forward_pre_hook(self._take, with_kwargs=True, prepend=True)
        # Always, else a call of what is below the head might find those of a call that failed.
        dropping = self.model.register_forward_hook(self._drop, always_call=True)
        try:
            for layer in self.layers:
                layer.forward = partial(self._pass, layer.forward)
            yield
        finally:
            for layer in self.layers:
                vars(layer).pop("forward", None)
            taking.remove()
            dropping.remove()

    def _take(
        self, model: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[tuple[Any, ...], dict[str, Any]]:
        self._given = kwargs.get(NAME)
        return args, {name: x for name, x in kwargs.items() if name != NAME}

    def _drop(self, model: nn.Module, args: Any, output: Any) -> None:
        self._given = None

    def _pass(self, forward: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if self._given is None:
            return forward(*args, **kwargs)
        return self._given if self.rest is None else (self._given, *self.rest)
