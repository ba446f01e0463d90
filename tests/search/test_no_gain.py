"""When the model expects nothing more."""

from dataclasses import asdict, replace

import pytest

from peftsearch.records.trial import PROPOSED, Proposal, Reasons, Trial
from peftsearch.search.no_gain import expects_no_gain, tell_no_gain
from tests.floors import prepare
from tests.specs import make_spec

from .jobs import lora, make_trial


def propose_with(*times: tuple[int, float]) -> list[Trial]:
    """Trials of the model by how many results it knew and what it expected."""
    design = make_trial(0, Proposal(lora(1), 0, "recipe"), 0.8)
    made = [make_trial(i + 1, Proposal(lora(2), i, "search"), 0.8) for i in range(len(times))]
    said = [Reasons(gain, known, ("a", "b")) for known, gain in times]
    told = [replace(x, provenance={PROPOSED: asdict(y)}) for x, y in zip(made, said, strict=True)]
    return [design, *told]


@pytest.mark.parametrize(
    ("times", "ended"),
    [
        ([], False),
        ([(10, 0.001), (11, 0.001)], False),
        ([(10, 0.001), (11, 0.001), (12, 0.009)], True),
        ([(10, 0.001), (11, 0.001), (12, 0.011)], False),
        ([(10, 0.2), (11, 0.001), (12, 0.001), (13, 0.0)], True),
        ([(10, 0.001), (11, 0.2), (12, 0.001), (13, 0.0)], False),
        ([(10, 0.001), (10, 0.001), (10, 0.001)], False),  # one batch of three
        ([(9, 0.001), (10, 0.2), (10, 0.001), (11, 0.001)], False),
    ],
)
def test_three_times_on_end(times: list[tuple[int, float]], ended: bool) -> None:
    assert expects_no_gain(propose_with(*times)) is ended


def test_it_is_said_and_how_a_job_ends_by_itself() -> None:
    trials = propose_with((10, 0.001), (11, 0.001), (12, 0.001))
    (offer,) = tell_no_gain(make_spec(), trials)
    assert "less than 1%" in offer and "budget.stop_when = 'no gain'" in offer
    (beaten,) = tell_no_gain(make_spec(), trials, prepare(0.999))
    assert beaten.startswith("Nothing beats the floor") and "%" not in beaten
    ending = make_spec(budget={"trials": 50, "stop_when": "no gain"})
    assert tell_no_gain(ending, trials) == []  # its end says so
    assert tell_no_gain(make_spec(), trials[:-1]) == []
