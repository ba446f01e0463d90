"""The life of a job: what each action does to a job in each state, over the store alone.

The command line, the Python API and the routes of the service all call these, and
`tests/contracts/test_life.py` runs one table of states and actions through the three. What an
action reads and what it writes is one transaction, so that no caller acts on what another has
just changed.
"""

import contextlib
from dataclasses import replace
from pathlib import Path

from peftsearch.errors import Conflict, NotFoundError, UserError
from peftsearch.message_text import agree, plural
from peftsearch.records.job import Job, JobState, name_taken
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import TrialState
from peftsearch.spaces.jobspec.search_section import AUTO, NONE
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.spaces.jobspec.stored import is_later
from peftsearch.storage.store import Store
from peftsearch.workers.processes.liveness import is_live, tell_process

from .job_files import check_own_files, plan_removal
from .jobfile import differing_keys, tell_differing
from .removals import Removal, find_left

_SOURCES = "search.learn_from"


def create(store: Store, spec: JobSpec) -> Job:
    """A new job, which runs.

    Raises:
        Conflict: The name is taken.
        UserError: A job that it is to learn from does not exist, or is of another kind of task; or
            no job could learn from it by its name.
    """
    check_sources(store, spec)
    check_name(spec.name)
    return store.create_job(spec)


def check_name(name: str) -> None:
    """Refuse the words that stand for jobs in `search.learn_from`; jobs from before keep them.

    Raises:
        UserError: It is one.
    """
    if name in (AUTO, NONE):
        hint = f"{_SOURCES} means something else by it; name the job otherwise"
        raise UserError(f"a name other than {AUTO!r} and {NONE!r}", repr(name), hint, "name")


def check_new(store: Store, name: str) -> None:
    """Refuse a name that is taken, before a spec is looked at for long.

    Raises:
        Conflict: It is.
        UserError: As `check_name`.
    """
    check_name(name)
    with contextlib.suppress(NotFoundError):
        store.pulse(name)
        raise name_taken(name)


def check_same(store: Store, spec: JobSpec) -> None:
    """Refuse what `create_or_resume` would, but for budgets: a job of that name with another spec.

    Raises:
        Conflict: There is one.
    """
    with contextlib.suppress(NotFoundError):
        _check_same(store.find_job(spec.name), spec)


def create_or_resume(store: Store, spec: JobSpec) -> Job:
    """The job of that name: created, or let run on with the spec's budget.

    A finished one stays as it is, unless the budget has changed: who asks for the same once more
    has it already.

    Raises:
        Conflict: A job of that name has another spec, or the new budget is used up.
    """
    try:
        job = store.find_job(spec.name)
    except NotFoundError:
        with contextlib.suppress(Conflict):  # then another caller was faster
            return create(store, spec)
        job = store.find_job(spec.name)
    return store.together(lambda: _run_again(store, job.id, spec))


def is_as_launched(job: Job, spec: JobSpec) -> bool:
    """Whether trials of a job run as the spec says that it was launched by again: one that an
    earlier version made goes on as it began."""
    beside = {name: getattr(spec, name) for name in ("budget", "tracking", "artefacts")}
    return job.spec.model_copy(update=beside) == spec


def resume(store: Store, name: str, budget: BudgetSpec | None = None) -> Job:
    """Let a job run on; one that runs stays as it is.

    Args:
        budget: In place of the old one.

    Raises:
        Conflict: It is finished and no budget is given, or that budget is used up.
        NotFoundError: There is no such job.
        UserError: Its spec cannot be read here.
    """
    job_id = store.find_job(name).id
    return store.together(lambda: _resume(store, store.lock_job(job_id), budget))


def stop(store: Store, name: str) -> Job:
    """End a job: its workers finish their trials and leave. One that has ended stays as it is.

    Raises:
        NotFoundError: There is no such job.
    """
    job_id = store.find_job(name).id

    def end() -> Job:
        job = store.lock_job(job_id)
        return _set_state(store, job, JobState.STOPPED) if job.state is JobState.RUNNING else job

    return store.together(end)


def delete(store: Store, name: str, root: Path) -> None:
    """Remove a job for good: its records, then its files.

    Files without records harm nobody, the reverse does. A deletion that did not come to its end
    goes on when the job is deleted again.

    Args:
        root: Folder of the jobs' files.

    Raises:
        Conflict: It runs, or somebody works on it, or a copy of the database names its files.
        NotFoundError: There is no such job, and nothing is left of one.
        UserError: All is gone, but for what lies below a URL that cannot be reached.
    """
    for removal in delete_records(store, name, root):
        removal.finish()


def delete_records(store: Store, name: str, root: Path) -> list[Removal]:
    """The first half of a deletion; what is to be finished then, of earlier ones too.

    Raises:
        Conflict: As `delete`.
        NotFoundError: As `delete`.
    """
    left = find_left(store, name, root)
    try:
        job = store.find_job(name)
    except NotFoundError:
        if not left:
            raise
        return left
    check_own_files(store, job, root)
    removal = plan_removal(store, job, root)

    def remove() -> None:
        _check_rests(store, store.lock_job(job.id))
        store.delete_job(job.id)

    removal.note()
    try:
        store.together(remove)
    except Conflict:
        removal.drop()
        raise
    return [*left, removal]


