"""Commands that search: write a job file, launch, go on, help, stop, import, delete.

Heavy imports wait inside, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from peftsearch.api import DEFAULT_STORAGE, to_url

from .first_word import begin
from .shared_options import (
    Artefacts,
    AsJson,
    Cpus,
    Crew,
    Device,
    Devices,
    EngineName,
    Files,
    Gpus,
    JobName,
    Moved,
    RayAddress,
    Storage,
    Track,
    Workers,
)


def init(
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA", help="Your labelled data, as `task.train` [to be filled in]."
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(help="A model folder, package:NAME or a hub id [a small sample]."),
    ] = None,
    test: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Test rows, as `task.test` [a part of DATA]."),
    ] = None,
    text: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN", help="Column of the texts [guessed]; repeat for pairs of texts."
        ),
    ] = None,
    label: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="Column of the labels [guessed].")
    ] = None,
    out: Annotated[Path, typer.Option(help="The file to write, which must not be there.")] = Path(
        "job.toml"
    ),
    as_json: AsJson = False,
) -> None:
    """Write a first job file for your data, to look at and to run."""
    begin("looking at the data and the model")
    from peftsearch.notebook.named_columns import Named

    from . import first_file

    first_file.write_first(data, model, test, Named(tuple(text or ()), label), out, as_json)


def run(
    job_file: Annotated[Path, typer.Argument(metavar="JOB.toml", help="The job file.")],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check and estimate, train nothing.")
    ] = False,
    learn_from: Annotated[
        list[str] | None,
        typer.Option(
            "--from",
            metavar="JOB",
            help="Try the front of this earlier job first; repeat for several.",
        ),
    ] = None,
    workers: Crew = 1,
    engine: EngineName = "local",
    ray_address: RayAddress = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    device: Device = "auto",
    devices: Devices = 1,
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    picture: Annotated[Path | None, typer.Option(help="Write the front's picture here.")] = None,
    track: Track = None,
    artefacts: Artefacts = None,
    as_json: AsJson = False,
) -> None:
    """Launch a search job, or resume it; Ctrl-C requeues what runs."""
    started = begin("reading the job file, its model and its data")
    from peftsearch.workers.engines.plan import make_plan

    from .job_file import read_job

    plan = make_plan(engine, ray_address, cpus, gpus, workers, devices)
    spec = read_job(job_file, track).learning_from(tuple(learn_from or ()))
    if dry_run:
        from . import forecasting

        forecasting.dry_run(spec.storing_in(artefacts), to_url(storage), workers, as_json)
    else:
        from . import commands

        place = (workers, device, to_url(storage), files)
        commands.run(spec, *place, picture, artefacts, as_json, plan, started)


def import_(
    results: Annotated[
        Path,
        typer.Argument(
            metavar="RESULTS",
            help="CSV, JSON lines, what `show JOB --json` printed, or a folder of peft adapters.",
        ),
    ],
    job: Annotated[
        Path, typer.Option("--job", metavar="JOB.toml", help="The job that they are results of.")
    ],
    measured: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What was measured of adapters, by a column `adapter` "
            "[results.csv or results.jsonl beside them].",
        ),
    ] = None,
    score: Annotated[
        bool, typer.Option("--score", help="Score adapters on the job's validation rows.")
    ] = False,
    leave_out: Annotated[
        bool, typer.Option("--leave-out", help="Import without the adapters that cannot be.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only tell what each adapter is.")
    ] = False,
    device: Device = "auto",
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Record results that were measured elsewhere as a finished job, and print their front."""
    begin("reading the job file, its model and its data")
    from .job_file import read_job

    spec = read_job(job)
    from . import asked_import, importing

    asked = asked_import.Asked(measured, score, leave_out, dry_run, device)
    importing.import_any(results, spec, asked, to_url(storage), as_json)


def resume(
    job: JobName,
    trials: Annotated[int | None, typer.Option(min=1, help="Trials of a new budget.")] = None,
    hours: Annotated[
        float | None,
        typer.Option(help="Hours of a new budget, which replaces the old one whole."),
    ] = None,
    workers: Crew = 1,
    engine: EngineName = "local",
    ray_address: RayAddress = None,
    cpus: Cpus = None,
    gpus: Gpus = None,
    device: Device = "auto",
    devices: Devices = 1,
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    track: Track = None,
    model: Moved = None,
    as_json: AsJson = False,
) -> None:
    """Let a stopped job run on, or a finished one by a larger budget."""
    started = begin("opening the job")
    from peftsearch.workers.engines.plan import make_plan

    from . import commands

    plan = make_plan(engine, ray_address, cpus, gpus, workers, devices)
    place = (workers, device, to_url(storage), files)
    commands.resume(job, trials, hours, *place, track, as_json, plan, model, started)


def worker(
    job: Annotated[
        str | None, typer.Argument(metavar="JOB", help="Name of the job [any that runs].")
    ] = None,
    uid: Annotated[
        str | None,
        typer.Option(help="Only if the job of that name has this id of its own (`show --json`)."),
    ] = None,
    workers: Workers = 1,
    device: Device = "auto",
    devices: Devices = 1,
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    track: Track = None,
) -> None:
    """Work on a job of a database, or wait for jobs and work on each, the oldest first."""
    begin("opening the database")
    from peftsearch.workers.engines.plan import LOCAL, make_plan

    from . import commands

    plan = make_plan(LOCAL, None, None, None, workers, devices)
    commands.work(job, uid, workers, device, to_url(storage), files, track, plan)


def stop(job: JobName, storage: Storage = DEFAULT_STORAGE, as_json: AsJson = False) -> None:
    """End a job: its workers finish their trials and leave. `resume` lets it run on."""
    from . import ending

    ending.stop(job, to_url(storage), as_json)


def delete(
    job: JobName,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Remove a job for good: its records and its adapters."""
    from . import ending

    ending.delete(job, yes, to_url(storage), files, as_json)
