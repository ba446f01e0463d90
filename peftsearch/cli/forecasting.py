"""`run --dry-run`: what a job would do, and what it would cost."""

from pathlib import Path

from rich.table import Table

from peftsearch.jobs.jobfile import read_spec
from peftsearch.results import views
from peftsearch.results.wording import count, describe, duration, size
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .console import console, print_json


def _tell_searched(training: TrainingSpec) -> str:
    """` and 3 lengths x 2 batch sizes`; empty where nothing else is searched."""
    nouns = {"epochs": "lengths", "batch_size": "batch sizes", "dropout": "dropouts"}
    found = [f"{len(values)} {nouns[name]}" for name, values in training.searched.items()]
    return f" and {' x '.join(found)}" if found else ""


def dry_run(job_file: Path, workers: int, as_json: bool) -> None:
    """Check a job file and forecast its time and disk."""
    from peftsearch.jobs.forecast import forecast_job

    spec = read_spec(job_file)
    forecast = forecast_job(spec, workers)
    if as_json:
        print_json(forecast.to_json())
        return
    low, high = forecast.seconds
    console.print(f"[bold]{spec.name}[/]: the job file and its data are fine")
    table = Table.grid(padding=(0, 2))
    table.add_row(
        "space",
        f"{forecast.configurations:,} configurations at {forecast.rates} learning rates"
        f"{_tell_searched(spec.training)}, preset {spec.space.preset}",
    )
    table.add_row(
        "data",
        f"{forecast.train_rows:,} training and {forecast.validation_rows:,} validation rows",
    )
    table.add_row("quality", forecast.quality)
    if forecast.max_length is not None:
        given = "the job file says" if spec.task.max_length else "99 of 100 training rows have"
        table.add_row("texts", f"up to {forecast.max_length} tokens of each, as {given}")
    if find_kind(spec.task.kind).form.fresh_head:
        table.add_row("floors", "baselines without adapters, fitted before the first trial")
    table.add_row("training", forecast.length)
    memory = forecast.memory
    table.add_row(
        "memory",
        f"{count(memory.parameters)} parameters in {memory.dtype}, {size(memory.bytes)} for each "
        f"worker; a step of the first configurations takes at most {size(memory.step)} more",
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
