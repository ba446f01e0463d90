"""Whether rows and models are those that somebody had: qualities of others say nothing of each
other."""

from collections.abc import Mapping
from typing import Any

from peftsearch.errors import UserError
from peftsearch.workers.models.model_files import KEYS, check_beside, check_weights

ROWS = "data"
"""What provenances call the fingerprint of the rows."""


def check_same_inputs(
    known: Mapping[str, Any], now: Mapping[str, Any], whose: str, source: str
) -> None:
    """Refuse other rows, weights or files beside them than those that are known.

    Args:
        known: By the names of provenances, `ROWS` and those of models; what is not in there nobody
            knows.
        now: The same as it is now (`OpenedJob.inputs`).
        whose: The job that they are known by.
        source: Of the rows, as the job names it.

    Raises:
        UserError: They are others.
    """
    if ROWS in now and known.get(ROWS) not in (None, now[ROWS]):
        raise UserError(
            f"the rows that the trials of {whose} had, in their order",
            f"others in {source}",
            "put the data back, or launch a job of another name",
            "task.train",
        )
    for name in KEYS:
        if name in now:
            check_weights(name, known.get(name) or {}, now[name], whose)
            check_beside(name, known.get(name) or {}, now[name], whose)
