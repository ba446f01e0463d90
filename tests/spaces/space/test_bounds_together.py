"""Bounds that can each be met but not together, against all that small spaces hold."""

from dataclasses import replace
from functools import cache
from itertools import permutations, product
from typing import Any

import numpy as np
import pytest

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import CostError
from peftsearch.spaces.space.feasibility import check_bounds
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT, LLAMA
from tests.specs import make_spec

RATE: dict[str, Any] = {"learning_rates": [1e-3, 1e-3]}
ROLES: dict[str, Any] = {"roles": ["query", "mlp_in+mlp_out"], **RATE}
MINIMAL = {"boundaries": [[1, 1], [2, 2], [3, 3]], "ranks": [1, 8]}
SPACES: dict[str, dict[str, Any]] = {
    "fixed boundaries": {"preset": "rank_profile", **MINIMAL, "roles": ["query"], **RATE},
    "free boundaries": {"strata": 2, "bundles": ["lora", "ia3"], "ranks": [2, 16], **ROLES},
    "placements": {
        "strata": 2,
        "bundles": ["frozen", "lora", "randlora"],
        "placements": ["lower", "upper"],
        "capacities": {"lora": [4], "randlora": [2, 8]},
        "boundaries": [[2, 3]],
        **ROLES,
    },
    "parts that may be absent": {
        "strata": 2,
        "bundles": ["serial+lora", "bitfit"],
        "capacities": {"serial": [0, 8], "lora": [0, 4]},
        "boundaries": [[1, 3]],
        **ROLES,
    },
    "mask": {
        "bundles": ["serial"],
        "placements": ["all"],
        "strata": 1,
        "mask": True,
        "capacities": {"serial": [3, 12]},
        **RATE,
    },
    "virtual tokens": {
        "strata": 1,
        "bundles": ["lora", "c3a"],
        "inputs": ["none", "prompt"],
        **ROLES,
    },
}
NAMES = ("trainable_parameters", "adapter_bytes", "export_bytes", "backward_depth")
Costs = dict[str, np.ndarray[Any, np.dtype[np.float64]]]


@cache
def enumerate_space(kind: str) -> tuple[Space, Costs]:
    """A space and the costs of all that it holds but for what adapts nothing."""
    anatomy = LLAMA if kind == "free boundaries" else BERT
    space = make_space(make_spec(anatomy=anatomy, space=SPACES[kind]))
    points = product(*(range(size) for _, size in space.dimensions))
    found = {x.key: x for x in map(space.decode, points) if not x.frozen}
    costs = {
        n: np.array([float(KNOWN_COSTS[n](x, anatomy)) for x in found.values()]) for n in NAMES
    }
    return space, costs


def bounded(space: Space, **limits: float) -> Space:
    return replace(space, bounds=tuple(Bound(x, "<=", limit) for x, limit in limits.items()))


@pytest.mark.parametrize("kind", SPACES)
def test_what_one_configuration_meets_is_found_by_launch_and_search(kind: str) -> None:
    """Every corner: the least of one cost, and of those the least of another."""
    space, costs = enumerate_space(kind)
    for one, other in permutations(NAMES, 2):
        for share in (0, 0.05):
            limit = float(np.quantile(costs[one], share))
            least = float(costs[other][costs[one] <= limit].min())
            narrow = bounded(space, **{one: limit, other: least})
            check_bounds(narrow)
            nearest, excess = narrow.approach(np.random.default_rng(1))
            assert excess == 0 and narrow.feasible(nearest), narrow.bounds


@pytest.mark.parametrize("kind", SPACES)
def test_what_nothing_meets_together_is_refused(kind: str) -> None:
    space, costs = enumerate_space(kind)
    for one, other in permutations(NAMES, 2):
        limit = float(np.quantile(costs[one], 0.05))
        below = float(costs[other][costs[one] <= limit].min()) - 1
        with pytest.raises(CostError, match="raise .* or leave (one out|it out)"):
            check_bounds(bounded(space, **{one: limit, other: below}))


def test_the_message_names_the_bounds_and_what_is_near() -> None:
    """LoRA of rank 1 in each layer of MoLA's quarters trains 4,608 numbers at least."""
    space, costs = enumerate_space("fixed boundaries")
    least = costs["trainable_parameters"].min()
    with pytest.raises(CostError) as caught:
        check_bounds(bounded(space, trainable_parameters=1000))
    assert f"trainable_parameters <= 1,000, where the smallest found is {least:,.0f}" in str(
        caught.value
    )
    with pytest.raises(CostError) as caught:
        check_bounds(bounded(space, trainable_parameters=1e9, backward_depth=2))
    assert caught.value.where == "objectives.bounds"
    near = "bounds that some adapter of the space meets together"
    assert near in str(caught.value) and "raise backward_depth to 6" in str(caught.value)


def test_members_of_a_list_that_meet_one_bound_each() -> None:
    shallow = Configuration(
        (Stratum(0, 5), Stratum(5, 6, (Module("lora", 32, ("query",)),))), 1e-3
    )
    small = Configuration((Stratum(0, 6, (Module("lora", 1, ("query",)),)),), 1e-3)
    listed = {"configurations": [x.to_json() for x in (shallow, small)]}
    space = make_space(make_spec(space=listed))
    check_bounds(bounded(space, trainable_parameters=5000))
    check_bounds(bounded(space, backward_depth=1))
    with pytest.raises(
        CostError,
        match="some adapter of the space meets together; got trainable_parameters <= 5,000, ",
    ):
        check_bounds(bounded(space, trainable_parameters=5000, backward_depth=1))
