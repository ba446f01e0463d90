"""The command that reads a test split: confirm, of one point or of all of a front."""

import contextlib
from collections.abc import Iterator
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.presence import at_work
from peftsearch.results.confirm_plan import Plan, tell_forecast
from peftsearch.results.floor_words import floor_json, tell_floors
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.spaces.space.presets import make_space
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import choose_root

from .console import console, log, print_json


def check(seeds: int | None, width: float | None, front: bool) -> Plan:
    """What was asked for.

    Raises:
        UserError: It does not go together, or a number is out of range.
    """
    if front and width is not None:
        raise UserError(
            "--width with one point", "--width and --front", "leave one out, or name --seeds"
        )
    return Plan.of(seeds, width)


def confirm(name: str, pick: str, plan: Plan, device: str, storage: str, as_json: bool) -> None:
    """Train a point and what it is compared with, and compare on the test split."""
    with _at_work(name, device, storage) as (store, result):
        # They take seconds, in which others may delete the job.
        from peftsearch.results.confirm import Confirmer
        from peftsearch.results.confirmation import lines
        from peftsearch.results.verdict import tell_end, tell_verdict
        from peftsearch.search.recipe_trials import probe
        from peftsearch.workers.training.trial_runner import TrialRunner

        summary, spec = result.pick(pick), result.job.spec
        runner = TrialRunner.open(spec, device)
        confirmer = Confirmer(store, result.job, runner, _note, plan)
        arms = summary.configuration, probe(make_space(spec))
        left, further = confirmer.count_left(*arms), confirmer.count_further(arms[0])
        _tell(tell_forecast(left, result.trials, plan.trainings, further))
        confirmation = confirmer.confirm(*arms)
        verdict = tell_verdict(confirmation)
        report = confirmation.to_json(spec) | _floors(result) | {"verdict": verdict}
        store.save_report(result.job.id, "confirm", report)
    floors = [f"  {x} (on the validation rows)" for x in tell_floors(result.preparation, spec)]
    told = [*lines(confirmation, spec), *floors, *tell_end(confirmation), verdict]
    _print(report, told, as_json)


def confirm_front(name: str, plan: Plan, device: str, storage: str, as_json: bool) -> None:
    """Train all of a front, and compare each with the best floor and tuned LoRA."""
    with _at_work(name, device, storage) as (store, result):
        from peftsearch.results.confirm_front import FrontConfirmer
        from peftsearch.results.front_confirmation import front_lines, tell_front
        from peftsearch.search.recipe_trials import probe
        from peftsearch.workers.training.trial_runner import TrialRunner

        spec, members = result.job.spec, tuple(x.configuration for x in result.members)
        runner = TrialRunner.open(spec, device)
        base = probe(make_space(spec))
        confirmer = FrontConfirmer(
            store, result.job, runner, _note, plan, members=members, probe=base
        )
        left = max(confirmer.total - confirmer.count_kept(), 0)
        _tell(tell_forecast(left, result.trials, confirmer.total))
        found = confirmer.confirm_front()
        report = found.to_json(spec)
        store.save_report(result.job.id, "confirm-front", report)
    _print(report, [*front_lines(found, spec), tell_front(found)], as_json)


@contextlib.contextmanager
def _at_work(name: str, device: str, storage: str) -> Iterator[tuple[Store, SearchResult]]:
    """The store and the records of a job that nobody deletes meanwhile."""
    with contextlib.ExitStack() as opened:
        store = opened.enter_context(open_existing(storage))
        job = store.find_job(name)
        opened.enter_context(at_work(store, job, "confirm", device))
        yield store, load_result(store, job, choose_root(storage, None))


def _floors(result: SearchResult) -> dict[str, Any]:
    return {"floors": [floor_json(floor, result.job.spec) for floor in result.floors]}


def _note(text: str) -> None:
    log.print(text, style="dim", highlight=False, soft_wrap=True)


def _tell(text: str) -> None:
    log.print(text, highlight=False, soft_wrap=True)


def _print(report: dict[str, Any], lines: list[str], as_json: bool) -> None:
    if as_json:
        print_json(report)
        return
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)
