"""What confirmations told of adapters that an export takes home."""

from collections.abc import Iterable, Mapping
from typing import Any

CONFIRM = "confirm"
"""Kind of the reports beside a job that its confirmations are."""


def read_tested(reports: Iterable[Mapping[str, Any]]) -> dict[int, tuple[str, ...]]:
    """Sentences on the probabilities of a trial's adapter on test rows, by the trial's number; of
    several confirmations the last.

    Args:
        reports: What `confirm` kept, oldest first.
    """
    found = [x.get("calibration") or {} for x in reports]
    told = {x["trial"]: x.get("told", ()) for x in found if "trial" in x}
    return {trial: tuple(line.strip() for line in lines) for trial, lines in told.items()}
