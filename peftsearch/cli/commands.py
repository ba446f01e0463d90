"""The commands that work on a job: run, worker, confirm, export."""

import time
from pathlib import Path

from rich.table import Table

from peftsearch.api import SearchResult, export_summary, load_result
from peftsearch.jobs.jobfile import read_spec
from peftsearch.jobs.launch import open_job, run_pool
from peftsearch.jobs.waiting import Waiter
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import TrialState
from peftsearch.results import views
from peftsearch.results.wording import describe, duration, size
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.storage.store import Store

from .console import (
    choose_root,
    console,
    draw,
    log,
    open_existing,
    print_front,
    print_json,
    storage_option,
)
from .live_progress import LiveView, PlainView


def dry_run(job_file: Path, workers: int, as_json: bool) -> None:
    """Check a job file and forecast its time and disk."""
    from peftsearch.jobs.forecast import estimate

    spec = read_spec(job_file)
    forecast = estimate(spec, workers)
    if as_json:
        print_json(forecast.to_json())
        return
    low, high = forecast.seconds
    console.print(f"[bold]{spec.name}[/]: the job file and its data are fine")
    table = Table.grid(padding=(0, 2))
    table.add_row(
        "space",
        f"{forecast.configurations:,} configurations at {forecast.rates} learning rates, "
        f"preset {spec.space.preset}",
    )
    table.add_row(
        "data",
        f"{forecast.train_rows:,} training and {forecast.validation_rows:,} validation rows",
    )
    table.add_row("budget", f"{views.budget_text(spec)}, about {forecast.trials} trials here")
    table.add_row("time", f"between {duration(low)} and {duration(high)} on this machine")
    table.add_row("disk", f"about {size(forecast.disk)} of adapters")
    console.print(table)
    for note in forecast.notes:
        console.print(f"note: {note}", style="yellow")
    console.print("first configurations:")
    for configuration in forecast.first:
        console.print(f"  {describe(configuration, spec.anatomy)}", highlight=False)


def run(
    job_file: Path,
    workers: int,
    device: str,
    storage: str,
    files: Path | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Launch or resume a job, work on it, print the front."""
    spec = read_spec(job_file)
    result = run_spec(spec, storage, choose_root(storage, files), workers, device, as_json)
    if picture is not None:
        draw(result, picture)
    if as_json:
        members = views.front_members(result.front, result.trials)
        print_json(
            {
                "job": spec.name,
                "state": result.job.state.value,
                "front": views.front_json(members, spec),
            }
        )
    else:
        print_front(result)
        _print_next(result, storage)


def run_spec(
    spec: JobSpec, storage: str, root: Path, workers: int, device: str, quiet: bool
) -> SearchResult:
    """Work on a spec's job with a local pool until it ends.

    Raises:
        SystemExit: With 130 after Ctrl-C, when what ran is queued again.
    """
    from peftsearch.workers.data.task_data import load_data

    for note in load_data(spec).notes:
        log.print(f"note: {note}", style="yellow", highlight=False)
    with Store.open(storage) as store:
        job = open_job(store, spec)
        finished = _work(store, job, storage, root, workers, device, quiet)
        result = load_result(store, store.find_job(spec.name), root)
    if not finished:
        done = sum(trial.state is TrialState.COMPLETED for trial in result.trials)
        log.print(
            f"stopped with {done} trials done; what ran is queued again: "
            "run the same command to resume",
            soft_wrap=True,
        )
        raise SystemExit(130)
    return result


def _work(
    store: Store, job: Job, storage: str, root: Path, workers: int, device: str, quiet: bool
) -> bool:
    if job.state is JobState.FINISHED:
        log.print(f"job {job.name} is finished; raise its budget to go on", highlight=False)
        return True
    if quiet or not log.is_terminal:
        view = PlainView(store, job, log)
        return run_pool(store, job, storage, root, workers, device, view)
    with LiveView(store, job, log) as live:
        return run_pool(store, job, storage, root, workers, device, live)


def _print_next(result: SearchResult, storage: str) -> None:
    if result.front:
        where = storage_option(storage)
        hint = f"next: peftsearch export {result.job.name} --pick knee --out adapter/{where}"
        console.print(hint, highlight=False, soft_wrap=True)


def work(name: str | None, workers: int, device: str, storage: str, files: Path | None) -> None:
    """Join a job until it ends; without a name, all jobs that run or will, until Ctrl-C."""
    root = choose_root(storage, files)
    with open_existing(storage) as store:
        if name is None:
            Waiter(store, storage, root, workers, device, _say, _plain_view).run()
            return
        job = store.find_job(name)
        if not run_pool(store, job, storage, root, workers, device, _plain_view(store, job)):
            raise SystemExit(130)


def _plain_view(store: Store, job: Job) -> PlainView:
    return PlainView(store, job, log)


def _say(line: str) -> None:
    log.print(line, highlight=False, markup=False, soft_wrap=True)


def confirm(name: str, pick: str, device: str, storage: str, as_json: bool) -> None:
    """Train and compare on the test split."""
    from peftsearch.results.confirm import Confirmer, lines
    from peftsearch.search.recipe_trials import probe
    from peftsearch.workers.training.trial_runner import TrialRunner

    with open_existing(storage) as store:
        result = load_result(store, store.find_job(name), choose_root(storage, None))
        summary = result.pick(pick)
        spec = result.job.spec
        confirmer = Confirmer(
            store,
            result.job,
            TrialRunner.open(spec, device),
            lambda text: log.print(text, style="dim", highlight=False, soft_wrap=True),
        )
        confirmation = confirmer.confirm(summary.configuration, probe(make_space(spec)))
        store.save_report(result.job.id, "confirm", confirmation.to_json(spec))
    if as_json:
        print_json(confirmation.to_json(spec))
    else:
        for line in lines(confirmation, spec):
            console.print(line, highlight=False, markup=False, soft_wrap=True)


def export(
    name: str, pick: str, out: Path, form: str, storage: str, files: Path | None, as_json: bool
) -> None:
    """Write the picked adapter and check it."""
    with open_existing(storage) as store:
        result = load_result(store, store.find_job(name), choose_root(storage, files))
    summary = result.pick(pick)
    started = time.monotonic()
    report = export_summary(result.job.spec, summary, result.root, out, form)
    if as_json:
        print_json(report.to_json())
        return
    console.print(
        f"exported {describe(summary.configuration, result.job.spec.anatomy)}", highlight=False
    )
    console.print(
        f"as {report.form} to {report.out} in {duration(time.monotonic() - started)}; reloaded, "
        f"{report.rows} predictions equal (largest difference {report.difference:.1e})",
        highlight=False,
        soft_wrap=True,
    )
