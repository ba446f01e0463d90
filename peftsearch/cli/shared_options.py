"""The options and arguments that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

JobName = Annotated[str, typer.Argument(metavar="JOB", help="Name of the job.")]
Storage = Annotated[
    str,
    typer.Option(
        envvar="PEFTSEARCH_STORAGE",
        help="Database: a SQLAlchemy URL, or the path of an SQLite file.",
    ),
]
Files = Annotated[
    Path | None,
    typer.Option(
        envvar="PEFTSEARCH_FILES", help="Folder of the adapters [beside an SQLite database]."
    ),
]
Moved = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="PATH",
        help="Where the job's model is by now; the job finds it there from then on.",
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
DEFAULT_PICK = "1se"
"""As `results.rules.ONE_SE`, which a command's help does not load."""
Pick = Annotated[
    str,
    typer.Option(
        help="1se (what is proposed, the cheapest within one standard error of the best), knee, "
        "best, a row of the front, 'trial 17', a trial's name, or e.g. 'size <= 200 KB'."
    ),
]
Chosen = Annotated[
    str | None,
    typer.Option("--pick", help="The configuration, as `export` takes it [what is proposed]."),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Tell what would be trained, train nothing.")
]
Workers = Annotated[int, typer.Option(min=1, help="Worker processes on this machine.")]
Crew = Annotated[
    int,
    typer.Option(
        "--workers",
        min=0,
        help="Worker processes that are started; 0 leaves the job to other workers.",
    ),
]
EngineName = Annotated[
    str,
    typer.Option(
        "--engine",
        help="Who starts the workers: local (this machine), ray (a cluster), or external (others, "
        "by `peftsearch worker`; this only watches).",
    ),
]
RayAddress = Annotated[
    str | None,
    typer.Option(
        metavar="ADDRESS",
        help="The Ray cluster: auto, HOST:PORT or ray://HOST:PORT [RAY_ADDRESS, one that runs on "
        "this machine, or a new one].",
    ),
]
Cpus = Annotated[
    float | None,
    typer.Option(
        "--cpus-per-worker",
        min=0.01,
        help="CPUs that Ray keeps for each worker [1 for each device].",
    ),
]
Gpus = Annotated[
    float | None,
    typer.Option(
        "--gpus-per-worker",
        min=0,
        help="GPUs that Ray keeps for each worker, or a part of one [1 for each device of its "
        "trials, where there are any].",
    ),
]
Devices = Annotated[
    int,
    typer.Option(
        "--devices-per-trial",
        min=1,
        help="GPUs on which each worker trains one trial, dividing the rows of every step; on "
        "the CPU, processes.",
    ),
]
Artefacts = Annotated[
    str | None,
    typer.Option(
        envvar="PEFTSEARCH_ARTEFACTS",
        metavar="URL",
        help="Keep adapters below s3://, gs:// or a shared folder [what the job says].",
    ),
]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")]
Track = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TRACKER",
        help="Tell this tracker too: mlflow, wandb, tensorboard, trackio, or none; repeat for "
        "several [what the job says].",
    ),
]
Precision = Annotated[
    float | None,
    typer.Option(help="Thresholds at which an answer is right as often as this, such as 0.9."),
]
