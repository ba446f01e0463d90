"""What was chosen and how it stands, in a few sentences."""

from collections.abc import Mapping
from typing import Any

from peftsearch.results.confirmations.tested_reports import OnTest, tell_tested
from peftsearch.results.picks.rules import ONE_SE, PROPOSED_WORDS, find_rule
from peftsearch.results.standing.floor_words import FloorStanding
from peftsearch.results.wording import amount, difference, name_trials, plural, signed
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .fronts import Row

_PICKS = {ONE_SE: PROPOSED_WORDS, "knee": "the knee of the front", "best": "the best of the front"}


def tell_verdict(
    pick: str,
    chosen: Row,
    floor: tuple[str, FloorStanding] | None,
    tested: OnTest | None,
    others: int,
    spec: JobSpec,
    tried: int = 1,
    swept: str | None = None,
) -> list[str]:
    """Paragraphs: what was chosen and at which cost; how it stands on the test rows, where they
    were asked; and by the validation rows, which have chosen it and flatter it.

    Args:
        floor: The label of the best one, and how the chosen configuration stands beside it.
        tested: What the test rows said of it, with a comparison or as one of the front.
        others: Completed comparisons on the test split of other configurations.
        tried: Configurations that the validation rows chose among.
        swept: What `tell_swept` says.
    """
    named = f"Chosen is {_name(pick, chosen)}, at {_costs(chosen, spec)}."
    held = [_tell_validation(floor, chosen, spec, tried)]
    end = [] if swept is None else [f"{swept[:1].upper()}{swept[1:]}."]
    if tested is not None:
        return [named, " ".join(tell_tested(tested, spec)), " ".join([*held, *end])]
    beside = ", others were" if others else ""
    unread = f"No test row was read for it{beside}: `peftsearch confirm` does that."
    return [named, " ".join([*held, unread, *end])]


def tell_swept(beside: Mapping[str, Any], picked: bool) -> str | None:
    """That LoRA of each rank was never trained beside a job, or has no result; None where it has,
    and of what stands beside a job itself.

    Args:
        beside: The job's baselines, as `baselines_json` has them.
        picked: Whether there is a result beside which they can be trained.
    """
    if not beside["trained"]:
        command = beside["command"]
        does = f" (`{command}` does)" if picked else ""
        return None if command is None else f"LoRA of each rank was never trained beside it{does}"
    measured = any(x["values"] for x in beside["baselines"] if x["role"] == "sweep")
    return None if measured else "no training of LoRA of each rank beside it has a result"


def tell_quality(row: Row, spec: JobSpec) -> str:
    """`accuracy 0.9120 ± 0.0080 (one standard error of 800 validation rows, 2 seeds)`."""
    goal = objective(spec.task.quality)
    value, error = row["values"][goal.name], row["standard_error"]
    of_rows = "validation rows whose number is not recorded"
    if row["rows"] is not None:
        of_rows = plural(row["rows"], "validation row")
    seeds = len(row["trials"])
    mean = f", the mean of {plural(seeds, 'seed')}" if seeds > 1 else ""
    if error is None:
        return f"{goal.label} {amount(goal.name, value)} on {of_rows}{mean}"
    spread = f"± {difference(goal.name, error, value)}"
    return (
        f"{goal.label} {amount(goal.name, value)} {spread} (one standard error of {of_rows}{mean})"
    )


def tell_value(name: str, value: float) -> str:
    """A value with what it is: `9,216 trainable parameters`, `file size 42 KB`."""
    row, told = objective(name), amount(name, value)
    return (
        f"{told} {row.label}" if row.style == "count" and not row.unit else f"{row.label} {told}"
    )


def in_errors(gain: float, error: float | None) -> str:
    """`, 2.1 standard errors`; nothing where there is no error."""
    return f", {abs(gain) / error:.1f} standard errors" if error else ""


def _name(pick: str, chosen: Row) -> str:
    named = _PICKS.get(find_rule(pick) or "", f"by {pick!r} row {chosen['row']} of the front")
    if chosen["row"] is None:
        named = f"by {pick!r} a configuration off the front"
    return f"{named}, {name_trials(chosen['trials'])}"


def _costs(chosen: Row, spec: JobSpec) -> str:
    names = dict.fromkeys([*spec.goals[1:], spec.objectives.cost, "export_bytes"])
    told = [tell_value(x, chosen["values"][x]) for x in names if x in chosen["values"]]
    return " and ".join(x for x in (", ".join(told[:-1]), told[-1]) if x)


def _tell_validation(
    floor: tuple[str, FloorStanding] | None, chosen: Row, spec: JobSpec, tried: int
) -> str:
    found = f"{tell_quality(chosen, spec)}; {_beside_floor(floor, chosen, spec)}."
    if tried < 2:
        return f"By the validation rows: {found}"
    return (
        f"By the validation rows, by which the search chose among {tried:,} configurations and "
        f"which flatter those that lead: {found}"
    )


def _beside_floor(floor: tuple[str, FloorStanding] | None, chosen: Row, spec: JobSpec) -> str:
    if floor is None:
        return "there is no floor to hold it against"
    label, standing = floor
    name, gain = spec.task.quality, standing["gain"]
    value, noise = chosen["values"][name], standing["noise"]
    told = signed(name, gain, value) + in_errors(gain, standing["standard_error"])
    if gain > 0 and noise is not None:
        told += f", where chance may give {difference(name, noise, value)}"
    level = (
        f"is behind the best floor, {label}, by no more than noise"
        if gain < 0
        else f"does not beat the best floor, {label}, by more than noise"
    )
    verdicts = {
        "above": f"it beats the best floor, {label}, by more than noise ({told})",
        "level": f"it {level} ({told})",
        "below": f"it is worse than the best floor, {label} ({told})",
    }
    return verdicts[standing["verdict"]]
