"""`run --dry-run`: what a job would do, and what it would cost."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from peftsearch.errors import StoreUnavailable, UserError
from peftsearch.jobs.jobfile import read_spec
from peftsearch.message_text import agree
from peftsearch.results import views
from peftsearch.results.wording import count, describe, duration, plural, size
from peftsearch.spaces.jobspec.sampler_names import EARLIER
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.spaces.jobspec.task import LONGEST
from peftsearch.spaces.jobspec.training import TrainingSpec

from .console import console, print_json
from .first_word import begin

if TYPE_CHECKING:
    from peftsearch.jobs.forecast import Forecast
    from peftsearch.records.preparation import Preparation


def _tell_searched(training: TrainingSpec) -> str:
    """` and 3 lengths x 2 batch sizes`; empty where nothing else is searched."""
    nouns = {"epochs": "lengths", "batch_size": "batch sizes", "dropout": "dropouts"}
    found = [f"{len(values)} {nouns[name]}" for name, values in training.searched.items()]
    return f" and {' x '.join(found)}" if found else ""


def _tell_space(forecast: "Forecast", spec: JobSpec) -> str:
    if listed := len(spec.space.listed):
        same = listed - forecast.configurations
        again = f"; {same} more {agree(same, 'mean')} the same as another" if same else ""
        return f"{plural(forecast.configurations, 'configuration')} of a list{again}"
    return (
        f"{plural(forecast.configurations, 'configuration')} at "
        f"{plural(forecast.rates, 'learning rate')}"
        f"{_tell_searched(spec.training)}, preset {spec.space.preset}"
    )


def _tell_objectives(forecast: "Forecast") -> str:
    """What the front will trade off, and what it keeps of measured numbers."""
    kept = f"; the front keeps {', '.join(forecast.limits)}" if forecast.limits else ""
    return f"{views.tell_goals(forecast.goals)}{kept}"


def tell_bounds(forecast: "Forecast") -> str:
    """Hard ones with how much of the space meets them, and those on what is measured."""
    measured = ", ".join(forecast.limits)
    told = (_tell_share(forecast), f"{measured}, once measured" if measured else "")
    return "; ".join(filter(None, told)) or "none"


def _tell_share(forecast: "Forecast") -> str:
    """How much of the space meets the bounds; of little, no more than is known."""
    share, bounds = forecast.share, ", ".join(forecast.bounds)
    if share is None:
        return ""
    met = f"{count(share.met)} of {count(share.of)} random configurations meet"
    about = f"{share.met / share.of:.1%} of the space" if share.met else "very little of the space"
    return f"{bounds}; estimated: {about}, as {met} {'them' if len(forecast.bounds) > 1 else 'it'}"


def _tell_length(tokens: int, spec: JobSpec) -> str:
    """Tokens of an example at most, and what they were chosen by."""
    most = spec.task.most_tokens(spec.anatomy.positions)
    if spec.task.max_length:
        why = "as the job file says"
    elif tokens < most:
        why = "as 99 of 100 training rows have"
    elif most < LONGEST:
        why = "as many as the model reads"
    else:
        why = "unless task.max_length says more"
    return f"up to {tokens} tokens of each, {why}"


def _tell_test(forecast: "Forecast") -> str:
    rows = (
        "the rows of task.test" if forecast.test_rows is None else f"{forecast.test_rows:,} rows"
    )
    return f"{rows} for the test, which `confirm` alone reads"


def tell_budget(budget: BudgetSpec, text: str, trials: int, listed: int) -> str:
    """Of a number of trials alone, nothing is to be foreseen but where a list ends before.

    Args:
        listed: Configurations of a list; 0 of an open space.
    """
    ends = budget.hours is not None or trials < (budget.trials or 0)
    if listed and ends:
        repeated = f", repeats of {plural(listed, 'configuration')} among them" * (trials > listed)
        return f"{text}; about {plural(trials, 'trial')}{repeated}"
    if budget.hours is None:
        return text
    return f"{text}; about {plural(trials, 'trial')} as fast as this machine would train them"


def _foresee_lessons(spec: JobSpec, storage: str) -> "Preparation | None":
    """What the job would learn from those of its storage, which need not be there."""
    from peftsearch.jobs.existing_storage import open_existing
    from peftsearch.jobs.life import foresee_lessons

    try:
        with open_existing(storage) as store:
            return foresee_lessons(store, spec)
    except (UserError, StoreUnavailable):
        if spec.search.sources:
            raise
        return None


def dry_run(
    job_file: Path,
    sources: tuple[str, ...],
    storage: str,
    workers: int,
    track: Sequence[str] | None,
    as_json: bool,
) -> None:
    """Check a job file and forecast its time and disk."""
    spec = read_spec(job_file).learning_from(sources).tracked_by(track)
    begin("loading the libraries")
    from peftsearch.jobs.forecast import forecast_job

    forecast = forecast_job(spec, workers, begin, _foresee_lessons(spec, storage))
    if as_json:
        print_json(forecast.to_json())
        return
    low, high = forecast.seconds
    console.print(Text.assemble((spec.name, "bold"), ": the job file and its data are fine"))
    table = Table.grid(padding=(0, 2))
    table.add_row("space", _tell_space(forecast, spec))
    table.add_row("objectives", _tell_objectives(forecast))
    table.add_row("bounds", tell_bounds(forecast))
    table.add_row(
        "data",
        f"{forecast.train_rows:,} training and {forecast.validation_rows:,} validation rows, "
        f"{_tell_test(forecast)}",
    )
    table.add_row("quality", forecast.quality)
    if forecast.max_length is not None:
        table.add_row("texts", _tell_length(forecast.max_length, spec))
    if forecast.floors:
        before = f"before the first trial, in about {duration(forecast.preparing)}"
        table.add_row("floors", f"{', '.join(forecast.floors)}, {before}")
    table.add_row("training", forecast.length)
    memory = forecast.memory
    table.add_row(
        "memory",
        f"{size(memory.bytes)} of frozen weights in {memory.dtype} for each worker; a step of the "
        f"first configurations takes at most {size(memory.step)} more",
    )
    listed = forecast.configurations if spec.space.listed else 0
    budget = tell_budget(spec.budget, views.budget_text(spec), forecast.trials, listed)
    table.add_row("budget", budget)
    table.add_row("time", f"between {duration(low)} and {duration(high)} on this machine")
    mean = "of the list" if spec.space.listed else "of the space, as random ones have it"
    table.add_row("disk", f"about {size(forecast.disk)} of adapters, by the mean {mean}")
    console.print(table)
    for note in forecast.notes:
        console.print(f"note: {note}", style="yellow")
    console.print("first configurations:")
    for configuration, origin in zip(forecast.first, forecast.origins, strict=True):
        told = describe(configuration, spec.anatomy)
        earlier = " (of an earlier job)" if origin == EARLIER else ""
        console.print(f"  {told}{earlier}", highlight=False, soft_wrap=True)
