"""Jobs beside a job: its baselines and ablations, trained by the same workers with the same head,
data and floors, and tied to it by a report on each side.

A companion is a job over a closed list, all of which is queued at once. What the job, or another
of its companions, has trained already stands in it as completed. The job itself is left as it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import chain, count

from peftsearch.errors import Conflict, UserError
from peftsearch.records.companion import COMPANION, COMPANION_OF, SHARED, Companion, Purpose
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Proposal, Trial
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.baselines_section import BaselinesSpec
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.search_section import NONE, SearchSpec
from peftsearch.spaces.jobspec.space_section import SpaceSpec
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.processes.companions import find_companions, find_parent

from . import life
from .companion_plan import (
    CompanionPlan,
    find_shared,
    plan_ablation,
    plan_baselines,
    propose_missing,
)

_LEASE_SECONDS = 600.0
_LONGEST_STEM = 48
"""Of a job's name, in that of its companion."""


@dataclass(frozen=True)
class Work:
    """What a companion takes.

    Attributes:
        shared: Trainings that are made already, by the job or its companions.
        new: To be made.
    """

    shared: tuple[Trial, ...]
    new: tuple[Proposal, ...]


def check_parent(store: Store, job: Job) -> JobSpec:
    """The spec of a job that may have companions.

    Raises:
        UserError: It is a companion itself, has not begun, or its trainings are not ours.
    """
    from peftsearch.workers.processes.built_in import check_built_in

    if (parent := find_parent(store, job)) is not None:
        got = f"{job.name!r}, which stands beside the job {parent['name']!r}"
        raise UserError("a job that searched", got, f"name {parent['name']}")
    spec = job.spec
    check_built_in(spec)
    if store.preparation(job.id) is None or spec.anatomy.workload is None:
        got = f"job {job.name!r}, which has trained nothing here yet"
        raise UserError("a job with trials", got, f"let it run: `peftsearch resume {job.name}`")
    return spec


def make_plan(
    store: Store,
    job: Job,
    purpose: Purpose,
    picked: Configuration,
    seeds: int,
    device: str,
    ranks: tuple[int, ...] | None = None,
) -> CompanionPlan:
    """What a companion of a job is to train.

    Args:
        picked: What is compared, or taken apart.
        seeds: Trainings of each part of an ablation.
        device: Whose memory full fine-tuning must fit in.
        ranks: Of the sweep of LoRA; None takes the job's.

    Raises:
        UserError: As `check_parent`, or there is nothing to leave out.
    """
    spec = check_parent(store, job)
    if purpose == "ablation":
        return plan_ablation(picked, seeds)
    if ranks is not None:
        swept = spec.baselines.model_copy(update={"ranks": ranks})
        spec = spec.model_copy(update={"baselines": swept})
    return plan_baselines(spec, picked, lambda: _count_free(device))


def _count_free(device: str) -> int:
    from peftsearch.workers.runtime.devices import choose_device
    from peftsearch.workers.runtime.memory import free_memory

    return free_memory(choose_device(device))


def foresee(store: Store, job: Job, plan: CompanionPlan) -> Work:
    """What a plan would take as the records stand."""
    return _part(plan, _read_known(store, job), job.spec.seed)


def ensure(store: Store, job: Job, plan: CompanionPlan) -> Job:
    """The companion of a plan: the one that holds all its configurations, with what it lacks, or a
    new one. It runs, unless all is trained.

    Raises:
        NotFoundError: The job was deleted.
        UserError: It may have none.
    """
    spec = check_parent(store, job)

    def write() -> Job:
        store.lock_job(job.id)  # of two commands the second sees the first one's companion
        known = [x for x in find_companions(store, job) if x[0].purpose == plan.purpose]
        for _, beside in known:
            if _holds(beside.spec, plan, spec):
                _tie(store, job, beside, plan, known[-1][0])
                return _extend(store, job, beside, plan)
        return _make(store, job, plan)

    return store.together(write)


def _holds(beside: JobSpec, plan: CompanionPlan, spec: JobSpec) -> bool:
    listed = {beside.read_configuration(x).key for x in beside.space.listed}
    return plan.configurations.keys() <= listed


def _make(store: Store, job: Job, plan: CompanionPlan) -> Job:
    work = foresee(store, job, plan)
    name = _choose_name(store, job.name, plan.purpose)
    beside = store.create_job(_spec_of(job.spec, name, plan, len(work.shared) + len(work.new)))
    preparation = store.preparation(job.id)
    assert preparation is not None  # `check_parent` has seen it
    kept = store.head_start(job.id), store.floor_answers(job.id)
    store.prepare(beside.id, replace(preparation, lessons=()), *kept)
    store.save_report(beside.id, COMPANION_OF, {"name": job.name, "uid": job.uid})
    _tie(store, job, beside, plan, None)
    _queue(store, beside, work)
    return store.job(beside.id)


