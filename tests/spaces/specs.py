"""Job specs that tests share."""

from collections.abc import Sequence
from typing import Any

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from tests.anatomies import BERT


def make_spec(
    anatomy: Anatomy = BERT,
    trials: int | None = 40,
    tries: Sequence[Configuration] = (),
    **sections: Any,
) -> JobSpec:
    """A job on `anatomy` with the given sections."""
    budget = {"hours": 1.0} if trials is None else {"trials": trials}
    model = {"path": "model", "anatomy": anatomy.model_dump()}
    task = {"train": "train.csv"}
    data: dict[str, Any] = {"name": "job", "model": model, "task": task, "budget": budget}
    data["try"] = [configuration.to_json() for configuration in tries]
    return parse_spec(data | sections)
