"""What a job would do and what it would cost, in words: the rows of a forecast."""

import math
from typing import TYPE_CHECKING

from peftsearch.message_text import agree
from peftsearch.results import views
from peftsearch.results.wording import count, describe, duration, plural, size, span
from peftsearch.spaces.jobspec.sampler_names import EARLIER
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.spaces.jobspec.task import LONGEST
from peftsearch.spaces.jobspec.training import TrainingSpec
from peftsearch.spaces.space.presets import text_positions

if TYPE_CHECKING:
    from peftsearch.jobs.forecast import Forecast


def forecast_rows(forecast: "Forecast", spec: JobSpec) -> list[tuple[str, str]]:
    """Each with its name, in the order in which people read them."""
    seconds = forecast.seconds
    listed = forecast.configurations if spec.space.listed else 0
    mean = "of the list" if spec.space.listed else "of the space, as random ones have it"
    rows = [
        ("space", _tell_space(forecast, spec)),
        ("objectives", _tell_objectives(forecast)),
        ("bounds", tell_bounds(forecast)),
        ("data", _tell_rows(forecast)),
        ("quality", forecast.quality),
    ]
    if forecast.max_length is not None:
        rows.append(("texts", tell_length(forecast.max_length, forecast.whole, spec)))
    if forecast.floors:
        before = f"before the first trial, in about {duration(forecast.preparing)}"
        rows.append(("floors", f"{', '.join(forecast.floors)}, {before}"))
    budget = tell_budget(spec.budget, views.budget_text(spec), forecast.trials, listed)
    return [
        *rows,
        ("training", forecast.length),
        ("memory", _tell_memory(forecast)),
        ("budget", budget),
        ("time", f"{span(seconds.low, seconds.high)} on this machine, {forecast.timed}"),
        ("disk", f"about {size(forecast.disk)} of adapters, by the mean {mean}"),
    ]


def first_lines(forecast: "Forecast", spec: JobSpec) -> list[str]:
    """The first configurations in words."""
    return [
        describe(x, spec.anatomy) + " (of an earlier job)" * (origin == EARLIER)
        for x, origin in zip(forecast.first, forecast.origins, strict=True)
    ]


def tell_later(forecast: "Forecast") -> str:
    """What follows the first configurations; empty where they are all."""
    certain = forecast.certain - len(forecast.first)
    chosen = forecast.trials - forecast.certain
    told = (
        f"{certain} more that {agree(certain, 'are')} certain" * bool(certain),
        f"{plural(chosen, 'trial')} chosen by what those before show" * bool(chosen),
    )
    return f"then {', then '.join(filter(None, told))}" if any(told) else ""


def _tell_rows(forecast: "Forecast") -> str:
    return (
        f"{forecast.train_rows:,} training and {forecast.validation_rows:,} validation rows, "
        f"{_tell_test(forecast)}"
    )


def _tell_memory(forecast: "Forecast") -> str:
    memory = forecast.memory
    return (
        f"{size(memory.bytes)} of frozen weights in {memory.dtype} for each worker; a step "
        f"takes at most {size(memory.step)} more, by the first configurations and random ones"
    )


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


def tell_length(tokens: int, whole: float, spec: JobSpec) -> str:
    """Tokens of an example at most, and what they were chosen by.

    Args:
        whole: Share of the training rows that are not cut, of which no more is told than is so.
    """
    most = spec.task.most_tokens(text_positions(spec))
    if spec.task.max_length:
        why = "as the job file says"
    elif tokens < most:
        share = math.floor(1000 * whole + 1e-9) / 1000
        why = f"which {share:.1%} of the training rows do not exceed"
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