def check_deletable(store: Store, name: str, root: Path) -> Job | None:
    """The job, for whoever asks or prepares something before it is deleted; None where files
    alone are left of it.

    Raises:
        Conflict: It runs, or somebody works on it.
        NotFoundError: There is no such job, and nothing is left of one.
    """
    try:
        job = store.find_job(name)
    except NotFoundError:
        if not find_left(store, name, root):
            raise
        return None
    _check_rests(store, job)
    return job


def check_sources(store: Store, spec: JobSpec) -> None:
    """Refuse a spec that names jobs to learn from which it cannot learn from.

    Raises:
        UserError: One does not exist, or is of another kind of task.
    """
    kind = spec.task.kind
    for name in spec.search.sources:
        try:
            other = store.find_job(name).spec.task.kind
        except NotFoundError as error:
            expected = f"{error.expected} in {_SOURCES}"
            raise UserError(expected, error.got, error.hint, _SOURCES) from error
        if other != kind:
            raise UserError(
                f"jobs of {kind} in {_SOURCES}",
                f"{name!r}, which is of {other}",
                "leave it out: its front says nothing about this task",
                _SOURCES,
            )


def foresee_lessons(store: Store, spec: JobSpec) -> Preparation:
    """What a spec would learn from the jobs of its storage, and notes on it, prepared alone.

    Raises:
        UserError: As `check_sources`.
    """
    from peftsearch.workers.processes.earlier_jobs import add_lessons

    check_sources(store, spec)
    return add_lessons(store, spec, Preparation())


def _run_again(store: Store, job_id: int, spec: JobSpec) -> Job:
    job = store.lock_job(job_id)
    _check_same(job, spec)
    if job.state is JobState.FINISHED and job.spec.budget == spec.budget:
        return job
    return _resume(store, job, spec.budget, spec.artefacts)


def _check_same(job: Job, spec: JobSpec) -> None:
    differing = differing_keys(job.spec, spec)
    if differing := [key for key in differing if not is_later(job.document, key, spec)]:
        again = "; the jobs that it learns from are named again, as at its launch"
        raise Conflict(
            f"the spec that job {job.name!r} was launched with",
            f"other values of {tell_differing(job.spec, spec, differing)}",
            "give the job a new name, or undo the change" + again * (differing == [_SOURCES]),
        )


def _resume(
    store: Store, job: Job, budget: BudgetSpec | None, artefacts: str | None = None
) -> Job:
    """With another place for the adapters to come, where one is named; those that are there name
    theirs."""
    spec, finished = job.spec, job.state is JobState.FINISHED
    moved = artefacts not in (None, spec.artefacts)
    spec = spec.storing_in(artefacts)
    if budget is None and finished:
        got = f"job {job.name!r}, which is finished"
        raise Conflict("a job with budget left", got, "resume it with a larger budget")
    if budget is not None and (finished or budget != spec.budget):
        _check_room(store, job, budget)
        return store.change_budget(job.id, spec.model_copy(update={"budget": budget}))
    if moved:
        return store.change_budget(job.id, spec)
    return _set_state(store, job, JobState.RUNNING)


def _set_state(store: Store, job: Job, state: JobState) -> Job:
    store.set_state(job.id, state)
    return replace(job, state=state)


def _check_room(store: Store, job: Job, budget: BudgetSpec) -> None:
    """Refuse a budget that leaves nothing to do; trials that wait or run are something.

    Raises:
        Conflict: As much is used already.
    """
    counts, hours = store.counts(job.id), store.used_hours(job.id)
    trials, waiting = sum(counts.values()), counts[TrialState.QUEUED] + counts[TrialState.RUNNING]
    least = trials if waiting else trials + 1
    hint = f"raise it, or look at what there is: `peftsearch show {job.name}`"
    if budget.trials is not None and budget.trials < least:
        since = f"since there {agree(trials, 'are')} {trials}"
        expected = f"a budget of at least {plural(least, 'trial')}, {since}"
        raise Conflict(expected, f"{budget.trials}", hint, "budget.trials")
    if budget.hours is not None and budget.hours <= hours:
        got = f"{budget.hours:.6g}"
        raise Conflict(
            f"a budget of more than the {hours:.6g} hours used", got, hint, "budget.hours"
        )


def _check_rests(store: Store, job: Job) -> None:
    """Refuse a job that runs, and one that somebody still works on.

    Raises:
        Conflict: It is so.
    """
    if job.state is JobState.RUNNING:
        got = f"job {job.name!r}, which is running"
        raise Conflict("a job that has ended", got, "stop it before")
    live = [tell_process(x) for x in store.all_at_work(job.id) if is_live(x)]
    if live:
        raise Conflict(
            f"job {job.name!r} with nobody at work on it",
            ", ".join(live),
            f"wait until {'it has' if len(live) == 1 else 'they have'} ended, and delete it then",
        )
