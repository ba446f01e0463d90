"""The commands that work on jobs: run, resume, worker."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

from peftsearch.errors import NotFoundError
from peftsearch.jobs import life
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.jobs.local_devices import check_device
from peftsearch.jobs.local_pool import run_pool
from peftsearch.jobs.moved_model import find_job
from peftsearch.jobs.waiting import Waiter
from peftsearch.live.terminal import PlainView
from peftsearch.records.failing import find_all_failed
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import TrialState
from peftsearch.results import views
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.results.wording import COUNTED, plural
from peftsearch.spaces.jobspec.spec import JobSpec, make_budget
from peftsearch.spaces.jobspec.tracker_names import check_installed, check_names
from peftsearch.storage.store import Store
from peftsearch.workers.engines.plan import EnginePlan
from peftsearch.workers.files.job_folder import choose_root

from .companions import make_wanted
from .console import (
    check_picture,
    console,
    draw,
    floor_facts,
    log,
    place_options,
    print_front,
    print_json,
    print_tested,
)
from .crew import SIGNALLED, Crew, check_crew, run_crew, say, tell_interrupted


def run(
    spec: JobSpec,
    workers: int,
    device: str,
    storage: str,
    files: Path | None,
    picture: Path | None,
    artefacts: str | None,
    as_json: bool,
    plan: EnginePlan,
    started: float,
) -> None:
    """Launch or resume a job, work on it, print the front.

    Args:
        artefacts: Where adapters are kept, in place of what the job file says; None leaves it.
        started: As a crew has it.
    """
    check_picture(picture)
    spec = spec.storing_in(artefacts)
    place = (storage, choose_root(storage, files), workers, device)
    crew = Crew(*place, as_json, spec.tracking, plan, started)
    result = make_wanted(run_spec(spec, crew), crew)
    if picture is not None:
        draw(result, picture)
    _report(result, crew)


def resume(
    name: str,
    trials: int | None,
    hours: float | None,
    workers: int,
    device: str,
    storage: str,
    files: Path | None,
    track: Sequence[str] | None,
    as_json: bool,
    plan: EnginePlan,
    model: str | None,
    started: float,
) -> None:
    """Let a job run on, work on it, print the front.

    Args:
        model: Where its model is by now; None leaves it.
        started: As a crew has it.
    """
    from peftsearch.jobs.settling import note_stop
    from peftsearch.workers.processes.kept_places import check_trainable

    asked = read_asked(track)
    root = choose_root(storage, files)
    crew = Crew(storage, root, workers, device, as_json, asked, plan, started)
    check_crew(crew)
    with open_existing(storage) as store:
        spec = find_job(store, name, model).spec
        if workers:  # before the budget is another one
            check_trainable(spec)
        job = life.resume(store, name, make_budget(trials, hours))
        _note(*note_stop(job.spec))
        result = _work(store, job, crew)
    _report(make_wanted(result, crew), crew)


def run_spec(spec: JobSpec, crew: Crew) -> SearchResult:
    """Work on a spec's job until it ends.

    Raises:
        SystemExit: With 130 after Ctrl-C and 143 after SIGTERM, when what ran is queued again.
    """
    from peftsearch.jobs.settling import settle
    from peftsearch.workers.artefacts.probing import check_shared
    from peftsearch.workers.data.task_data import load_data, load_for_launch

    check_crew(crew)
    data = load_for_launch(spec)
    settled = settle(spec, data)
    check_shared(spec.artefacts)
    with Store.open(crew.storage) as store:
        job = life.create_or_resume(store, settled.spec)
        as_launched = job.spec.task == settled.spec.task
        if not as_launched:  # it was made before, and reads as it did then
            data = load_data(job.spec)
        _note(*data.notes, *settled.notes)
        if as_launched:
            say(f"quality: {settled.quality}")
        return _work(store, job, crew)


def _work(store: Store, job: Job, crew: Crew) -> SearchResult:
    finished = job.state is JobState.FINISHED
    if finished:
        where = place_options(crew.storage, crew.root)
        goes_on = f"peftsearch resume {job.name} --trials N{where}"
        say(f"job {job.name} is finished; `{goes_on}` goes on")
    elif job.spec.budget.hours is not None:
        say(f"budget: {views.budget_text(job.spec)}; its time is that {COUNTED}")
    stopped = None if finished or not crew.workers else run_crew(store, job, crew)
    result = load_result(store, store.job(job.id), crew.root)
    if stopped:
        completed = sum(trial.state is TrialState.COMPLETED for trial in result.trials)
        say(tell_interrupted(crew, job.name, plural(completed, "trial")))
        raise SystemExit(SIGNALLED + stopped)
    if result.job.state is not JobState.RUNNING and (failed := find_all_failed(result.trials)):
        raise failed
    return result


def _report(result: SearchResult, crew: Crew) -> None:
    """The job's state and its front."""
    spec, state = result.job.spec, result.job.state.value
    if crew.quiet:
        front = views.front_json(result.members, spec, result.notes)
        print_json({"job": spec.name, "state": state, "front": front} | floor_facts(result))
        return
    if result.job.state is JobState.RUNNING:
        console.print(f"{spec.name} runs, for workers to take up", highlight=False)
        return
    print_front(result, crew.storage)
    if result.front:
        where = place_options(crew.storage, crew.root)
        export = f"peftsearch export {spec.name} --pick {result.proposed} --out adapter/{where}"
        line = f"{result.lead}{export}"
        console.print(line, highlight=False, soft_wrap=True)
        confirm = f"peftsearch confirm {spec.name} --pick {result.proposed}{where}"
        print_tested(result, f"on test rows: {confirm}")


