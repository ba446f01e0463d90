"""`import` of a folder of adapters that `peft` saved: what each is, and how good."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.status import Status

from peftsearch.errors import UserError
from peftsearch.jobs.adapter_folders import (
    Entry,
    Score,
    check_told,
    common_head,
    read_entries,
    to_results,
)
from peftsearch.jobs.adapter_rows import read_told
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.imported import Result
from peftsearch.jobs.life import check_new
from peftsearch.results.wording import amount
from peftsearch.spaces.families.anatomy import HeadTensor
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind
from peftsearch.workers.data.task_data import TaskData
from peftsearch.workers.models.locations import fetch_model
from peftsearch.workers.models.sizes import foresee_heads

from .adapter_list import entry_json, print_entries
from .asked_import import Asked
from .console import log, print_json
from .first_word import begin, is_read

if TYPE_CHECKING:
    from peftsearch.jobs.adapter_scoring import Scorer

Scores = dict[str, Score]


@dataclass(frozen=True)
class Adapters:
    """Those of a folder.

    Attributes:
        told: What of them is told as JSON.
        head: The one that all of them have, if there is one.
    """

    results: list[Result]
    told: Mapping[str, Any]
    head: tuple[HeadTensor, ...] | None


def read_adapters(
    root: Path, spec: JobSpec, data: TaskData, asked: Asked, storage: str, as_json: bool
) -> Adapters | None:
    """The adapters of a folder; None where they were only to be told.

    Raises:
        UserError: An adapter can be no trial and may not be left out, or the job's name is taken.
    """
    _check_name(spec.name, storage)
    scorer = _open_scorer(spec, data, asked.device) if asked.score else None
    entries = _read(root, spec, data, asked.measured, scorer)
    told = {"adapters": [entry_json(entry) for entry in entries]}
    if not as_json:
        print_entries(root, entries, spec, tuple(data.label_names) if asked.score else None)
    elif asked.dry_run:
        print_json(told)
    _check_all(entries, asked.leave_out)
    if asked.dry_run:
        return None
    scores = {} if scorer is None else _score(entries, scorer, asked, spec.task.quality)
    if scorer is not None:
        entries = [entry for entry in entries if entry.name in scores]
    return Adapters(to_results(entries, spec, scores), told, common_head(entries))


def _read(
    root: Path, spec: JobSpec, data: TaskData, measured: Path | None, scorer: "Scorer | None"
) -> list[Entry]:
    """The folders, each with a reason where it can be no trial."""
    begin("reading the adapters")
    kind, labels = find_kind(spec.task.kind), max(1, len(data.label_names))
    heads = foresee_heads(fetch_model(spec.model.path), kind, labels)
    entries = read_entries(root, spec, heads, read_told(root, measured))
    entries = check_told(entries, spec, scorer is not None)
    return entries if scorer is None else [_check_scored(x, scorer) for x in entries]


def _check_name(name: str, storage: str) -> None:
    """Refuse a taken name before hours of scoring; a storage that is not there yet has none."""
    try:
        store = open_existing(storage)
    except UserError:
        return
    with store:
        check_new(store, name)


def _open_scorer(spec: JobSpec, data: TaskData, device: str) -> "Scorer":
    from peftsearch.jobs.adapter_scoring import Scorer

    return Scorer.open(spec, data, device)


def _check_scored(entry: Entry, scorer: "Scorer") -> Entry:
    if entry.folder is None:
        return entry
    try:
        scorer.check(entry.folder)
    except UserError as error:
        return Entry(entry.name, entry.row, reason=str(error))
    return entry


def _check_all(entries: Sequence[Entry], leave_out: bool) -> None:
    wrong = [entry for entry in entries if entry.reason is not None]
    if not wrong or leave_out and len(wrong) < len(entries):
        return
    got = f"{len(wrong)} of {len(entries)} that cannot, {wrong[0].name}: {wrong[0].reason}"
    hint = "correct them, or import the others with --leave-out"
    raise UserError("adapters that can all become trials", got, hint)


def _score(entries: Sequence[Entry], scorer: "Scorer", asked: Asked, quality: str) -> Scores:
    """By name; a line to standard error for each."""
    wanted = [(x.name, x.folder) for x in entries if x.folder is not None]
    found: dict[str, Score] = {}
    for number, (name, folder) in enumerate(wanted, 1):
        where = f"scoring {number} of {len(wanted)}: {name}"
        try:
            with log.status(where) as status:
                found[name] = scorer.score(folder, partial(_tell_batch, status, where))
        except UserError as error:
            if not asked.leave_out:
                raise UserError(f"{error.expected} in {name}", error.got, error.hint) from error
            _tell(f"{where}: left out, {error}")
            continue
        _tell(f"{where}: {quality} {amount(quality, found[name].measurements[quality])}")
    return found


def _tell_batch(status: Status, where: str, done: int, total: int) -> None:
    status.update(f"{where}, batch {done} of {total}")


def _tell(line: str) -> None:
    """Progress, where a person reads it."""
    if is_read():
        log.print(line, highlight=False, soft_wrap=True)
