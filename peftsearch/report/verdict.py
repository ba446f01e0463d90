"""What was chosen and how it stands, in one sentence."""

from collections.abc import Mapping
from typing import Any

from peftsearch.results.confirmations.confirmation import UNRESOLVED
from peftsearch.results.confirmations.tested_reports import OnTest
from peftsearch.results.picks.rules import ONE_SE, PROPOSED_WORDS, find_rule
from peftsearch.results.standing.floor_words import FloorStanding
from peftsearch.results.wording import amount, difference, name_trials, plural, signed
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec

from .fronts import Row
from .tested import Comparison

_PICKS = {ONE_SE: PROPOSED_WORDS, "knee": "the knee of the front", "best": "the best of the front"}


def tell_verdict(
    pick: str,
    chosen: Row,
    floor: tuple[str, FloorStanding] | None,
    comparison: Comparison | None,
    tested: OnTest | None,
    others: int,
    spec: JobSpec,
    swept: str | None = None,
) -> str:
    """One sentence: what, how good, at which cost, beside the best floor, and on the test split;
    and whether LoRA of each rank was trained beside it.

    Args:
        floor: The label of the best one, and how the chosen configuration stands beside it.
        tested: What the test rows said of it, with a comparison or as one of the front.
        others: Completed comparisons on the test split of other configurations.
        swept: What `tell_swept` says.
    """
    clauses = [
        f"{_name(pick, chosen)}, with {tell_quality(chosen, spec)} at {_costs(chosen, spec)}",
        _beside_floor(floor, chosen, spec),
        _on_test(comparison, tested, others, spec),
    ]
    clauses += [] if swept is None else [swept]
    return f"Chosen is {'; '.join(clauses)}."


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


def _beside_floor(floor: tuple[str, FloorStanding] | None, chosen: Row, spec: JobSpec) -> str:
    if floor is None:
        return "there is no floor to hold it against"
    label, standing = floor
    name, gain = spec.task.quality, standing["gain"]
    told = signed(name, gain, chosen["values"][name]) + in_errors(gain, standing["standard_error"])
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


def _on_test(
    comparison: Comparison | None, tested: OnTest | None, others: int, spec: JobSpec
) -> str:
    if comparison is None and tested is not None:
        row = objective(spec.task.quality)
        told = f"{row.label} {amount(row.name, tested.mean)} on {plural(tested.rows, 'test row')}"
        return f"it has {told}, where the whole front was confirmed"
    if comparison is None:
        beside = ", other configurations were" if others else ""
        return f"it was not confirmed on the test split{beside}"
    found = next((x for x in comparison["against"] if x["tuned_lora"]), None)
    if found is None:
        return "on the test split it was not held against a tuned LoRA"
    name, gain = spec.task.quality, found["gain"]
    mean = comparison["arms"][0]["mean"]
    told = f"{signed(name, gain, mean)}{in_errors(gain, found['standard_error'])}"
    if not found["resolved"]:
        return f"on the test split it is {UNRESOLVED} from tuned LoRA ({told})"
    verb = "beats" if gain > 0 else "loses to"
    return f"on the test split it {verb} tuned LoRA ({told})"
