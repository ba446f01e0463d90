"""How fast this machine trains a job: a few real steps, before there is a job."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.batches.batching import padded_tokens
from peftsearch.workers.batches.encodings import Encoded, EncodedResponses
from peftsearch.workers.data.task_data import TaskData
from peftsearch.workers.preparation.opened_job import OpenedJob

from .generation import BATCH_SIZE, generate
from .inference import predict_logits
from .kept_states import share_computed
from .trainer import Request, Trainer

_FEWEST, _MOST = 4, 40
"""Steps of a configuration; the first makes room in memory and is not timed."""
_SECONDS = 2.0
"""After which a configuration has as many as are needed."""


@dataclass(frozen=True)
class Timings:
    """Of this machine at one job.

    Attributes:
        loading: Seconds to read the model and the data.
        trials: Of each configuration that was timed, the seconds of a whole trial.
        row: To read one validation row without gradients.
        written: To write one response; 0 where none is written.
    """

    loading: float
    trials: tuple[tuple[Configuration, float], ...]
    row: float
    written: float = 0.0


class _Enough(Exception):
    """Ends a training whose steps have been timed."""


def time_steps(
    spec: JobSpec, data: TaskData, configurations: Sequence[Configuration], threads: int
) -> Timings:
    """Load the model, and train each configuration for a few steps that nobody keeps.

    Args:
        spec: With the workload of its trainings, by which is known what kept states save.
        configurations: At least one.
        threads: Of a worker on the CPU.

    Raises:
        Exception: Whatever the model, the data or the device raise.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        started = time.perf_counter()
        trainer = Trainer.open(spec, data=data)
        trainer.workload = spec.anatomy.workload
        loading = time.perf_counter() - started
        reading, writing = time_reading(trainer), _time_writing(trainer)
        trials = [(x, _time_trial(trainer, x, reading, writing)) for x in configurations]
        return Timings(loading, tuple(trials), reading, writing)
    finally:
        torch.set_num_threads(before)


def _keeping_nothing(trainer: Trainer) -> Trainer:
    """Without states of all training rows, which are more than a few steps."""
    training = trainer.spec.training.model_copy(update={"kept_states_mb": 0})
    return replace(trainer, spec=trainer.spec.model_copy(update={"training": training}))


def _time_trial(
    trainer: Trainer, configuration: Configuration, row: float, written: float
) -> float:
    """Its beginning as it was, its steps as those that were timed, but for the layers that kept
    states stand for, its looks at validation rows. Of a job with folds all of them."""
    spec, folds, rows = trainer.spec, trainer.data.folds, len(trainer.encoded("train"))
    steps = spec.training.regime(configuration).steps(rows)
    stops = len(spec.training.stops(steps, spec.task.quality))
    beginning, step = _time_training(_keeping_nothing(trainer), configuration, steps)
    step *= share_computed(trainer, configuration, trainer.anatomy)
    held_out = sum(len(x.validation.texts) for x in folds)
    return len(folds) * (beginning + steps * step) + held_out * (stops * row + written)


def _time_training(
    trainer: Trainer, configuration: Configuration, steps: int
) -> tuple[float, float]:
    """Seconds before the first step, and of each; nothing where nothing is trained."""
    ticks = [time.perf_counter()]

    def on_step(done: int, total: int) -> None:
        ticks.append(time.perf_counter())
        taken = ticks[-1] - ticks[0]
        if done >= min(_MOST, steps) or (done >= _FEWEST and taken > _SECONDS):
            raise _Enough

    try:
        trainer.train(Request(configuration, 0, on_step, trainer.encoded("validation")))
    except _Enough:
        pass
    if len(ticks) < 3:
        return ticks[-1] - ticks[0], 0.0
    step = (ticks[-1] - ticks[1]) / (len(ticks) - 2)
    return max(0.0, ticks[1] - ticks[0] - step), step


def time_reading(opened: OpenedJob) -> float:
    """Of one row, in batches as they are evaluated; the first ones are not timed. Some rows are
    read, which may be the short ones: what all take goes by their tokens."""
    rows = opened.encoded("validation")
    some = rows.head(min(len(rows), 3 * rows.evaluated_together))
    _read(opened, some.head(min(len(some), 8)))
    seconds = _time(lambda: _read(opened, some))
    return seconds * share_of_row(some.lengths, rows.lengths, rows.evaluated_together)


def share_of_row(some: Sequence[int], lengths: Sequence[int], size: int) -> float:
    """What one row takes on the mean, as a share of what some of them took together.

    Args:
        some: Tokens of each of those that were read.
        lengths: Of each of the `n` rows.
        size: Rows of a batch.
    """
    each = padded_tokens(lengths, size) / max(1, len(lengths))
    return each / max(1, padded_tokens(some, size))


def _read(opened: OpenedJob, rows: Encoded) -> object:
    return predict_logits(opened.backbone.model, rows, opened.device, opened.precision)


def _time_writing(opened: OpenedJob) -> float:
    """Of one response, as many together as are written."""
    rows, work = opened.encoded("validation"), find_kind(opened.spec.task.kind).load_work()
    if not isinstance(rows, EncodedResponses) or work.generated != opened.spec.task.quality:
        return 0.0
    some, backbone = rows.head(min(len(rows), BATCH_SIZE)), opened.backbone
    told = (backbone.model, backbone.tokenizer, some, backbone.device, opened.precision)
    return _time(lambda: generate(*told, True, lambda: None)) / len(some)


def _time(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started
