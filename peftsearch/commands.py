"""What the commands do: open the store, act, print."""

import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from peftsearch.spaces.errors import UserError
from peftsearch.spaces.jobspec import JobSpec
from peftsearch.spaces.presets import make_space
from peftsearch.spaces.techniques import TECHNIQUES
from peftsearch.storage.records import Job, JobState, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files import files_root

from . import views
from .api import SearchResult, export_summary, load_result
from .jobfile import read_spec
from .launch import open_job, run_pool
from .progress import LiveView, PlainView
from .wording import describe, duration, size

console = Console()
log = Console(stderr=True)


def print_json(data: Any) -> None:
    """JSON to standard output, unwrapped and uncoloured."""
    print(json.dumps(data, indent=2))


def open_existing(storage: str) -> Store:
    """A store that must be there already.

    Raises:
        UserError: No such SQLite file, or the database is down.
    """
    try:
        url = make_url(storage)
    except ArgumentError as error:
        raise UserError(
            "a database URL such as sqlite:///peftsearch.db", repr(storage), "correct --storage"
        ) from error
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
        raise UserError(
            "an existing storage",
            f"no file {url.database!r}",
            "launch a job with `peftsearch run`, or name the storage with --storage",
        )
    return Store.open(storage)


def _root(storage: str, files: Path | None) -> Path:
    return files.resolve() if files else files_root(storage)


def dry_run(job_file: Path, workers: int, as_json: bool) -> None:
    """Check a job file and forecast its time and disk."""
    from .estimate import estimate

    spec = read_spec(job_file)
    forecast = estimate(spec, workers)
    if as_json:
        print_json(forecast.to_json())
        return
    low, high = forecast.seconds
    console.print(f"[bold]{spec.name}[/]: the job file and its data are fine")
    table = Table.grid(padding=(0, 2))
    table.add_row("space", f"{forecast.points:,} points, preset {spec.space.preset}")
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
    result = run_spec(spec, storage, _root(storage, files), workers, device, as_json)
    if picture is not None:
        _draw(result, picture)
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
        print_result(result)


def run_spec(
    spec: JobSpec, storage: str, root: Path, workers: int, device: str, quiet: bool
) -> SearchResult:
    """Work on a spec's job with a local pool until it ends.

    Raises:
        SystemExit: With 130 after Ctrl-C, when what ran is queued again.
    """
    from peftsearch.workers.data import load_data

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


def print_result(result: SearchResult) -> None:
    """The front, failures, and what to type next."""
    spec = result.job.spec
    members = views.front_members(result.front, result.trials)
    console.print(views.front_table(members, spec, console.width))
    failed = sum(trial.failure is not None for trial in result.trials)
    done = sum(trial.state is TrialState.COMPLETED for trial in result.trials)
    text = f"{done} trials done, {failed} failed, budget {views.budget_text(spec)}"
    hint = f"; see `peftsearch show {spec.name}`" if failed else ""
    console.print(text + hint, highlight=False, style="yellow" if failed else "")
    if members:
        console.print(
            f"next: peftsearch export {spec.name} --pick knee --out adapter/", highlight=False
        )


def _draw(result: SearchResult, path: Path) -> None:
    from .picture import draw_front

    members = views.front_members(result.front, result.trials)
    draw_front(members, result.trials, result.job.spec, path)
    log.print(f"picture: {path}", highlight=False)


def work(name: str, workers: int, device: str, storage: str, files: Path | None) -> None:
    """Join a job until it ends."""
    with open_existing(storage) as store:
        job = store.find_job(name)
        view = PlainView(store, job, log)
        if not run_pool(store, job, storage, _root(storage, files), workers, device, view):
            raise SystemExit(130)


def list_jobs(storage: str, as_json: bool) -> None:
    """All jobs of a storage."""
    with open_existing(storage) as store:
        found = store.jobs()
        counts = {job.id: store.counts(job.id) for job in found}
    if as_json:
        print_json([_job_json(job, counts[job.id]) for job in found])
    else:
        console.print(views.jobs_table(found, counts))