def work(
    name: str | None,
    uid: str | None,
    workers: int,
    device: str,
    storage: str,
    files: Path | None,
    track: Sequence[str] | None,
    plan: EnginePlan,
) -> None:
    """Join a job until it ends, with the baselines that it asks for; without a name, all jobs
    that run or will, until Ctrl-C.

    Args:
        uid: That the job of this name must have.

    Raises:
        NotFoundError: There is no such job.
    """
    root = choose_root(storage, files)
    check_device(device, plan.devices)
    asked = read_asked(track)
    with open_existing(storage) as store:
        if name is None:
            Waiter(store, storage, root, workers, device, say, _plain_view, asked, plan).run()
            return
        job = store.find_job(name)
        if uid not in (None, job.uid):
            hint = "it was deleted: leave --uid out to work on the one that has its name now"
            raise NotFoundError(f"job {name!r} of uid {uid}", f"one of uid {job.uid}", hint)
        pool = (store, job, storage, root, workers, device)
        if stopped := run_pool(*pool, _plain_view(store, job), asked, plan):
            raise SystemExit(SIGNALLED + stopped)
        if job.spec.baselines.run:
            crew = Crew(storage, root, workers, device, True, asked, plan)
            _make_baselines(store, job, crew)


def _make_baselines(store: Store, job: Job, crew: Crew) -> None:
    """Of a job that has ended and is still there; whoever works on it goes on together."""
    with contextlib.suppress(NotFoundError):
        found = store.job(job.id)
        make_wanted(load_result(store, found, crew.root), crew)


def read_asked(track: Sequence[str] | None) -> tuple[str, ...] | None:
    """Trackers that a command line names; None where it names none, not even `none`.

    Raises:
        UserError: There is no such tracker, or it is not installed.
    """
    if track is None:
        return None
    asked = check_names(track)
    check_installed(asked)
    return asked


def _plain_view(store: Store, job: Job) -> PlainView:
    return PlainView(store, job, log)


def _note(*notes: str) -> None:
    for note in notes:
        log.print(f"note: {note}", style="yellow", highlight=False, soft_wrap=True)
