"""What each part of a configuration does, in lines and as plain data."""

from collections.abc import Sequence

from typing_extensions import TypedDict

from peftsearch.results.comparisons.versus_words import tell_gain
from peftsearch.results.wording import amount, describe, plural
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .ablation import Ablated


class AblationRow(TypedDict):
    """A configuration without one part, trained for this purpose or found among the trials.

    Attributes:
        name: What it lacks.
        quality: Mean of its trainings; null as long as it has no result.
        whole: That of the whole configuration, trained anew.
        difference: Of the two; negative is worse without the part, whatever the quality.
        standard_error: Of the difference; null where unknown.
        paired: Whether that is by answers to the same rows.
        effect: `worse`, `better` or `none`: that nothing is to be seen.
        told: The effect in words.
        trainings: That it is the mean of.
    """

    name: str
    key: str
    words: str
    quality: float | None
    whole: float | None
    difference: float | None
    standard_error: float | None
    paired: bool
    effect: str
    told: str
    cost: float | None
    trainings: int


_EFFECTS = {"behind": "worse", "level": "none", "ahead": "better"}


def ablation_json(found: Sequence[Ablated], spec: JobSpec) -> list[AblationRow]:
    """Plain data."""
    return [_row(x, spec) for x in found]


def tell_ablation(found: Sequence[Ablated], spec: JobSpec) -> list[str]:
    """The whole configuration first, then a line for each part."""
    known = [x.versus for x in found if x.versus is not None]
    if not known:
        return ["no training without a part has a result yet"]
    name, whole = spec.task.quality, known[0].right[0]
    trainings = plural(len(whole.trials), "new training")
    goal = objective(name)
    head = f"as it is: {goal.label} {amount(name, whole.values[name])}, by {trainings}"
    return [head, *(f"  {x.name}: {_tell(x, spec)}" for x in found)]


def _tell(found: Ablated, spec: JobSpec) -> str:
    versus = found.versus
    if versus is None:
        return found.failure or "no result yet"
    told = tell_gain(versus, spec)
    if not versus.error:
        return told
    effect = "nothing to be seen" if versus.verdict == "level" else _EFFECTS[versus.verdict]
    return f"{effect} ({told})"


def _row(found: Ablated, spec: JobSpec) -> AblationRow:
    versus, name = found.versus, spec.task.quality
    left = None if versus is None else versus.left[0]
    return {
        "name": found.name,
        "key": found.key,
        "words": "" if left is None else describe(left.configuration, spec.anatomy),
        "quality": None if left is None else left.values[name],
        "whole": None if versus is None else versus.right[0].values[name],
        "difference": None if versus is None else versus.gain,
        "standard_error": None if versus is None else versus.error,
        "paired": versus is not None and versus.paired,
        "effect": "none" if versus is None else _EFFECTS[versus.verdict],
        "told": _tell(found, spec),
        "cost": None if left is None else left.values.get(spec.objectives.cost),
        "trainings": 0 if left is None else len(left.trials),
    }
