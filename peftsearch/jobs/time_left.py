"""How long a job will still run, from what it has used of its budget."""

from peftsearch.spaces.jobspec.spec import BudgetSpec


def seconds_left(
    budget: BudgetSpec, ended: int, seconds_per_trial: float | None, hours: float
) -> float | None:
    """Estimated seconds to the end of a budget; None while unknown.

    Args:
        ended: Number of trials that completed or failed.
        seconds_per_trial: Of the clock on the wall, so that workers share it.
        hours: Used hours, on the budget's clock.
    """
    limits = []
    if budget.trials is not None and seconds_per_trial is not None:
        limits.append((budget.trials - ended) * seconds_per_trial)
    if budget.hours is not None:
        limits.append((budget.hours - hours) * 3600)
    return max(0.0, min(limits)) if limits else None
