"""The batches that a training goes through, counted before any of them is computed."""

import math
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.jobspec.training import Regime, TrainingSpec
from peftsearch.workers.batches.batching import split_batch, training_batches
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.batches.reader_inputs import reader_sides
from peftsearch.workers.runtime.seeds import stream

TELLING = ("epochs", "batch_size")
"""Hyperparameters that workloads differ by."""


def count_workloads(
    training: TrainingSpec,
    data: Encoded,
    config: Mapping[str, Any],
    stacks: int,
    seed: int,
    known: Mapping[str, Any],
    rows: int | None = None,
    read: Sequence[tuple[int, ...]] | None = None,
) -> Workload:
    """The workload of a job: of the largest batches, with those of the other batch sizes and
    lengths that it searches.

    Args:
        known: What a workload says of the model, the same for all.
        read: As of `count_workload`.
    """
    known = {**known, "dropout": training.regime().dropout}
    told = [name for name in training.searched if name in TELLING]
    regimes = {tuple(getattr(x, name) for name in told): x for x in training.regimes()}
    found = []
    for values, regime in regimes.items():
        counted = count_workload(training, regime, data, config, stacks, seed, rows, read)
        said = dict(zip(told, values, strict=True))
        found.append(counted.model_copy(update={**known, "said": said}))
    sizes = [regime.batch_size for regime in regimes.values()]
    largest = found.pop(sizes.index(max(sizes)))
    return largest.model_copy(update={"others": tuple(found)})


def with_reading(
    anatomy: Anatomy, training: TrainingSpec, data: Encoded, seed: int, base_bytes: int
) -> Anatomy:
    """The anatomy with the workload of its encoder, which reads the texts of the same batches by
    its own tokens.

    Args:
        base_bytes: Of the encoder's weights.
    """
    assert anatomy.encoder is not None, "the job names one"
    known, read = {"base_bytes": base_bytes}, reader_sides(data)
    counted = count_workloads(training, data, {}, 1, seed, known, read=read)
    encoder = anatomy.encoder.model_copy(update={"workload": counted})
    return anatomy.model_copy(update={"encoder": encoder})


def count_workload(
    training: TrainingSpec,
    regime: Regime,
    data: Encoded,
    config: Mapping[str, Any],
    stacks: int,
    seed: int,
    rows: int | None = None,
    read: Sequence[tuple[int, ...]] | None = None,
) -> Workload:
    """The batches of a training, by one pass in the order of a seed; other seeds pad their batches
    a little differently.

    Args:
        data: The training rows.
        config: The model's parsed `config.json`.
        stacks: Of the model; where examples have one side, each stack sees it.
        rows: How many there are, where `data` has a few of many alike; None where it has all.
        read: Tokens of each example, `n`, as another model reads the same batches; None for the
            model's own.
    """
    sides = np.array(data.sides(config) if read is None else read, dtype=np.int64)
    lengths, rows = data.lengths, len(data) if rows is None else rows
    if len(sides) < rows:
        sides, lengths = np.repeat(sides[:1], rows, axis=0), [1] * rows
    sides = np.pad(sides, ((0, 0), (0, stacks - sides.shape[1])), mode="edge")
    steps = regime.steps(rows)
    counted = min(steps, math.ceil(rows / regime.batch_size))
    order = training_batches(lengths, regime.batch_size, stream(seed, "order"))
    batches = islice(order, counted)
    parts = [x for batch in batches for x in split_batch(batch, training.accumulate)]
    longest = np.array([sides[part].max(axis=0) for part in parts])
    sequences = data.choices * np.array([len(part) for part in parts])
    times = steps / counted
    together = math.ceil(min(rows, regime.batch_size) / training.accumulate)
    row = data.batch([int(np.argmax(data.lengths))])
    pairs = (sequences[:, None, None] * longest[:, :, None] * longest[:, None, :]).sum(axis=0)
    return Workload(
        steps=steps,
        batches=times * len(parts),
        sequences=times * float(sequences.sum()),
        together=data.choices * together,
        input_bytes=together * sum(tensor.nbytes for tensor in row.values()),
        longest=_plain(sides.max(axis=0)),
        tokens=_plain(times * (sequences @ longest)),
        pairs=tuple(_plain(times * row) for row in pairs),
        recomputed=training.gradient_checkpointing,
    )


def _plain(values: NDArray[Any]) -> tuple[Any, ...]:
    return tuple(values.tolist())
