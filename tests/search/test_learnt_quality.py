"""What recorded trainings lead to expect: hinges over features, and which ones are shipped."""

import numpy as np
import pytest

from peftsearch.search import learnt_quality
from peftsearch.search.features import EXPECTED, SUMMARIES, feature_names, features
from peftsearch.search.learnt_quality import Hinge, expected_quality
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.recipes import recipe
from tests.anatomies import BERT

PROBE = Configuration((Stratum(0, BERT.layers),), 1e-3)


def expect(configuration: Configuration) -> float:
    return float(features(configuration, BERT)[-1])


def test_a_hinge_adds_its_slope_between_its_knot_and_the_most_that_was_recorded() -> None:
    hinge = Hinge("rate", 0.5, 0.8, 2.0, 0.1)
    found = hinge.value(np.array([0.2, 0.5, 0.7, 0.8, 5.0]))
    assert found.tolist() == pytest.approx([-0.2, -0.2, 0.2, 0.4, 0.4])


def test_nothing_is_expected_where_nothing_was_learnt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(learnt_quality, "_hinges", tuple)
    assert expected_quality(np.ones((3, 2)), ("rate", "adapted")).tolist() == [0.0] * 3


def test_what_is_shipped_speaks_of_features_of_any_technique() -> None:
    """A technique that no grid has is not expected to be worse for that."""
    shipped = {x.feature for x in learnt_quality._hinges()}
    assert shipped and all(x in SUMMARIES or x.startswith("role_") for x in shipped)


def test_a_usual_recipe_is_expected_to_be_better_than_one_that_hardly_learns() -> None:
    assert feature_names()[-1] == EXPECTED
    usual = expect(recipe("lora", BERT, 8, 10**-2.6))
    assert expect(PROBE) < expect(recipe("lora", BERT, 8, 1e-4)) < usual


def test_beyond_what_was_recorded_nothing_more_is_expected() -> None:
    high, highest = (expect(recipe("lora", BERT, 8, rate)) for rate in (0.1, 1.0))
    assert high == pytest.approx(highest, abs=0.05)


def test_of_virtual_inputs_alone_nothing_is_known() -> None:
    prompt = Configuration(PROBE.strata, 1e-2, input=Module("prompt", 10))
    assert expect(prompt) == pytest.approx(0.5)
