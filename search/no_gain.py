"""When the model expects nothing more: a job may end then, or says that it could."""

from collections.abc import Sequence

from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.spec import JobSpec

from .goals.reference_point import is_unbeaten

LEAST_GAIN = 0.01
"""Share of the hypervolume under which an expected gain is none."""
TIMES = 3


def tell_no_gain(
    spec: JobSpec, trials: Sequence[Trial], preparation: Preparation | None = None
) -> list[str]:
    """That the search could end, and how; nothing where the model still expects a gain, and of a
    job that ends by it.

    Args:
        preparation: With the floors; None of a job without.
    """
    if spec.budget.stop_when is not None or not expects_no_gain(trials):
        return []
    hope = (
        "Nothing beats the floor, and the model does not expect anything to"
        if is_unbeaten(spec, trials, preparation)
        else f"The model expects less than {LEAST_GAIN:.0%} more of the front's hypervolume"
    )
    pays = "more trials will hardly pay; budget.stop_when = 'no gain' ends a job then"
    return [f"{hope}: {pays}"]


def expects_no_gain(trials: Sequence[Trial]) -> bool:
    """Whether the last three times that the model proposed, the best expected gain was under 1 %
    of the hypervolume.

    What was proposed with the same results known is one time: a batch for many workers says no
    more than its best member.
    """
    best: dict[int, float] = {}
    for trial in trials:
        if (said := trial.reasons) is not None:
            best[said.known] = max(best.get(said.known, 0.0), said.expected_gain)
    last = [best[known] for known in sorted(best)[-TIMES:]]
    return len(last) == TIMES and max(last) < LEAST_GAIN
