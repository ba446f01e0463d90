"""How a confirmation ends: which reading it was, and one plain sentence of what beats what."""

from peftsearch.records.estimates import mean
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.wording import difference as tell_difference
from peftsearch.results.wording import signed
from peftsearch.spaces.jobspec.objectives import Objective, objective

from .confirmation import SWEPT, TUNED, UNRESOLVED, Arm, Confirmation
from .spending import percent, tell_reading

IN_SHORT = "In short: "
"""How the sentence begins where it ends a table."""


def tell_verdict(found: Confirmation, ends: bool = False) -> str:
    """How the picked configuration stands against the best floor, against the probe where it does
    not beat it, against tuned LoRA, and against the best of the LoRA sweep where that is an arm.

    Args:
        ends: Whether to name the ends of each interval.
    """
    goal = objective(found.metric)
    held = (*_best_floor(found), *_rival_probe(found, goal))
    pairs = (*held, *_named(found, TUNED), *_named(found, SWEPT))
    told = [_tell(arm, x, goal) + _tell_ends(arm, x, goal) * ends for arm, x in pairs]
    if not told:
        return f"{IN_SHORT}there is nothing here that the picked point could be compared with."
    return f"{IN_SHORT}the picked point {'; it '.join(told)}."


def tell_end(found: Confirmation) -> list[str]:
    """Which reading of the test split it is, and whether a wanted width was reached."""
    told = [] if found.reading is None else [tell_reading(found.reading, found.earlier)]
    if found.width is None:
        return told
    reached = _named(found, TUNED)[0][1].width
    seeds = len(found.arms[0].runs)
    end = "as asked for" if reached <= found.width else f"wider than {found.width:g}"
    return [*told, f"interval of picked - {TUNED}: {reached:.4g} wide with {seeds} seeds, {end}"]


def _best_floor(found: Confirmation) -> list[tuple[Arm, Difference]]:
    """The best one by validation, which is the first; without floors the first arm, the probe."""
    floors = [pair for pair in found.pairs if pair[0].configuration is None]
    return (floors or found.pairs)[:1]


def _rival_probe(found: Confirmation, goal: Objective) -> list[tuple[Arm, Difference]]:
    """The probe, which is the first beside floors and needs no adapter either: where it is not
    beaten, and is not what was picked."""
    if all(arm.configuration is not None for arm, _ in found.pairs):
        return []  # no floors: it stands in for them
    arm, difference = found.pairs[0]
    beaten = difference.resolved and goal.signed(difference.mean) > 0
    needless = beaten or arm.configuration in (None, found.arms[0].configuration)
    return [] if needless else [(arm, difference)]


def _named(found: Confirmation, name: str) -> list[tuple[Arm, Difference]]:
    return [pair for pair in found.pairs if pair[0].name == name]


def _tell(arm: Arm, found: Difference, goal: Objective) -> str:
    beside, name = mean(arm.values(goal.name)), name_arm(arm)
    amount = tell_difference(goal.name, abs(found.mean), beside)
    errors = "" if found.errors is None else f", {found.errors:.1f} standard errors"
    better = goal.signed(found.mean) > 0
    if found.resolved:
        return f"{'beats' if better else 'is beaten by'} {name} by {amount} {goal.label}{errors}"
    if not found.mean:
        return f"is {UNRESOLVED} from {name}: the same {goal.label} on these rows"
    side = "ahead" if better else "behind"
    return f"is {UNRESOLVED} from {name}: {amount} {side}{errors}, which may be chance"


def _tell_ends(arm: Arm, found: Difference, goal: Objective) -> str:
    beside = mean(arm.values(goal.name))
    low, high = (signed(goal.name, x, beside) for x in (found.low, found.high))
    return f" ({percent(found.level)} interval of the difference [{low}, {high}])"


def name_arm(arm: Arm) -> str:
    """As a noun within a sentence."""
    if arm.configuration is None:
        return f"the best floor by validation ({arm.name})"
    if arm.name == SWEPT:
        return "the best of the LoRA sweep"
    return f"tuned {arm.name}" if arm.name == TUNED else f"the {arm.name}"
