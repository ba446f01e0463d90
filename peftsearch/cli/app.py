"""The command line. Heavy imports wait inside the commands, so that `--help` answers at once."""

import json
import os
import sys
from importlib.metadata import version
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from peftsearch.api import DEFAULT_STORAGE, to_url
from peftsearch.errors import PeftsearchError, UserError
from peftsearch.message_text import one_line, shorten, trace
from peftsearch.passwords import hide_word

from .first_word import begin
from .shared_options import (
    DEFAULT_PICK,
    Artefacts,
    AsJson,
    Chosen,
    Cpus,
    Crew,
    Device,
    Devices,
    DryRun,
    EngineName,
    Files,
    Gpus,
    JobName,
    Pick,
    Precision,
    RayAddress,
    Storage,
    Track,
    Workers,
)

app = typer.Typer(
    name="peftsearch",
    help="Find the best parameter-efficient fine-tuning configurations of a transformer.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_INTERRUPTED = 128 + 2
"""Of a shell's convention; typer returns it for Ctrl-C."""
_LONGEST_ARGUMENTS = 250
"""Of what is said of them: a shell may make hundreds of a `*`."""
_MOST_MISTAKES = 20
"""Of one input that are told in one answer, beside the first."""
_HELP = "see `peftsearch --help` and `peftsearch COMMAND --help`"


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"peftsearch {version('peftsearch')}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    if debug:
        os.environ["PEFTSEARCH_DEBUG"] = "1"


@app.command()
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
    out: Annotated[Path, typer.Option(help="The file to write, which must not be there.")] = Path(
        "job.toml"
    ),
    as_json: AsJson = False,
) -> None:
    """Write a first job file for your data, to look at and to run."""
    from . import first_file

    first_file.write_first(data, model, out, as_json)


@app.command()
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
    begin("reading the job file, its model and its data")
    from peftsearch.workers.engines.plan import make_plan

    from .job_file import read_job

    plan = make_plan(engine, ray_address, cpus, gpus, workers, devices)
    spec = read_job(job_file, track).learning_from(tuple(learn_from or ()))
    if dry_run:
        from . import forecasting

        forecasting.dry_run(spec, to_url(storage), workers, as_json)
    else:
        from . import commands

        place = (workers, device, to_url(storage), files)
        commands.run(spec, *place, picture, artefacts, as_json, plan)


@app.command("import")
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


@app.command()
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
    as_json: AsJson = False,
) -> None:
    """Let a stopped job run on, or a finished one by a larger budget."""
    begin("opening the job")
    from peftsearch.workers.engines.plan import make_plan

    from . import commands

    plan = make_plan(engine, ray_address, cpus, gpus, workers, devices)
    place = (workers, device, to_url(storage), files)
    commands.resume(job, trials, hours, *place, track, as_json, plan)


@app.command()
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


