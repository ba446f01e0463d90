"""What is said of a job's floors: in the terminal, on cards, in answers and on pages."""

from collections.abc import Mapping, Sequence

from typing_extensions import TypedDict

from peftsearch.message_text import agree
from peftsearch.records.estimates import Estimate
from peftsearch.records.preparation import EVENED, Floor, HeadChoice, Preparation
from peftsearch.results.wording import amount, count, difference, tell_mean
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.kinds.kind_table import find_kind

from .floors import S, Standing, Verdict, compare, find_best, find_perfect, sort_floors

_FEATURES = "features"
_SHORT: Mapping[str, str] = {
    _FEATURES: "frozen features",
    "tfidf": "TF-IDF",
    "base": "base model",
    "few_shot": "few-shot prompts",
}
_MANY = 30
"""Trainings from which on more of them are no longer the first thing to try."""
_DEAR = 0.5
"""What costs at least this share of the dearest that was tried stands at the edge of the space."""


class FloorLine(TypedDict):
    """A baseline without adapters, which every configuration must beat.

    Attributes:
        short: For lines in charts, where there is no room for the label.
        value: Of the job's quality.
        standard_error: Of the value, on the validation split; null where unknown.
    """

    name: str
    label: str
    short: str
    value: float
    standard_error: float | None


class FloorStanding(TypedDict):
    """A configuration beside the best floor of its job.

    Attributes:
        verdict: `above`: better by more than noise; `level`: apart by noise at most;
            `below`: worse.
        gain: Over the floor; negative where it is worse.
        standard_error: Of the gain; null where unknown.
        noise: The gain that chance may give the best of all that were tried; null where unknown.
        words: The same as a sentence.
    """

    verdict: Verdict
    gain: float
    standard_error: float | None
    noise: float | None
    words: str


def floor_json(floor: Floor, spec: JobSpec) -> FloorLine:
    """A floor as plain data."""
    value = floor.measurements[spec.task.quality]
    return {
        "name": floor.name,
        "label": floor.label,
        "short": short_name(floor),
        "value": value,
        "standard_error": floor.standard_error,
    }


def short_name(floor: Floor) -> str:
    """For charts and tables."""
    return _SHORT.get(floor.name, floor.name.replace("_", " "))


def tell_floor(floor: Floor, spec: JobSpec) -> str:
    """`accuracy 0.7700 ± 0.0130, logistic regression on frozen features`."""
    name = spec.task.quality
    value, error = floor.measurements[name], floor.standard_error
    spread = "" if error is None else f" ± {difference(name, error, value)}"
    return f"{name} {amount(name, value)}{spread}, {floor.label}"


def tell_floors(preparation: Preparation | None, spec: JobSpec) -> list[str]:
    """One line for each floor, the best first."""
    return [f"floor: {tell_floor(x, spec)}" for x in sort_floors(preparation, spec)]


def tell_apart(preparation: Preparation | None, spec: JobSpec) -> list[str]:
    """What the regression on frozen features is beside the probe that trials are: one sentence;
    nothing of a job without that floor."""
    floor = next((x for x in sort_floors(preparation, spec) if x.name == _FEATURES), None)
    if preparation is None or floor is None:
        return []
    start = _tell_start(floor, preparation.head)
    return [
        f"{_SHORT[_FEATURES]} and the {find_kind(spec.task.kind).baseline} are two things: the "
        "floor is a regression fitted to the training rows at once; the "
        f"{find_kind(spec.task.kind).baseline}, which trial 0 usually is, trains the head alone "
        f"as all trials are trained{start}"
    ]


def _tell_start(floor: Floor, head: HeadChoice | None) -> str:
    """Where heads start, beside a floor that weighs classes alike or reads other features, too."""
    if head is None or head.start != "probe":
        return ""
    same = floor.details.get("pooling", head.pooling) == head.pooling
    plain = same and not floor.details.get(EVENED)
    return f", from {'that' if plain else 'another such'} regression on"


def tell_standing(standing: Standing, spec: JobSpec) -> str:
    """One sentence on a configuration, however it stands."""
    name = spec.task.quality
    floor = f"the best baseline without adapters, {standing.floor.label}"
    return f"{_tell_quality(standing, name)} is {_beside(standing, name, floor)}."


def show_standing(standing: Standing, spec: JobSpec) -> FloorStanding:
    """Where a configuration stands, as plain data."""
    return {
        "verdict": standing.verdict,
        "gain": standing.gain,
        "standard_error": standing.error,
        "noise": standing.noise,
        "words": tell_standing(standing, spec),
    }


def tell_verdict(standing: Standing, spec: JobSpec) -> str:
    """One sentence that names no baseline: of a paragraph that has."""
    name = spec.task.quality
    if standing.gain == 0:
        return "It is as good as that baseline."
    gain = f"{difference(name, abs(standing.gain), standing.quality)} {_better(standing)}"
    return f"It is {gain} that baseline{_noise(standing, name)}."


