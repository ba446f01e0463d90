"""Rungs: states of a training from which a later attempt of the same trial goes on.

What a step depends on is in a rung or a function of the seed and of the step's number, so that
the training ends bit-equal to one that nobody broke off.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import torch

from peftsearch.errors import UserError
from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.hooks.hooks import Hooks
from peftsearch.workers.runtime.memory import MemoryMeter

from .checkpoints import Checkpoints
from .clock import Clock
from .progress import Progress

FORMAT = 1
"""Raised when a rung holds something else."""
SHARES = (1 / 3, 2 / 3)
"""Of the steps, after which a rung is kept."""
FEWEST_STEPS = 6
"""Of a training that has rungs."""
RESUMED = "resumed_step"
"""Key of a trial's provenance: after how many steps it went on; absent where it was not broken
off."""

Told = Mapping[str, Any]
Tensors = Mapping[str, torch.Tensor]
Rung = tuple[Told, Tensors]


class Keeper(Protocol):
    """Keeps the newest rung of one trial, for whoever claims it next."""

    def load(self) -> Rung | None:
        """What was saved last; None where there is nothing whole."""

    def save(self, told: Told, tensors: Tensors) -> None:
        """Keep a rung in place of the former one, or do nothing where there is no room.

        Args:
            told: Plain data for JSON.
            tensors: By name, on the CPU.
        """


@dataclass(frozen=True)
class Read:
    """A keeper of whose rung is known already what it is (`Keeper`).

    Attributes:
        keeper: That takes the next ones; None drops them.
    """

    rung: Rung | None
    keeper: Keeper | None = None

    @classmethod
    def of(cls, keeper: Keeper | None) -> "Read":
        """Read what it has."""
        return cls(None if keeper is None else keeper.load(), keeper)

    def load(self) -> Rung | None:
        """See `Keeper.load`."""
        return self.rung

    def save(self, told: Told, tensors: Tensors) -> None:
        """See `Keeper.save`."""
        if self.keeper is not None:
            self.keeper.save(told, tensors)


def rung_steps(steps: int) -> tuple[int, ...]:
    """After which of so many steps a rung is kept."""
    return tuple(round(share * steps) for share in SHARES) if steps >= FEWEST_STEPS else ()


def identify(*parts: Any) -> str:
    """A name of all that a training is a function of, given as plain data."""
    text = json.dumps([FORMAT, *parts], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


@dataclass
class Rungs:
    """The rungs of one training.

    Attributes:
        keeper: None where nothing is kept.
        identity: What `identify` gave; a rung of any other is ignored.
        steps: Of the whole training.
        resumed: After how many steps it went on; 0 where it began.
    """

    keeper: Keeper | None
    identity: str
    steps: int
    attachment: Attachment
    checkpoints: Checkpoints
    clock: Clock
    meter: MemoryMeter
    hooks: Hooks = field(default_factory=Hooks)
    resumed: int = 0

    @property
    def told(self) -> dict[str, int]:
        """What the provenance says of it."""
        return {RESUMED: self.resumed} if self.resumed else {}

    def take_up(self, progress: Progress) -> None:
        """Go on from the rung that was kept, if it is one of this very training."""
        found = None if self.keeper is None else self.keeper.load()
        if found is None or found[0].get("identity") != self.identity:
            return
        told, tensors = found
        progress.reopen(len(tensors["losses"]))
        try:
            self.attachment.load(_below("trained", tensors))
        except UserError:  # another adapter, for all that its package says of itself
            if self.hooks.starts:
                raise  # its first phase is behind it
            return
        moments, losses = _below("moments", tensors), tensors["losses"].tolist()
        progress.take_up(moments, losses, told["training_seconds"])
        self.hooks.take_up(_below("hooks", tensors))
        self.checkpoints.take_up(told["checkpoints"], _below("checkpoints", tensors))
        self.clock.take_up(told["ticks"], told["seconds"])
        self.meter.take_up(told["peak_bytes"])
        self.resumed = progress.steps

    def after_step(self, progress: Progress) -> None:
        """Keep a rung, if it is time for one."""
        if self.keeper is None or progress.steps not in rung_steps(self.steps):
            return
        looked, states = self.checkpoints.state()
        told = {
            "identity": self.identity,
            "training_seconds": progress.seconds,
            "ticks": self.clock.done,
            "seconds": self.clock.seconds,
            "peak_bytes": self.meter.bytes,
            "checkpoints": looked,
        }
        tensors = {
            "losses": torch.tensor(progress.losses, dtype=torch.float64),
            **_put_below("trained", self.attachment.tensors()),
            **_put_below("moments", progress.moments()),
            **_put_below("checkpoints", states),
            **_put_below("hooks", self.hooks.state()),
        }
        self.keeper.save(told, tensors)


def _put_below(part: str, tensors: Tensors) -> dict[str, torch.Tensor]:
    return {f"{part}/{name}": tensor for name, tensor in tensors.items()}


def _below(part: str, tensors: Tensors) -> dict[str, torch.Tensor]:
    start = f"{part}/"
    return {name.removeprefix(start): x for name, x in tensors.items() if name.startswith(start)}
