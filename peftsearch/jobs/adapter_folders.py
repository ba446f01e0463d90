"""A folder of adapters that `peft` saved elsewhere: what each of them is as a trial of a job."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import HeadTensor
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.files.peft_folders import PeftFolder, find_folders, read_folder
from peftsearch.workers.files.peft_reading import ReadAdapter, read_adapter

from .adapter_rows import TRAINED
from .imported import MOST, Result, read_cell, read_result
from .result_files import Row


@dataclass(frozen=True)
class Entry:
    """One adapter folder.

    Attributes:
        name: Its path below the folder that was looked through.
        row: What was told of it: measurements, and the learning rate of its training.
        reason: Why it can be no trial, in one line; then nothing else is there.
    """

    name: str
    row: Row
    folder: PeftFolder | None = None
    adapter: ReadAdapter | None = None
    configuration: Configuration | None = None
    reason: str | None = None


@dataclass(frozen=True)
class Score:
    """What was measured of an adapter here.

    Attributes:
        measurements: Value by objective, and `validation_rows`.
        told: For the provenance of its trial.
    """

    measurements: Mapping[str, float]
    told: Mapping[str, Any]


_UNSCORED = Score({}, {})


def read_entries(
    root: Path, spec: JobSpec, heads: tuple[str, ...], rows: Mapping[str, Row]
) -> list[Entry]:
    """All adapter folders below a folder, sorted by name.

    Args:
        spec: Complete.
        heads: Names of the modules that the model's head may consist of.
        rows: As `read_told` gives them.

    Raises:
        UserError: There are none, or too many.
    """
    names = find_folders(root)
    if len(names) > MOST:
        got = f"{len(names):,} below {root}"
        raise UserError(f"at most {MOST:,} adapters", got, "import them in parts")
    seen: dict[str, str] = {}
    return [_read_entry(root, name, spec, heads, rows.get(name, {}), seen) for name in names]


def common_head(entries: Iterable[Entry]) -> tuple[HeadTensor, ...] | None:
    """The head that all of them have, whose tensors are in the files that they leave as; None
    where they differ, or have none."""
    heads = [entry.adapter.head for entry in entries if entry.adapter is not None]
    if not heads or not heads[0] or any(head != heads[0] for head in heads):
        return None
    return tuple(HeadTensor(name=name, shape=shape) for name, shape in heads[0].items())


def check_told(entries: Iterable[Entry], spec: JobSpec, scored: bool) -> list[Entry]:
    """With a reason where what was told makes no trial.

    Args:
        scored: Whether the job's quality will be measured here.
    """
    found, known = [], dict[tuple[str, int], Result]()
    score = Score({spec.task.quality: 0.0}, {}) if scored else _UNSCORED
    for entry in entries:
        try:
            _add_result(entry, spec, score, known)
            found.append(entry)
        except UserError as error:
            found.append(Entry(entry.name, entry.row, reason=str(error)))
    return found


def to_results(
    entries: Iterable[Entry], spec: JobSpec, scores: Mapping[str, Score]
) -> list[Result]:
    """Those that are trials, as results.

    Args:
        scores: By name, what was measured here; it counts, whatever was told.

    Raises:
        UserError: What was told is no measurement of this job, or there is none of its quality.
    """
    found: dict[tuple[str, int], Result] = {}
    for entry in entries:
        _add_result(entry, spec, scores.get(entry.name, _UNSCORED), found)
    return [*found.values()]


def _add_result(
    entry: Entry, spec: JobSpec, score: Score, found: dict[tuple[str, int], Result]
) -> None:
    if entry.configuration is None:
        return
    told = {k: x for k, x in entry.row.items() if k not in TRAINED}
    row = {**told, **score.measurements, "configuration": entry.configuration.to_json()}
    result = read_result(row, spec, found)
    result = replace(result, source=entry.name, known={**result.known, **score.told})
    found[result.configuration.key, result.seed] = result


def _read_entry(
    root: Path,
    name: str,
    spec: JobSpec,
    heads: tuple[str, ...],
    row: Row,
    seen: dict[str, str],
) -> Entry:
    label = root.resolve().name if name == "." else name
    try:
        folder = read_folder(root / name)
        adapter = read_adapter(folder, spec.anatomy, heads)
        configuration = _configure(adapter, row, spec)
        if (other := seen.setdefault(folder.sha256, label)) != label:
            hint = "it is a copy: keep one of them"
            raise UserError("an adapter of its own", f"the tensors of {other}", hint)
    except UserError as error:
        return Entry(label, row, reason=str(error))
    return Entry(label, row, folder, adapter, configuration)


def _configure(adapter: ReadAdapter, row: Row, spec: JobSpec) -> Configuration:
    """With what was told of its training; what nobody told is as usual."""
    said = {k: read_cell(row[k]) for k in TRAINED if row.get(k) not in (None, "")}
    if adapter.configuration.drops_out:
        if "dropout" in spec.training.searched:
            said["dropout"] = adapter.dropout
        elif (usual := spec.training.regime(adapter.configuration).dropout) != adapter.dropout:
            hint = f"set training.dropout = {adapter.dropout:g}, or to several values"
            raise UserError(f"dropout {usual:g}, as the job has", f"{adapter.dropout:g}", hint)
    return spec.read_configuration({**adapter.configuration.to_json(), **said})