def tell_nothing_beats(
    front: Sequence[Estimate[S]],
    tried: Sequence[Estimate[S]],
    spec: JobSpec,
    preparation: Preparation | None,
    hopeful: bool = True,
) -> list[str]:
    """That nothing on a front beats the floor by more than noise, and what to try.

    Args:
        tried: All configurations of the job.
        hopeful: Whether more trials may pay (`search.no_gain`).

    Returns:
        Two sentences; nothing where one beats it, and where either is not there.
    """
    best = find_best(front, spec)
    standing = None if best is None else compare(best, spec, preparation, len(tried))
    if best is None or standing is None or standing.verdict == "above":
        return []
    name = spec.task.quality
    if (perfect := find_perfect(preparation, spec)) is not None:
        return [
            f"Nothing can beat the floor: {tell_floor(perfect, spec)}.",
            "See whether the inputs give the label away; if not, the task needs no adapter.",
        ]
    beside = _beside(standing, name, standing.floor.label)
    constant = " It gives every row the same answer." if _is_constant(best) else ""
    untried = all(x.values.get(spec.objectives.cost) == 0 for x in tried)
    alone = "No adapter has a result, only the linear probe. " if untried else ""
    return [
        f"{alone}Nothing here beats the floor by more than noise, by the validation rows: "
        f"the best, {_tell_quality(standing, name)}, is {beside}.{constant}",
        f"Try {'; '.join(_advise(best, standing, tried, spec, hopeful))}.",
    ]


def _tell_quality(standing: Standing, name: str) -> str:
    return f"{name} {amount(name, standing.quality)}{tell_mean(standing.trials)}"


def _is_constant(found: Estimate[S]) -> bool:
    """Whether a classifier names one class whatever it reads: that correlation is 0 then."""
    return found.values.get("matthews") == 0


def _advise(
    best: Estimate[S],
    standing: Standing,
    tried: Sequence[Estimate[S]],
    spec: JobSpec,
    hopeful: bool,
) -> list[str]:
    """What may help; what the records suggest stands first."""
    cost, rows = spec.objectives.cost, best.first.validation_rows
    costs = [x.values[cost] for x in tried if cost in x.values]
    dear = best.values.get(cost, 0.0) >= _DEAR * max(costs, default=0.0) > 0
    at_edge = dear and len(set(costs)) > 1  # the only one is the dearest, whatever it costs
    wider = "more configurations in the list" if spec.space.listed else "a wider space"
    wider += " or looser bounds" if spec.objectives.bounds else ""
    few = hopeful and sum(len(x.trials) for x in tried) < _MANY
    suggested = [_advise_trials(tried, spec)] if few else []
    suggested += [f"{wider}, since the best is among the dearest tried"] if at_edge else []
    doubtful = standing.verdict == "level" and not _is_constant(best)
    if doubtful and standing.error is not None and rows:
        held = _name_validation(spec)
        suggested.append(
            f"more validation rows than {count(rows)} ({held}), to tell gains from noise"
        )
    quality = objective(spec.task.quality)
    if quality.by_class and spec.training.weighting is None:
        balanced = 'training.class_weights = "balanced"'
        suggested.append(f"{balanced}, since {quality.label} counts rare classes as much as any")
    later = [_advise_trials(tried, spec)] if hopeful and not few else []
    return [*suggested, *_advise_generally(spec), *later, *([] if at_edge else [wider])]


def _advise_trials(tried: Sequence[Estimate[S]], spec: JobSpec) -> str:
    """More trials, with how many there are."""
    made, budget = sum(len(x.trials) for x in tried), spec.budget.trials
    if budget is not None and made < budget:
        return f"more trials ({count(made)} of {count(budget)} {agree(made, 'have')} a result)"
    return f"more trials than {count(made)}" + ("" if budget is None else " (budget.trials)")


def _name_validation(spec: JobSpec) -> str:
    """The key that decides how many validation rows there are."""
    task = spec.task
    if task.validation_rows is not None:
        return "task.validation_rows"
    own = task.validation is not None or task.validation_split is not None
    return "task.validation" if own else "task.validation_fraction"


def _advise_generally(spec: JobSpec) -> list[str]:
    """What may always help, by the keys of the job that hold it back."""
    rows, epochs = spec.task.train_rows, spec.training.epochs
    longest = max(epochs) if isinstance(epochs, tuple) else epochs
    return [
        "more training rows"
        + (f" (task.train_rows is {count(rows)})" if rows is not None else " in task.train"),
        "longer training (training.epochs"
        + (f" is {longest:g})" if longest is not None else " follows the rows)"),
        "another model.path",
    ]


def _beside(standing: Standing, name: str, floor: str) -> str:
    if standing.gain == 0:
        return f"that of {floor}"
    gain = difference(name, abs(standing.gain), standing.quality)
    value = amount(name, standing.value)
    return f"{gain} {_better(standing)} the {value} of {floor}{_noise(standing, name)}"


def _better(standing: Standing) -> str:
    """What is behind by no more than noise is not called worse."""
    if standing.gain > 0:
        return "better than"
    return "worse than" if standing.verdict == "below" else "behind"


def _noise(standing: Standing, name: str) -> str:
    if standing.error is None or standing.noise is None:
        return ""
    chosen = standing.gain > 0 and standing.tried > 1  # what is worse was not chosen by chance
    most = "more" if abs(standing.gain) > standing.noise else "no more"
    told = f". That is {most} than {_tell_noise(standing, name, chosen)}"
    # Both are measured on the same rows, of which what both get wrong cancels out.
    sure = most == "more" or standing.paired
    return told if sure else f"{told}, or less, since both have the same rows"


def _tell_noise(standing: Standing, name: str, chosen: bool) -> str:
    error = difference(name, standing.error or 0.0, standing.quality)
    noise = difference(name, standing.noise or 0.0, standing.quality)
    given = f"the best of {standing.tried}" if chosen else "such a difference"
    return f"the {noise} that chance may give {given} (standard error {error})"
