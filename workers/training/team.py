"""Processes that train one trial together: the first leads, the others compute their parts.

The rows of each step are divided among them. Losses and gradients are added up over all before
anything looks at them, so that each takes the very step that one process would have taken with
all rows. They meet by `accelerate`: over gloo on CPUs, over NCCL on GPUs.
"""

import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import torch
from torch import distributed, nn

from peftsearch.records.trial import FailureKind
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.workers.batches.batching import split_batch
from peftsearch.workers.runtime.machine_faults import machine_error

from .rungs import Rung
from .trial_failures import TrialFailure, classify

_LONGEST_WAIT = timedelta(days=365)
"""One that dies is heard of at once; one that waits may wait for a proposal, or for an hour of
looks at validation rows."""
T = TypeVar("T")
_Described = tuple[str, str, OSError | None]
"""A failure's kind and message, and what the system said where the machine is to blame."""


@dataclass(frozen=True)
class Order:
    """A training of which the others are to compute their parts.

    Attributes:
        fold: Of the job, 0 where it has none.
        identity: Of its rungs.
        tensors: What is attached, before the first step.
        rung: From which it goes on; None where it begins.
        threads: Of each process.
    """

    fold: int
    configuration: Configuration
    seed: int
    identity: str
    tensors: Mapping[str, torch.Tensor]
    rung: Rung | None
    threads: int


class Parted(Exception):
    """The training is over: the first process says so."""


@dataclass
class Team:
    """This process among those that train one trial.

    Attributes:
        rank: 0 leads.
        size: How many they are.
        lose: Ends what this process does, since another one is gone.
        words: The group by which they talk, of CPUs; None is the one of gradients.
    """

    rank: int
    size: int
    lose: Callable[[], NoReturn]
    words: Any = None
    _training: bool = False

    @contextmanager
    def leading(self, order: Order) -> Iterator[None]:
        """Train with all others, which the end of the block sends away."""
        self.tell(order)
        self._training = True
        try:
            yield
        finally:
            self._end(None)

    @contextmanager
    def following(self) -> Iterator[None]:
        """Train with all others; whatever goes wrong here is told to the first."""
        self._training, failure = True, None
        try:
            yield
        except Exception as error:  # which the first raises, and the trial ends by
            failure = error
        self._end(failure)

    def tell(self, order: object) -> None:
        """Give all others something that `hear` returns there."""
        self._hear([order])

    def hear(self) -> Any:
        """Wait for what the first tells."""
        return self._hear([None])

    def add(
        self,
        rows: Sequence[int],
        undivided: bool,
        compute: Callable[[Sequence[int], str], float],
        parameters: Sequence[nn.Parameter],
    ) -> float:
        """Compute the gradients of a step together.

        Args:
            undivided: Whether the first computes all rows, and the others nothing.
            compute: Adds the gradients of some of the rows, and returns their share of the loss;
                told whose they are, for what it draws: nothing of the first.

        Returns:
            The loss of all rows, with the gradients of all; without any where it is not finite.

        Raises:
            TrialFailure: It failed in another process.
            Parted: The first has ended the training.
        """
        mine, failure, loss = divide(rows, 1 if undivided else self.size, self.rank), None, 0.0
        flat = torch.empty(0)
        try:
            if mine:
                loss = compute(mine, f" of {self.rank}" if self.rank else "")
            flat = _flatten(parameters)
        except Exception as error:  # the others wait to hear of it
            failure = error
        loss = self._agree(loss, failure)
        if math.isfinite(loss):
            self._add_up(parameters, flat)
        return loss

    def _agree(self, loss: float, failure: Exception | None, over: bool = False) -> float:
        """The sum of all losses, if all go on."""
        word = torch.tensor([loss, float(over or failure is not None)], dtype=torch.float64)
        self._together(lambda: distributed.all_reduce(word, group=self.words))
        if not word[1]:
            return float(word[0])
        self._training = False
        mine = None if failure is None else _describe(failure)
        heard: list[_Described | None] = [None] * self.size
        self._together(lambda: distributed.all_gather_object(heard, mine, group=self.words))
        if failure is not None:
            raise failure
        for kind, message, cause in filter(None, heard):
            raise TrialFailure(FailureKind(kind), message) from cause
        raise Parted

    def _end(self, failure: Exception | None) -> None:
        if not self._training:
            return
        try:
            self._agree(0.0, failure, over=True)
        except (Parted, TrialFailure):
            pass
        except Exception as error:
            if error is not failure:
                raise

    def _add_up(self, parameters: Sequence[nn.Parameter], flat: torch.Tensor) -> None:
        """Give each the sum of its gradients; none where no process has one."""
        if not parameters:
            return
        self._together(lambda: distributed.all_reduce(flat))
        sizes = [*(x.numel() for x in parameters), len(parameters)]
        *sums, counts = torch.split(flat, sizes)
        for parameter, found, count in zip(parameters, sums, counts.tolist(), strict=True):
            parameter.grad = found.view_as(parameter).to(parameter.dtype) if count else None

    def _hear(self, told: list[Any]) -> Any:
        self._together(lambda: distributed.broadcast_object_list(told, 0, self.words))
        return told[0]

    def _together(self, act: Callable[[], T]) -> T:
        try:
            return act()
        except RuntimeError:  # each backend has its own words for a process that is gone
            self._training = False
            self.lose()


def _flatten(parameters: Sequence[nn.Parameter]) -> torch.Tensor:
    """All gradients as one row, then of each parameter whether it has one."""
    if not parameters:
        return torch.empty(0)
    there = torch.tensor([float(x.grad is not None) for x in parameters])
    each = [torch.zeros_like(x) if x.grad is None else x.grad for x in parameters]
    return torch.cat([*(x.flatten().float() for x in each), there.to(each[0].device)])


def _describe(failure: Exception) -> _Described:
    """What is said of it to the others."""
    told = classify(failure)
    return told.kind.value, told.message, machine_error(failure)


def divide(rows: Sequence[int], size: int, rank: int) -> Sequence[int]:
    """Which of a step's rows a process computes: none where there are fewer than processes."""
    parts = split_batch(rows, size)
    return parts[rank] if rank < len(parts) else ()


def meet(folder: Path, rank: int, size: int, device: str, lose: Callable[[], NoReturn]) -> Team:
    """Wait until all processes of a team are there.

    Args:
        folder: A private one of this machine, by which they find each other.
        device: Of this process: `cpu` or a CUDA device.
    """
    from accelerate import PartialState

    place = torch.device(device)
    # On one machine: nothing of it is to be reached from others.
    os.environ.setdefault("GLOO_SOCKET_IFNAME", "lo" if sys.platform == "linux" else "lo0")
    named = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_WORLD_SIZE": size}
    named["LOCAL_RANK"] = place.index or 0 if place.type == "cuda" else rank
    os.environ.update({name: str(x) for name, x in named.items()})
    store = distributed.FileStore(str(folder / "team"), size)  # type: ignore[attr-defined]
    known = {"store": store, "rank": rank, "world_size": size, "timeout": _LONGEST_WAIT}
    with warnings.catch_warnings(), _same_threads():
        warnings.simplefilter("ignore")  # of threads, which the worker has chosen
        if place.type == "cuda":
            PartialState(**known)
        else:
            PartialState(cpu=True, backend="gloo", **known)
    words = distributed.new_group(backend="gloo") if place.type == "cuda" else None
    team = Team(rank, size, lose, words)
    team._together(lambda: distributed.barrier(group=words))
    return team


@contextmanager
def _same_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    try:
        yield
    finally:
        torch.set_num_threads(before)