def _extend(store: Store, job: Job, beside: Job, plan: CompanionPlan) -> Job:
    """With the trainings that neither it nor another has; one that was stopped runs on."""
    own = store.trials(beside.id)
    shared = find_shared(plan, _read_known(store, job))
    known = {(x.key, x.seed): x for x in (*shared, *own)}
    new = propose_missing(plan, [*known.values()], len(own), job.spec.seed)
    if new:
        budget = BudgetSpec(trials=len(own) + len(new))
        changed = beside.spec.model_copy(update={"budget": budget})
        _queue(store, store.change_budget(beside.id, changed), Work((), tuple(new)))
        return store.job(beside.id)
    stopped = beside.state is JobState.STOPPED
    return life.resume(store, beside.name) if stopped else beside


def _tie(
    store: Store, job: Job, beside: Job, plan: CompanionPlan, latest: Companion | None
) -> None:
    """What was asked for last is told last, since that is what the job's pages show."""
    parts = tuple(part for part, _ in plan.parts)
    told = Companion(
        beside.uid, beside.name, plan.purpose, plan.picked, parts, plan.seeds, plan.left_out
    )
    if told != latest:
        store.save_report(job.id, COMPANION, told.to_json())


def _queue(store: Store, beside: Job, work: Work) -> None:
    """Record what is shared, and queue the rest; without a rest the job has ended."""
    shared = [Proposal(x.configuration, x.seed, x.origin) for x in work.shared]
    proposals = [*shared, *work.new]
    costs = [beside.spec.count_costs(x.configuration) for x in proposals]
    token = store.take_suggestion_lease(beside.id, beside.name, _LEASE_SECONDS)
    if token is None:
        hint = "wait a moment, and give the command again"
        raise Conflict("a job that nobody proposes to now", repr(beside.name), hint)
    store.insert(beside.id, token, proposals, costs)
    store.release_suggestion_lease(beside.id, token)
    for source in work.shared:
        _record(store, beside, source)
    if not work.new:
        store.set_state(beside.id, JobState.FINISHED)


def _record(store: Store, beside: Job, source: Trial) -> None:
    """A training that another job has made; its files stay that job's."""
    trial = store.claim(beside.id, beside.name, _LEASE_SECONDS)  # in the order of the insert
    assert trial is not None and (trial.key, trial.seed) == (source.key, source.seed)
    told = {"job": store.job(source.job_id).name, "trial": source.number}
    values = {**trial.measurements, **source.measurements}
    provenance = {SHARED: told, **source.provenance}  # where it was shared before, that is kept
    store.complete(trial.id, trial.attempt, values, provenance, None)


def _part(plan: CompanionPlan, known: Sequence[Trial], seed: int) -> Work:
    shared = find_shared(plan, known)
    return Work(tuple(shared), tuple(propose_missing(plan, shared, len(shared), seed)))


def _read_known(store: Store, job: Job) -> list[Trial]:
    """The trials of a job and of its companions."""
    beside = [x for _, x in find_companions(store, job)]
    unique = {x.id: x for x in (job, *beside)}
    return list(chain.from_iterable(map(store.trials, unique)))


def _choose_name(store: Store, name: str, purpose: str) -> str:
    taken = {x.name for x in store.pulses()}
    stem = f"{name[:_LONGEST_STEM]}.{purpose}"
    return next(x for i in count(1) if (x := f"{stem}-{i}" if i > 1 else stem) not in taken)


def _spec_of(spec: JobSpec, name: str, plan: CompanionPlan, trials: int) -> JobSpec:
    """As the job's, over the plan's configurations; without bounds on known costs, which full
    fine-tuning breaks, and without anything that a search would do."""
    measured = tuple(x for x in spec.objectives.bounds if not objective(Bound.parse(x).name).known)
    listed = tuple(x.to_json() for x in plan.configurations.values())
    changed = {
        "name": name,
        "budget": BudgetSpec(trials=trials),
        "tries": (),
        "space": SpaceSpec(configurations=listed),
        "search": SearchSpec(recipes="none", learn_from=(NONE,), repeats=0.0),
        "objectives": spec.objectives.model_copy(update={"bounds": measured}),
        "baselines": BaselinesSpec(),
    }
    return spec.model_copy(update=changed)
