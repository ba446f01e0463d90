"""Domains of parameters: all that a space can propose lies inside, and they stay small."""

from typing import Any

import numpy as np
import pytest

from peftsearch.insight.domains import MOST_CHOICES, Category, Domain, Number, domains
from peftsearch.insight.parameters import LOG, parameters
from peftsearch.search.recipe_trials import probe, recipes
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.space.presets import make_space
from tests.anatomies import BERT, LLAMA, T5
from tests.specs import make_spec

SPACES: dict[str, tuple[Anatomy, dict[str, Any]]] = {
    "strata": (BERT, {"preset": "strata"}),
    "llama": (LLAMA, {"preset": "strata", "strata": 4}),
    "two stacks": (T5, {"preset": "strata"}),
    "spafit": (BERT, {"preset": "spafit"}),
    "autopeft": (BERT, {"preset": "autopeft"}),
    "lora": (BERT, {"preset": "lora"}),
    "methods": (BERT, {"preset": "methods", "inputs": ["none", "prompt"]}),
    "rank_profile": (LLAMA, {"preset": "rank_profile"}),
    "masked": (BERT, {"strata": 2, "mask": True, "placements": ["all"]}),
    "factors": (BERT, {"rate_factors": [0.3, 1.0, 3.0]}),
}


def _is_inside(domain: Domain, value: float | str) -> bool:
    if isinstance(domain, Category):
        return value in domain.choices
    whole = not domain.whole or isinstance(value, int)
    return whole and domain.low <= float(value) <= domain.high


@pytest.mark.parametrize("name", SPACES)
def test_all_that_a_job_can_propose_is_inside(name: str) -> None:
    anatomy, chosen = SPACES[name]
    spec = make_spec(anatomy=anatomy, space=chosen)
    space, rng, found = make_space(spec), np.random.default_rng(0), domains(spec)
    proposed = [probe(space), *recipes(space), *(space.sample(rng) for _ in range(300))]
    rows = [parameters(x, anatomy) for x in proposed]
    outside = {
        (key, row[key]) for row in rows for key in found if not _is_inside(found[key], row[key])
    }
    assert outside == set()
    varying = {key for key in rows[0] if len({row[key] for row in rows}) > 1}
    assert varying <= set(found)
    assert list(found) == [key for key in rows[0] if key in found]


@pytest.mark.parametrize("name", SPACES)
def test_domains_are_as_small_as_they_can_be(name: str) -> None:
    """Categories hold little that is never proposed, and log scales are of positive numbers."""
    anatomy, chosen = SPACES[name]
    for key, domain in domains(make_spec(anatomy=anatomy, space=chosen)).items():
        if isinstance(domain, Category):
            assert 2 <= len(domain.choices) <= MOST_CHOICES
        else:
            assert domain.low < domain.high
            assert domain.log == (key in LOG)
            assert domain.low > 0 or not domain.log


def test_a_users_own_configuration_is_inside() -> None:
    own = Configuration(
        (Stratum(0, 5), Stratum(5, 6, (Module("vera", 4096, ("key",)),))),
        0.02,
        Module("prompt", 7),
    )
    found = domains(make_spec(anatomy=BERT, tries=[own], space={"preset": "lora"}))
    row = parameters(own, BERT)
    assert all(_is_inside(found[name], row[name]) for name in found)
    assert found["input"] == Category(("none", "prompt 7"))
    assert found["learning_rate"] == Number(0.000177828, 0.02, log=True, whole=False)


def test_a_category_of_too_many_is_left_out() -> None:
    chosen = {
        "preset": "strata",
        "strata": 4,
        "bundles": [
            "frozen",
            "bitfit",
            "ln_tuning",
            "ia3",
            "lora",
            "dora",
            "rslora",
            "vera",
            "serial",
            "parallel",
            "prefix",
            "houlsby",
        ],
    }
    found = domains(make_spec(anatomy=BERT, space=chosen))
    assert "techniques" not in found
    assert "modules" in found
