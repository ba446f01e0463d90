"""The job spec that tests start from; what a test is about, it says itself."""

from collections.abc import Sequence
from typing import Any

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from tests.anatomies import BERT


def make_spec(
    name: str = "job",
    anatomy: Anatomy | None = BERT,
    trials: int | None = 40,
    tries: Sequence[Configuration] = (),
    **sections: Any,
) -> JobSpec:
    """A job on a model of that anatomy; None leaves it to be read from the model.

    Args:
        trials: Its budget; None for an hour.
        tries: Configurations to try first.
        sections: Replace whole sections.
    """
    model = {"path": "model"} | ({"anatomy": anatomy.model_dump()} if anatomy else {})
    data: dict[str, Any] = {
        "name": name,
        "model": model,
        "task": {"train": "train.csv"},
        "budget": {"hours": 1.0} if trials is None else {"trials": trials},
        "try": [configuration.to_json() for configuration in tries],
    }
    return parse_spec(data | sections)
