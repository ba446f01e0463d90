"""The commands that train what a job is compared with: baselines, ablate."""

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.companion_plan import CompanionPlan, foresee_seconds
from peftsearch.jobs.companions import Work, ensure, foresee, make_plan
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.local_devices import check_device
from peftsearch.message_text import show
from peftsearch.records.companion import Purpose
from peftsearch.records.job import Job, JobState
from peftsearch.results.comparisons.versus import Versus
from peftsearch.results.confirmations.pairing import pair_differences
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.results.standing.ablation_words import ablation_json, tell_ablation
from peftsearch.results.wording import duration, plural
from peftsearch.spaces.jobspec.baselines_section import MOST_RANK
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import choose_root

from .console import console, print_beside, print_json
from .crew import SIGNALLED, Crew, run_crew, say

_MOST_SEEDS = 20


@dataclass(frozen=True)
class Asked:
    """What is asked of a companion.

    Attributes:
        pick: As `SearchResult.pick` takes it; None takes what the job proposes.
        seeds: Trainings of each part of an ablation.
        dry: Whether it is only told what would be trained.
        ranks: Of the sweep of LoRA; None takes the job's.
    """

    job: str
    purpose: Purpose
    pick: str | None
    seeds: int
    dry: bool
    ranks: tuple[int, ...] | None = None


def read_ranks(text: str | None) -> tuple[int, ...] | None:
    """Ranks of the sweep, by commas; None takes the job's.

    Raises:
        UserError: Something is no rank.
    """
    if text is None:
        return None
    words = [x.strip() for x in text.split(",")]
    known = [int(x) for x in words if x.isascii() and x.isdigit() and 0 < int(x) <= MOST_RANK]
    if len(known) < len(words):
        expected = f"--ranks as whole numbers from 1 to {MOST_RANK:,}, with commas between"
        raise UserError(expected, show(text), "write for instance --ranks 1,8,64")
    return tuple(sorted(set(known)))


def check_seeds(seeds: int) -> int:
    """How many trainings each part of an ablation gets.

    Raises:
        UserError: Too few or too many.
    """
    if not 1 <= seeds <= _MOST_SEEDS:
        expected = f"--seeds from 1 to {_MOST_SEEDS}"
        raise UserError(expected, f"{seeds}", "name a number between")
    return seeds


def make_crew(
    storage: str, files: Path | None, workers: int, device: str, quiet: bool, started: float
) -> Crew:
    """The workers of a command."""
    root = choose_root(storage, files)
    return Crew(storage, root, workers, device, quiet, started=started)


def hold_against(asked: Asked, crew: Crew) -> None:
    """Train what is missing, compare, and say how it stands."""
    if crew.workers:
        check_device(crew.device)
    with open_existing(crew.storage) as store:
        result = load_result(store, store.find_job(asked.job), crew.root)
        plan, work = _plan(store, result, asked, crew)
        _tell_plan(plan, work, result, crew)
        if not asked.dry:
            result = train_beside(store, result.job, plan, crew)
    if asked.dry and crew.quiet:
        print_json(_plan_json(plan, work, result, crew))
    elif not asked.dry:
        _print(result, plan, crew)


def make_wanted(result: SearchResult, crew: Crew) -> SearchResult:
    """A finished job with its baselines, where its job file asks for them and there is something
    to hold against them.

    Raises:
        SystemExit: A person interrupted.
    """
    job = result.job
    ended = job.state is JobState.FINISHED and bool(result.front)
    if not (job.spec.baselines.run and ended and crew.workers):
        return result
    with open_existing(crew.storage) as store:
        asked = Asked(job.name, "baselines", None, 1, False)
        plan, work = _plan(store, result, asked, crew)
        if work.new:
            _tell_plan(plan, work, result, crew)
        return train_beside(store, job, plan, replace(crew, started=time.monotonic()))


def train_beside(store: Store, job: Job, plan: CompanionPlan, crew: Crew) -> SearchResult:
    """Train what a plan lacks, compare by rows, and read all of it again.

    Raises:
        SystemExit: A person interrupted; what ran is queued again.
    """
    beside = ensure(store, job, plan)
    unfinished = beside.state is not JobState.FINISHED
    stopped = run_crew(store, beside, crew) if unfinished and crew.workers else None
    if stopped:
        say("stopped; what ran is queued again: give the same command again to go on")
        raise SystemExit(SIGNALLED + stopped)
    result = load_result(store, store.job(job.id), crew.root)
    if crew.workers:
        place = (store, result.job, crew.root, crew.device, say)
        if pair_differences(*place, _differences(result, plan), result.circle.kept):
            result = load_result(store, result.job, crew.root)
    return result


def _differences(result: SearchResult, plan: CompanionPlan) -> list[Versus]:
    if plan.purpose == "ablation":
        return [x.versus for x in result.ablation(plan.picked) if x.versus is not None]
    return [] if result.baselines is None else result.baselines.differences


def _plan(
    store: Store, result: SearchResult, asked: Asked, crew: Crew
) -> tuple[CompanionPlan, Work]:
    picked = result.pick(asked.pick or result.proposed)
    wanted = asked.purpose, picked.configuration, asked.seeds, crew.device, asked.ranks
    plan = make_plan(store, result.job, *wanted)
    return plan, foresee(store, result.job, plan)


def _tell_plan(plan: CompanionPlan, work: Work, result: SearchResult, crew: Crew) -> None:
    """How many trainings, how many of them are there, and how long the others take."""
    shared = f", {len(work.shared)} of them are made already" if work.shared else ""
    seconds = _foresee(work, result, crew)
    about = "" if seconds is None else f", about {duration(seconds)}"
    total = len(work.shared) + len(work.new)
    said = "nothing is left to train" if not work.new else f"{len(work.new)} to train{about}"
    say(f"{plan.purpose} of {result.job.name}: {plural(total, 'training')}{shared}; {said}")
    for line in plan.left_out:
        say(f"left out: {line}")


def _foresee(work: Work, result: SearchResult, crew: Crew) -> float | None:
    """Seconds on the clock; workers on one CPU share it as they did in the search."""
    seconds = foresee_seconds(work.new, result.trials, result.job.spec.anatomy)
    return None if seconds is None else seconds / max(crew.workers, 1)


def _plan_json(
    plan: CompanionPlan, work: Work, result: SearchResult, crew: Crew
) -> dict[str, Any]:
    return {
        "job": result.job.name,
        "purpose": plan.purpose,
        "picked": plan.picked,
        "trainings": len(work.shared) + len(work.new),
        "shared": len(work.shared),
        "left": len(work.new),
        "seconds": _foresee(work, result, crew),
        "parts": [vars(part) for part, _ in plan.parts],
        "left_out": list(plan.left_out),
    }


def _print(result: SearchResult, plan: CompanionPlan, crew: Crew) -> None:
    spec, name = result.job.spec, result.job.name
    if plan.purpose == "baselines":
        if crew.quiet:
            print_json({"job": name} | result.beside_data)
            return
        print_beside(result, crew.storage)
        return
    found = result.ablation(plan.picked)
    if crew.quiet:
        beside = result.circle.latest("ablation", plan.picked)
        told = {"companion": None if beside is None else beside.job.name, "picked": plan.picked}
        print_json({"job": name} | told | {"ablation": ablation_json(found, spec)})
        return
    for line in tell_ablation(found, spec):
        console.print(line, highlight=False, soft_wrap=True)
