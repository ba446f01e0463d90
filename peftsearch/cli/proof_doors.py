"""Commands that train beside a job to show what its results are worth.

Heavy imports wait inside, so that `--help` answers at once.
"""

from typing import Annotated

import typer

from peftsearch.api import DEFAULT_STORAGE, to_url

from .first_word import begin
from .shared_options import (
    DEFAULT_PICK,
    AsJson,
    Chosen,
    Crew,
    Device,
    DryRun,
    Files,
    JobName,
    Moved,
    Pick,
    Precision,
    Storage,
)


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
    model: Moved = None,
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    as_json: AsJson = False,
) -> None:
    """Compare a point with the linear probe and tuned LoRA on the test split."""
    begin("loading the libraries, the job and its model")
    from . import confirming

    asked = confirming.Asked(job, to_url(storage), device, files, as_json, by, sweep, model)
    plan = confirming.check(seeds, width, front, data, by, pick, precision, sweep)
    if front:
        confirming.confirm_front(asked, plan)
    elif data is not None:
        confirming.carry(asked, pick, data)
    else:
        confirming.confirm(asked, pick, plan)


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
    started = begin("opening the job")
    from . import companions

    wanted = companions.read_ranks(ranks)
    asked = companions.Asked(job, "baselines", pick, 1, dry_run, wanted)
    crew = companions.make_crew(to_url(storage), files, workers, device, as_json, started)
    companions.hold_against(asked, crew)


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
    started = begin("opening the job")
    from . import companions

    asked = companions.Asked(job, "ablation", pick, companions.check_seeds(seeds), dry_run)
    crew = companions.make_crew(to_url(storage), files, workers, device, as_json, started)
    companions.hold_against(asked, crew)
