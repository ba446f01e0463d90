"""How much a quality owes to the rows that it was measured on."""

from collections.abc import Mapping

from peftsearch.records.estimates import Estimate, share_error
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.jobspec.spec import JobSpec


def standard_error(member: Estimate[Trial], spec: JobSpec) -> float | None:
    """Sampling error of the quality on the validation split; None where nothing tells it."""
    first = member.first
    return sampling_error(spec, member.values, first.validation_rows, first.quality_error)


def sampling_error(
    spec: JobSpec, values: Mapping[str, float], rows: int | None, measured: float | None = None
) -> float | None:
    """Of the quality among `values`: by its formula if it is a share of right rows.

    Args:
        rows: Of the validation split; None where unknown.
        measured: What a trial's worker found of any other metric; None where it did not, as
            workers of before.
    """
    if not objective(spec.task.quality).share:
        return measured
    if not rows:
        return None
    p = values.get(spec.task.quality)
    # A training function of the user's own measures what it likes.
    return None if p is None or not 0 <= p <= 1 else share_error(p, rows)