@app.command()
def jobs(
    searches: Annotated[
        bool, typer.Option("--searches", help="Without the baselines and ablations of jobs.")
    ] = False,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """List the jobs of a storage, baselines and ablations below theirs."""
    from . import job_list

    job_list.list_jobs(to_url(storage), as_json, searches)


@app.command()
def show(job: JobName, storage: Storage = DEFAULT_STORAGE, as_json: AsJson = False) -> None:
    """Show a job and all its trials."""
    from . import inspection

    inspection.show(job, to_url(storage), as_json)


@app.command()
def front(
    job: JobName,
    storage: Storage = DEFAULT_STORAGE,
    picture: Annotated[Path | None, typer.Option(help="Write the picture here.")] = None,
    as_json: AsJson = False,
) -> None:
    """Print the Pareto front of a job."""
    from . import inspection

    inspection.show_front(job, to_url(storage), picture, as_json)


@app.command()
def compare(
    left: Annotated[str, typer.Argument(metavar="JOB", help="Name of a job.")],
    right: Annotated[str, typer.Argument(metavar="OTHER", help="Name of another.")],
    cost: Annotated[
        str | None, typer.Option(help="Cost of the fronts [that of the first job].")
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Compare two jobs: settings, fronts, best qualities, and what they took."""
    from . import comparing

    comparing.compare(left, right, cost, to_url(storage), as_json)


@app.command()
def note(
    job: JobName,
    trial: Annotated[str, typer.Argument(metavar="TRIAL", help="Its number, or its name.")],
    text: Annotated[
        str | None, typer.Argument(metavar="TEXT", help="The note; '' takes it away.")
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="What to call the trial; '' takes the name away.")
    ] = None,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Name a trial or write a note on it; without either, show what it has."""
    from . import note_taking

    note_taking.note(job, trial, text, name, to_url(storage), as_json)


@app.command()
def confirm(
    job: JobName,
    pick: Pick = DEFAULT_PICK,
    front: Annotated[
        bool, typer.Option("--front", help="All of the front instead of one point.")
    ] = False,
    seeds: Annotated[
        int | None,
        typer.Option(
            help="Trainings of each arm, at least 2 [3]; with --width so many at most [10]."
        ),
    ] = None,
    width: Annotated[
        float | None,
        typer.Option(help="Add seeds until the interval of pick minus LoRA is as narrow as this."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(help="Score the kept adapters on this labelled data instead, train nothing."),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(metavar="COLUMN", help="The metric by groups of this column, too."),
    ] = None,
    precision: Precision = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="The best of the LoRA sweep (`baselines`), too.")
    ] = False,
    device: Device = "auto",
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Compare a point with the linear probe and tuned LoRA on the test split."""
    begin("loading the libraries, the job and its model")
    from . import confirming

    asked = confirming.Asked(job, to_url(storage), device, files, as_json, by, sweep)
    plan = confirming.check(seeds, width, front, data, by, pick, precision, sweep)
    if front:
        confirming.confirm_front(asked, plan)
    elif data is not None:
        confirming.carry(asked, pick, data)
    else:
        confirming.confirm(asked, pick, plan)


@app.command()
def baselines(
    job: JobName,
    pick: Chosen = None,
    ranks: Annotated[
        str | None,
        typer.Option(
            metavar="RANKS", help="Of the sweep, such as 1,8,64 [what the job's file says]."
        ),
    ] = None,
    dry_run: DryRun = False,
    workers: Crew = 1,
    device: Device = "auto",
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Hold a front against what everybody does: LoRA of each rank, full fine-tuning."""
    begin("opening the job")
    from . import companions

    wanted = companions.read_ranks(ranks)
    asked = companions.Asked(job, "baselines", pick, 1, dry_run, wanted)
    companions.hold_against(
        asked, companions.make_crew(to_url(storage), files, workers, device, as_json)
    )


@app.command()
def ablate(
    job: JobName,
    pick: Chosen = None,
    seeds: Annotated[int, typer.Option(help="Trainings of it, and without each part.")] = 2,
    dry_run: DryRun = False,
    workers: Crew = 1,
    device: Device = "auto",
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Train the chosen configuration without each of its parts: what does each do?"""
    begin("opening the job")
    from . import companions

    asked = companions.Asked(job, "ablation", pick, companions.check_seeds(seeds), dry_run)
    companions.hold_against(
        asked, companions.make_crew(to_url(storage), files, workers, device, as_json)
    )


@app.command()
def export(
    job: JobName,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder to write; must not exist or be empty. Needed without --push."),
    ] = None,
    pick: Pick = DEFAULT_PICK,
    form: Annotated[str, typer.Option(help="auto, peft, adapter or merged.")] = "auto",
    precision: Precision = None,
    temperature: Annotated[
        bool,
        typer.Option("--temperature", help="Probabilities of the card's program are calibrated."),
    ] = False,
    push: Annotated[
        str | None,
        typer.Option(metavar="USER/REPO", help="Send it to this repository of the model hub."),
    ] = None,
    private: Annotated[
        bool, typer.Option("--private", help="With --push: nobody else may see it.")
    ] = False,
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Write a configuration's trained adapter, and check it by loading it again."""
    begin("loading the libraries and the job")
    from peftsearch.results.calibrations.wishes import Wish

    from . import take_home

    wish, sending = Wish(precision, temperature), take_home.Sending(push, private)
    take_home.export(job, pick, out, form, sending, to_url(storage), files, as_json, wish)


@app.command()
def report(
    job: JobName,
    out: Annotated[Path, typer.Option(help="Folder to write; new, empty or an earlier report.")],
    pick: Pick = DEFAULT_PICK,
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Write a job as one page, and the same as Markdown, to lay before a colleague."""
    begin("reading the job")
    from . import reporting

    reporting.report(job, pick, out, to_url(storage), as_json)


@app.command()
def stop(job: JobName, storage: Storage = DEFAULT_STORAGE, as_json: AsJson = False) -> None:
    """End a job: its workers finish their trials and leave. `resume` lets it run on."""
    from . import ending

    ending.stop(job, to_url(storage), as_json)


@app.command()
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


@app.command()
def dashboard(
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8321,
    data_root: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Jobs may read from it; repeatable [any with a token on loopback, else none].",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token that callers need "
            "[or PEFTSEARCH_TOKEN; on loopback one that is made and printed]."
        ),
    ] = None,
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Let every user of this machine in; on loopback alone."),
    ] = False,
    uploads: Annotated[
        bool,
        typer.Option(
            "--uploads/--no-uploads",
            help="Whether the form may send data, to the first data root.",
        ),
    ] = True,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Further name by which browsers may call it; may be repeated."
        ),
    ] = None,
    root_path: Annotated[
        str,
        typer.Option(metavar="PATH", help="Path below which a proxy shows it, e.g. /peftsearch."),
    ] = "",
    artefacts: Artefacts = None,
    as_json: AsJson = False,
) -> None:
    """Serve the pages and the HTTP API: launch, watch, pick and export in a browser."""
    from . import dashboard_server

    address = dashboard_server.Address(host, port, tuple(allow_host or ()), root_path)
    roots = tuple(data_root) if data_root else None
    access = dashboard_server.Access(token_file, no_token, roots, uploads)
    place = dashboard_server.Place(to_url(storage), files, artefacts)
    dashboard_server.serve(place, address, access, as_json)


@app.command()
def optuna(
    job: JobName,
    out: Annotated[str, typer.Option(help="Optuna storage to write to.")] = "sqlite:///optuna.db",
    storage: Storage = DEFAULT_STORAGE,
    as_json: AsJson = False,
) -> None:
    """Copy a job into an Optuna storage, for `optuna-dashboard` and Optuna's plots."""
    from .optuna_study import mirror

    mirror(job, to_url(storage), out, as_json)


@app.command()
def track(
    job: JobName,
    to: Annotated[
        list[str],
        typer.Option(
            metavar="TRACKER", help="mlflow, wandb, tensorboard, trackio; repeat for several."
        ),
    ],
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Tell a tracker of a job as it stands; what it knows already is not told twice."""
    begin("reading the job")
    from . import tracking

    tracking.track(job, to, to_url(storage), files, as_json)


@app.command()
def techniques(as_json: AsJson = False) -> None:
    """Print the table of techniques."""
    from . import inspection

    inspection.techniques(as_json)


@app.command()
def doctor(
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    artefacts: Artefacts = None,
    salvage: Annotated[
        Path | None, typer.Option(help="Save what can be read of a damaged SQLite file.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New file for what --salvage reads.")] = None,
    as_json: AsJson = False,
) -> None:
    """Examine versions, database, folders, artefacts and devices; 1 where something fails."""
    from .checkup import diagnose, save_what_is_left

    if salvage is not None or out is not None:
        save_what_is_left(salvage, out, files, as_json)
    else:
        diagnose(to_url(storage), files, artefacts, as_json)


@app.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Folder for all that it writes.")] = Path(
        "peftsearch-demo"
    ),
    workers: Workers = 2,
    storage: Annotated[
        str | None, typer.Option(help="Database for the job [in the folder].")
    ] = None,
    files: Annotated[
        Path | None, typer.Option(help="Folder of the adapters [beside the database].")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Minutes of searching, without what goes before it and after [3.3]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search a real model on real reviews, within 6 minutes on 2 CPU cores."""
    begin("reading the model and the data of the demonstration")
    from . import demonstration

    url = None if storage is None else to_url(storage)
    demonstration.run_demo(folder, workers, url, files, minutes, as_json)


def main() -> None:
    """Entry point: errors are one line; 2 for the user's mistakes, 1 for failures."""
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except typer.TyperException as error:
        message = shorten(
            _without_passwords(error.format_message()).rstrip("."), _LONGEST_ARGUMENTS
        )
        _fail(UserError("a command and options that exist", message, _HELP), 2)
    except (typer.Abort, KeyboardInterrupt):
        status = _INTERRUPTED
    except PeftsearchError as error:
        _fail(error, error.exit_code)
    except Exception as error:
        _fail(error, 1)
    if status == _INTERRUPTED:
        print("interrupted", file=sys.stderr)
    sys.exit(status or 0)


def _without_passwords(message: str) -> str:
    """What is said of arguments, which as wholes are known to be URLs, spaces and all."""
    for argument in sys.argv[1:]:
        message = message.replace(argument, hide_word(argument))
    return message


def _complete(message: str) -> str:
    """Commands to go on with, in backticks, get the database and the files of this command."""
    parts = message.split("`")
    for i in range(1, len(parts) - 1, 2):
        command = parts[i].split()[:2]
        if command[:1] == ["peftsearch"] and command[1:] in (["resume"], ["show"]):
            given = _given("--storage") + (_given("--files") if command[1] == "resume" else "")
            parts[i] += "" if "--storage" in parts[i] else given
    return "`".join(parts)


def _given(option: str) -> str:
    """An option as this command line has it; nothing where it does not."""
    for word, value in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        if word == option or word.startswith(f"{option}="):
            told = value if word == option else word.partition("=")[2]
            return f" {option} {quote(hide_word(told))}"
    return ""


def _fail(error: Exception, code: int) -> None:
    if os.environ.get("PEFTSEARCH_DEBUG"):
        print(trace(error), file=sys.stderr)
    if isinstance(error, UserError):
        first = str(error)
    else:
        known = isinstance(error, PeftsearchError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        first = one_line(next(iter(text.splitlines()), ""))
    first = _complete(first)
    hint = "" if isinstance(error, UserError) else " (peftsearch --debug shows where)"
    others = [_complete(str(x)) for x in getattr(error, "others", ())]
    if "--json" in sys.argv:
        also = {"others": others} if others else {}
        print(json.dumps({"error": first, "exit_code": code} | also))
    for line in (f"{first}{hint}", *others[:_MOST_MISTAKES]):
        print(f"error: {line}", file=sys.stderr)
    if (more := len(others) - _MOST_MISTAKES) > 0:
        print(f"error: {more} more like these", file=sys.stderr)
    sys.exit(code)
