"""What counts as the probe and as a plain LoRA."""

from dataclasses import replace

import pytest

from peftsearch.insight.baselines import baselines
from peftsearch.insight.points import Point, is_plain_lora, point_of
from peftsearch.records.trial import Proposal, TrialState
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from tests.search.jobs import make_trial
from tests.service.records import PROBE, SPEC, lora

ONE = Module("lora", 4, ("query",))


def point(number: int, configuration: Configuration, accuracy: float | None) -> Point:
    state = TrialState.FAILED if accuracy is None else TrialState.COMPLETED
    return point_of(
        make_trial(number, Proposal(configuration, number, "x"), accuracy, state), SPEC
    )


@pytest.mark.parametrize(
    ("configuration", "plain"),
    [
        (lora(8), True),
        (Configuration((Stratum(0, 3, (ONE,)), Stratum(3, 6, (ONE,))), 1e-3), True),
        (PROBE, False),
        (lora(8, start=1), False),
        (Configuration((Stratum(0, 6, (ONE, Module("bitfit"))),), 1e-3), False),
        (Configuration((Stratum(0, 6, (Module("dora", 4, ("query",)),)),), 1e-3), False),
        (Configuration((Stratum(0, 6, (ONE,), (0, 1, 5)),), 1e-3), False),
        (Configuration((Stratum(0, 6, (ONE,)),), 1e-3, Module("prompt", 8)), False),
    ],
)
def test_plain_lora(configuration: Configuration, plain: bool) -> None:
    assert is_plain_lora(configuration) is plain


def test_means_over_seeds_decide() -> None:
    points = [
        point(0, PROBE, 0.5),
        point(1, lora(8), 0.9),
        point(2, lora(8), 0.5),
        point(3, lora(2), 0.75),
        point(4, lora(4, start=2), 0.99),
        point(5, PROBE, 0.6),
        point(6, lora(16), None),
    ]
    found = baselines(points, SPEC)
    assert found["probe"] is not None and found["lora"] is not None
    assert found["probe"]["value"] == pytest.approx(0.55)
    assert found["probe"]["trial"] == 0
    assert (found["lora"]["value"], found["lora"]["trial"]) == (0.75, 3)
    assert found["lora"]["cost"] == points[3].cost == 2 * 9216


def test_of_equals_the_cheapest() -> None:
    found = baselines([point(1, lora(8), 0.7), point(2, lora(2), 0.7)], SPEC)
    assert found["probe"] is None
    assert found["lora"] is not None and found["lora"]["trial"] == 2


def test_the_first_probe_counts_and_not_the_best() -> None:
    other = replace(PROBE, learning_rate=3e-3)
    found = baselines([point(4, other, 0.9), point(1, PROBE, 0.5)], SPEC)
    assert found["probe"] is not None and found["probe"]["trial"] == 1
