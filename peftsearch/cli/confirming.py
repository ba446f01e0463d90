"""The command that reads a test split: confirm, of a point or a whole front, or of other data."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.moved_model import find_job
from peftsearch.records.job import Job
from peftsearch.results.confirmations import confirming
from peftsearch.results.confirmations.confirming import Wanted
from peftsearch.results.confirmations.plan import Plan
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import choose_root
from peftsearch.workers.processes.presence import at_work

from .console import console, log, print_json
from .shared_options import DEFAULT_PICK


@dataclass(frozen=True)
class Asked:
    """What all forms of the command have in common.

    Attributes:
        by: Column by which rows are grouped; None groups none.
        sweep: Whether the best of the LoRA sweep is an arm as well.
        model: Where the job's model is by now; None leaves it.
    """

    job: str
    storage: str
    device: str
    files: Path | None
    as_json: bool
    by: str | None
    sweep: bool = False
    model: str | None = None

    def find_job(self, store: Store) -> Job:
        """The job that is asked for."""
        return find_job(store, self.job, self.model)


def check(
    seeds: int | None,
    width: float | None,
    front: bool,
    data: str | None,
    by: str | None,
    pick: str = DEFAULT_PICK,
    precision: float | None = None,
    sweep: bool = False,
) -> Plan:
    """How many seeds are asked for.

    Raises:
        UserError: Options do not go together, or a number is out of range.
    """
    named = {"--seeds": seeds, "--width": width, "--data": data, "--by": by}
    named |= {"--precision": precision, "--sweep": sweep or None}
    given = {name for name, value in named.items() if value is not None}
    given |= {"--pick"} if front and pick != DEFAULT_PICK else set()
    apart = given - {"--seeds"} if front else given - {"--data", "--by"} if data else set()
    if apart:
        form = "--front" if front else "--data"
        raise UserError(f"{form} without {' or '.join(sorted(apart))}", "both", "leave one out")
    return Plan.of(seeds, width, precision)


def confirm(asked: Asked, pick: str, plan: Plan) -> None:
    """Train a point and what it is compared with, and compare on the test split."""
    with open_existing(asked.storage) as store:
        job = asked.find_job(store)
        result = load_result(store, job, choose_root(asked.storage, asked.files))
        wanted = Wanted(asked.device, _note, plan, asked.by, asked.sweep)
        with _telling_what_stays():
            confirmed = result.confirm_in(store, pick, wanted)
    _print(confirmed.to_json(), list(confirmed.lines), asked)


def confirm_front(asked: Asked, plan: Plan) -> None:
    """Train all of a front, and compare each with the best floor and tuned LoRA."""
    with open_existing(asked.storage) as store:
        result = load_result(store, asked.find_job(store), choose_root(asked.storage, asked.files))
        wanted = Wanted(asked.device, _note, plan)
        with _telling_what_stays():
            found = confirming.confirm_front(store, result.subject(None), wanted)
    _print(found.to_json(), found.lines, asked)


def carry(asked: Asked, pick: str, data: str) -> None:
    """Score the kept adapters of a point, and the floors, on other data."""
    with _at_work(asked) as (store, result):
        from peftsearch.results.confirmations.carry import Carrier, carry_lines
        from peftsearch.results.confirmations.groups import tell_groups
        from peftsearch.results.confirmations.verdict import tell_verdict
        from peftsearch.workers.data.task_data import load_other
        from peftsearch.workers.training.trial_runner import TrialRunner

        summary, spec = result.pick(pick), result.job.spec
        other, values = load_other(spec, data), _read_groups(result, asked, data)
        runner = TrialRunner.open(spec, asked.device)
        found = Carrier(store, result.job, runner, _note, root=result.root).carry(summary, other)
        grouped, by = tell_groups(runner, found, asked.by, values)
        verdict = tell_verdict(found)
        told = {"seeds": [x.seed for x in summary.trials], "data": data, "notes": other.notes}
        report = found.to_json(spec) | told | by | {"verdict": verdict}
        store.save_report(result.job.id, "confirm-data", report)
    notes = [f"note: {note}" for note in other.notes]
    known = summary.values[found.metric]
    _print(report, [*notes, *carry_lines(found, spec, data, known), *grouped, verdict], asked)


@contextlib.contextmanager
def _telling_what_stays() -> Iterator[None]:
    """Who stops it is told what the time until then was worth."""
    try:
        yield
    except KeyboardInterrupt:
        _note("what has ended is kept, and the same command goes on from there")
        raise


@contextlib.contextmanager
def _at_work(asked: Asked) -> Iterator[tuple[Store, SearchResult]]:
    """The store and the records of a job that nobody deletes meanwhile."""
    with contextlib.ExitStack() as opened:
        store = opened.enter_context(open_existing(asked.storage))
        job = asked.find_job(store)
        opened.enter_context(at_work(store, job, "confirm", asked.device))
        from peftsearch.workers.processes.kept_places import check_trainable

        result = load_result(store, job, choose_root(asked.storage, asked.files))
        check_trainable(result.job.spec)
        yield store, result


def _read_groups(result: SearchResult, asked: Asked, data: str | None = None) -> list[str]:
    """Before anything is read, since there may be no such column, or one of no groups."""
    from peftsearch.results.confirmations.groups import part_groups
    from peftsearch.workers.data.task_data import load_groups

    if asked.by is None:
        return []
    values = load_groups(result.job.spec, asked.by, data)
    part_groups(asked.by, values)
    return values


def _note(text: str) -> None:
    log.print(text, style="dim", highlight=False, soft_wrap=True)


def _print(report: dict[str, Any], lines: list[str], asked: Asked) -> None:
    if asked.as_json:
        print_json(report)
        return
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
