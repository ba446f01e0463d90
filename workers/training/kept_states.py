"""Hidden states below the lowest trained layer, kept across the epochs and trials of a process.

They are a function of the job and of the number of layers: the frozen model gives them while
nothing is attached. So a training ends the same whether they were there or are made for it.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any, cast

import torch

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.cost import backward_depth
from peftsearch.spaces.configurations.training_flops import lower_flops, training_flops
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.workers.batches.batching import Batch
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.hooks.hooks import is_undivided
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.models.stand_in import NAME, Unfit
from peftsearch.workers.preparation.opened_job import OpenedJob

from .row_states import RowStates, count_tokens, make_states

TOLD = "kept_states"
"""Key of a trial's provenance: in place of how many layers states stood, or why of none though
there was room; absent where that was not tried."""
_MEGABYTE = 10**6
_BYTES = 4
"""Of a number, as room is counted whatever the format is: room is to be the job's alone."""


class _RowsWithStates:
    """Rows whose batches bring their states along."""

    def __init__(self, rows: Encoded, states: RowStates) -> None:
        self._rows, self._states = rows, states

    def __len__(self) -> int:
        return len(self._rows)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._rows, name)

    def batch(self, indices: Sequence[int]) -> Batch:
        return self._rows.batch(indices) | {NAME: self._states.of(indices)}


@dataclass(frozen=True)
class Kept:
    """The states of one training; by default none.

    Attributes:
        told: What the provenance says of them.
    """

    states: RowStates | None = None
    told: Mapping[str, Any] = field(default_factory=dict)

    def beside(self, rows: Encoded) -> Encoded:
        """The training rows, whose batches bring their states along."""
        states = self.states
        return rows if states is None else cast(Encoded, _RowsWithStates(rows, states))

    def acting(self) -> AbstractContextManager[None]:
        """Within, batches with states do without the layers that these stand in for."""
        return nullcontext() if self.states is None else self.states.stand_in.acting()


@dataclass
class Shelf:
    """The states that a process keeps, each with its bytes; those that were not asked for longest
    make room."""

    _found: OrderedDict[Any, tuple[int, RowStates | str]] = field(default_factory=OrderedDict)

    def find(self, key: Any, size: int, limit: int, make: Callable[[], RowStates]) -> Kept:
        """Those of a key, made where they are not there.

        Args:
            size: Bytes that they take.
            limit: Of all together; not below `size`.
        """
        if key not in self._found:
            while sum(taken for taken, _ in self._found.values()) > limit - size:
                del self._found[next(x for x, (taken, _) in self._found.items() if taken)]
            try:
                self._found[key] = size, make()
            except Unfit as reason:
                self._found[key] = 0, str(reason)
        self._found.move_to_end(key)
        _, found = self._found[key]
        if isinstance(found, str):
            return Kept(told={TOLD: {"refused": found}})
        return Kept(found, {TOLD: {"layers": len(found.stand_in.layers)}})


def find_states(
    job: OpenedJob,
    configuration: Configuration,
    shelf: Shelf,
    part: int = 0,
    beat: Callable[[], None] = lambda: None,
) -> Kept:
    """The states below what a configuration trains, while nothing is attached; none where there
    is no such layer, no room, or no use.

    Args:
        part: Which of the job's divisions of rows it is.
        beat: Called now and then while they are made.

    Raises:
        TrialTimeout: The trial's time is over.
    """
    layers, size = _choose_kept(job, configuration)
    if not layers:
        return Kept()
    key = (part, layers, torch.get_num_threads())  # by which sums may be rounded otherwise
    return shelf.find(key, size, _limit(job), lambda: make_states(job, layers, beat))


def share_computed(job: OpenedJob, configuration: Configuration, anatomy: Anatomy) -> float:
    """Of the operations of a training, what is left of them where it makes its states itself: the
    layers below are passed once.

    Args:
        anatomy: With the workload of the job's trainings.
    """
    layers, _ = _choose_kept(job, configuration)
    spared = 1 - 1 / max(1.0, _count_passes(job, configuration))
    saved = spared * lower_flops(layers, configuration, anatomy)
    return 1 - saved / training_flops(configuration, anatomy) if saved else 1.0


def _choose_kept(job: OpenedJob, configuration: Configuration) -> tuple[int, int]:
    """In place of how many layers states are kept, and their bytes; 0 where none are. Making them
    is a pass: a training of two or more gains by it, another where a later one finds them, of all
    folds."""
    layers, rows = count_layers(job, configuration), job.encoded("train")
    if not layers:
        return 0, 0
    size = _BYTES * job.backbone.anatomy.hidden * rows.choices * sum(count_tokens(job))
    together = 1 if _count_passes(job, configuration) >= 2 else job.spec.task.folds
    return (layers, size) if together * size <= _limit(job) else (0, 0)


def count_layers(job: OpenedJob, configuration: Configuration) -> int:
    """In place of how many layers states may stand, by the job and the configuration alone; 0
    where the training would have no use of them."""
    backbone = job.backbone
    known = job.spec.task.kind in KINDS.own and configuration.techniques <= set(TECHNIQUES.own)
    trains = bool(backbone.heads) or not configuration.frozen
    often = _count_passes(job, configuration) >= 1
    if not (_limit(job) and known and trains and often and _relays(backbone)):
        return 0
    if is_undivided(configuration.techniques):  # experts are balanced over padding too
        return 0
    return backbone.anatomy.layers - backward_depth(configuration, backbone.anatomy)


def _count_passes(job: OpenedJob, configuration: Configuration) -> float:
    return job.spec.training.regime(configuration).passes(len(job.encoded("train")))


def _relays(backbone: Backbone) -> bool:
    family = FAMILIES.get(backbone.anatomy.family)
    return family is not None and family.relays and len(backbone.anatomy.stacks) == 1


def _limit(job: OpenedJob) -> int:
    return _MEGABYTE * job.spec.training.kept_states_mb
