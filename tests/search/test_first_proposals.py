"""What is known of a job's trials before there is a result."""

from typing import Any

import pytest

from peftsearch.search.proposals import count_certain, propose_first
from peftsearch.spaces.configurations.configuration import Configuration
from tests.specs import make_spec

from .jobs import emulate, lora, run_job


def emulate_otherwise(configuration: Configuration) -> float:
    return 1.4 - emulate(configuration)


@pytest.mark.parametrize(
    ("trials", "sections"),
    [
        (6, {}),
        (30, {}),
        (9, {"search": {"recipes": "none"}}),
        (9, {"search": {"design": 1, "recipes": "none"}}),
        (9, {"space": {"configurations": [lora(x).to_json() for x in (1, 2, 4, 8, 16)]}}),
        (9, {"search": {"sampler": "random"}}),
        (9, {"search": {"sampler": "sobol"}}),
        (9, {"search": {"sampler": "tpe"}}),
    ],
)
def test_what_is_certain_comes_first_whatever_trials_find(
    trials: int, sections: dict[str, Any]
) -> None:
    spec = make_spec(trials=trials, **sections)
    certain = [x.configuration.key for x in propose_first(spec, trials, 3)]
    assert len(certain) >= 1
    for quality in (emulate, emulate_otherwise):
        found = run_job(spec, 3, len(certain), batch=1, quality=quality)
        assert [x.key for x in found] == certain


def test_what_the_model_chooses_is_not_certain() -> None:
    """Else the test above would hold of a function that promises less than it could."""
    spec = make_spec(trials=9)
    certain = count_certain(spec)
    assert certain is not None
    one, other = (
        [x.key for x in run_job(spec, 3, certain + 2, 1, quality)]
        for quality in (emulate, emulate_otherwise)
    )
    assert one != other
    assert count_certain(make_spec(search={"sampler": "random"})) is None
