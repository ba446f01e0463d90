"""The largest cost of a space, against all that small spaces hold."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.space.extremes import maximum_cost
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.techniques.table import TECHNIQUES
from tests.anatomies import BERT, LLAMA, T5
from tests.specs import make_spec

ANATOMIES = {"bert": BERT, "t5": T5}
MIXED = ("lora", "vera", "pvera", "compacter", "tinylora", "unilora", "full", "prefix", "hra")
T5_WORKLOAD = Workload(together=4, longest=(32, 16), base_bytes=10**6)


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


@pytest.mark.parametrize("cost", ["trainable_parameters", "export_bytes", "training_memory"])
@pytest.mark.parametrize("recomputed", [False, True])
@pytest.mark.parametrize(
    ("bundles", "capacities"),
    [
        (["vera", "pvera"], {"vera": [64, 256], "pvera": [256]}),
        (["vblora", "compacter"], {"vblora": [1, 4], "compacter": [4, 16]}),
        (["tinylora", "randlora"], {"tinylora": [16, 256], "randlora": [8]}),
        (["vera", "full"], {"vera": [256, 1024]}),
    ],
)
def test_no_mixture_costs_more_than_the_maximum(
    bundles: list[str], capacities: dict[str, list[int]], recomputed: bool, cost: str
) -> None:
    """Of techniques and sizes that each hold numbers in common, in three strata: against all that
    the space holds."""
    anatomy = LLAMA.model_copy(update={"workload": make_workload(recomputed), "head": ()})
    section = {"strata": 3, "bundles": bundles, "capacities": capacities, "roles": ["query"]}
    rates = {"learning_rates": [1e-3, 1e-3], "placements": ["all"]}
    space = make_space(make_spec(anatomy=anatomy, space=section | rates))
    points = product(*(range(size) for _, size in space.dimensions))
    dearest = max(KNOWN_COSTS[cost](space.decode(x), anatomy) for x in points)
    header = 64 if cost == "export_bytes" else 0  # its digits depend on the order of strata
    assert dearest - header <= maximum_cost(space, cost) <= dearest


def make_workload(recomputed: bool) -> Workload:
    return Workload(together=4, longest=(32,), base_bytes=10**6, recomputed=recomputed)


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(MIXED), min_size=2, max_size=4, unique=True), st.data())
def test_no_drawn_configuration_costs_more_than_the_maximum(
    bundles: list[str], data: st.DataObject
) -> None:
    anatomy = T5.model_copy(update={"workload": T5_WORKLOAD, "head": ()})
    strata, factors = data.draw(st.integers(2, 4)), data.draw(st.sampled_from([[1.0], [0.5, 1.0]]))
    section = {"strata": strata, "bundles": bundles, "roles": ["query", "all"]}
    spec = make_spec(anatomy=anatomy, space=section | {"rate_factors": factors})
    space, rng = make_space(spec), np.random.default_rng(data.draw(st.integers(0, 999)))
    drawn = [space.sample(rng) for _ in range(100)]
    for name in ("trainable_parameters", "training_memory"):
        limit = maximum_cost(space, name)
        assert max(KNOWN_COSTS[name](x, anatomy) for x in drawn) <= limit