def _job_json(job: Job, counts: Any) -> dict[str, Any]:
    return {
        "name": job.name,
        "state": job.state.value,
        "event": job.event,
        "trials": {state.value: number for state, number in counts.items()},
        "spec": job.spec.to_json(),
    }


def show(name: str, storage: str, as_json: bool) -> None:
    """A job and its trials."""
    with open_existing(storage) as store:
        job = store.find_job(name)
        trials = store.trials(job.id)
        counts = store.counts(job.id)
        hours = store.used_hours(job.id)
        confirmations = store.reports(job.id, "confirm")
    if as_json:
        data = _job_json(job, counts) | {"used_hours": hours, "confirmations": confirmations}
        print_json(data | {"trials": [views.trial_json(trial) for trial in trials]})
        return
    console.print(
        f"[bold]{name}[/]: {job.state.value}, budget {views.budget_text(job.spec)}, "
        f"trained for {duration(hours * 3600)}",
        highlight=False,
    )
    console.print(f"model {job.spec.model.path}\ndata  {job.spec.task.train}", highlight=False)
    console.print(views.trials_table(trials, job.spec, console.width))


def show_front(name: str, storage: str, picture: Path | None, as_json: bool) -> None:
    """The front as a table, JSON or picture."""
    with open_existing(storage) as store:
        result = load_result(store, store.find_job(name), _root(storage, None))
    members = views.front_members(result.front, result.trials)
    if picture is not None:
        _draw(result, picture)
    if as_json:
        print_json(views.front_json(members, result.job.spec))
    else:
        console.print(views.front_table(members, result.job.spec, console.width))


def confirm(name: str, pick: str, device: str, storage: str, as_json: bool) -> None:
    """Train and compare on the test split."""
    from peftsearch.search.recipes import probe
    from peftsearch.workers.bench import Bench

    from .confirm import Confirmer, lines

    with open_existing(storage) as store:
        result = load_result(store, store.find_job(name), _root(storage, None))
        summary = result.pick(pick)
        spec = result.job.spec
        confirmer = Confirmer(
            store,
            result.job,
            Bench.open(spec, device),
            lambda text: log.print(text, style="dim", highlight=False),
        )
        confirmation = confirmer.confirm(summary.configuration, probe(make_space(spec)))
        store.save_report(result.job.id, "confirm", confirmation.to_json(spec))
    if as_json:
        print_json(confirmation.to_json(spec))
    else:
        _print_lines(lines(confirmation, spec))


def _print_lines(lines: Sequence[str]) -> None:
    for line in lines:
        console.print(line, highlight=False, markup=False, soft_wrap=True)


def export(
    name: str, pick: str, out: Path, form: str, storage: str, files: Path | None, as_json: bool
) -> None:
    """Write the picked adapter and check it."""
    with open_existing(storage) as store:
        result = load_result(store, store.find_job(name), _root(storage, files))
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
    )


def stop(name: str, storage: str, as_json: bool) -> None:
    """End a job."""
    with open_existing(storage) as store:
        job = store.find_job(name)
        store.set_state(job.id, JobState.STOPPED)
    if as_json:
        print_json({"name": name, "state": "stopped"})
    else:
        console.print(f"{name} is stopped; `peftsearch run` with its job file resumes it")


def techniques(as_json: bool) -> None:
    """The table of techniques."""
    rows = [
        {
            "name": row.name,
            "summary": row.summary,
            "formula": row.formula,
            "capacities": list(row.capacities),
            "nominal_rate": row.rate,
            "merges": row.merges,
            "writes_base": row.writes_base,
            "source": row.source,
        }
        for row in TECHNIQUES.values()
    ]
    if as_json:
        print_json(rows)
        return
    table = Table(box=SIMPLE_HEAD)
    for name in ("technique", "what it does", "parameters per layer or linear", "rate", "source"):
        table.add_column(name)
    for row in TECHNIQUES.values():
        table.add_row(row.name, row.summary, row.formula, f"{row.rate:g}", row.source)
    console.print(table)
