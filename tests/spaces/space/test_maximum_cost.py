"""The largest cost of a space, against all that small spaces hold."""

from itertools import product

import numpy as np
import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.space.extremes import maximum_cost
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.techniques.table import TECHNIQUES
from tests.anatomies import BERT, T5
from tests.specs import make_spec

ANATOMIES = {"bert": BERT, "t5": T5}


@pytest.mark.parametrize("family", ["bert", "t5"])
@pytest.mark.parametrize("name", [x.name for x in TECHNIQUES.own.values() if x.input is None])
def test_no_size_of_a_technique_costs_more_than_the_maximum(name: str, family: str) -> None:
    """Of each cost by itself, against all sizes and roles: LoKr writes most bytes to a file at a
    size at which it does not train most."""
    section = {"strata": 1, "bundles": [name], "roles": ["query", "query+value", "all"]}
    rates = {"learning_rates": [1e-3, 1e-3]}
    try:
        space = make_space(make_spec(anatomy=ANATOMIES[family], space=section | rates))
    except UserError:
        pytest.skip("it does not fit the family")
    points = product(*(range(size) for _, size in space.dimensions))
    found = {x.key: x for x in map(space.decode, points)}.values()
    for cost, count in KNOWN_COSTS.items():
        assert maximum_cost(space, cost) == max(count(x, space.anatomy) for x in found)


@pytest.mark.parametrize("other", ["lora", "ln_tuning", "vera", "parallel"])
@pytest.mark.parametrize("name", ["vblora", "tinylora", "compacter"])
def test_numbers_in_common_beside_another_technique_are_in_the_maximum(
    name: str, other: str
) -> None:
    """One layer that brings what all layers would share may cost more than another layer."""
    section = {"strata": 2, "bundles": [name, other], "roles": ["query"]}
    space = make_space(make_spec(anatomy=T5, space=section))
    rng, count = np.random.default_rng(0), KNOWN_COSTS["trainable_parameters"]
    drawn = (space.sample(rng) for _ in range(500))
    limit = maximum_cost(space, "trainable_parameters")
    assert max(count(x, space.anatomy) for x in drawn) <= limit
