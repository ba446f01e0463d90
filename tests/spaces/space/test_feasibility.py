"""Bounds that nothing meets, and how much of a space meets the others."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import Bound, parse_quantity
from peftsearch.spaces.jobspec.head import suppose_head
from peftsearch.spaces.jobspec.objectives import CostError
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.feasibility import DRAWS, check_bounds, estimate_share
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT, LLAMA, MODERNBERT, T5
from tests.specs import make_spec

ANATOMIES = {"bert": BERT, "llama": LLAMA, "modernbert": MODERNBERT, "t5": T5}


def space_of(bound: str, anatomy: Anatomy = BERT, **space: Any) -> Space:
    spec: JobSpec = make_spec(anatomy=anatomy, space=space, objectives={"bounds": [bound]})
    return make_space(spec)


@pytest.mark.parametrize("family", ANATOMIES)
@pytest.mark.parametrize("preset", ["strata", "methods", "lora", "rank_profile", "experts"])
@pytest.mark.parametrize("name", ["trainable_parameters", "export_bytes", "backward_depth"])
def test_what_some_adapter_meets_is_not_refused(name: str, preset: str, family: str) -> None:
    space = space_of(f"{name} <= 1", ANATOMIES[family], preset=preset)
    rng = np.random.default_rng(1)
    drawn = (space.from_unit(rng.random(len(space.dimensions))) for _ in range(100))
    least = min(KNOWN_COSTS[name](x, space.anatomy) for x in drawn if not x.frozen)
    check_bounds(space_of(f"{name} <= {least}", ANATOMIES[family], preset=preset))


SPACES: dict[str, dict[str, Any]] = {
    "lower first": {"preset": "lora", "placements": ["lower", "upper"]},
    "upper first": {"preset": "lora", "placements": ["upper", "lower"]},
    "one stratum": {"preset": "strata", "strata": 1},
    "a part that may be absent": {
        "strata": 1,
        "bundles": ["ln_tuning+lora"],
        "capacities": {"lora": [0, 32]},
    },
    "two of three may be absent": {
        "strata": 1,
        "bundles": ["serial+parallel+lora"],
        "capacities": {"serial": [0, 32], "parallel": [0, 1], "lora": [8, 16]},
    },
    **{name: {"strata": 1, "bundles": [name]} for name in ("randlora", "c3a", "boft", "lokr")},
}


@pytest.mark.parametrize("family", ["bert", "t5"])
@pytest.mark.parametrize("kind", SPACES)
def test_what_a_draw_meets_is_not_refused(kind: str, family: str) -> None:
    """Whatever the cost is, and in whatever order things are named."""
    space = space_of("trainable_parameters <= 1", ANATOMIES[family], **SPACES[kind])
    open_space = replace(space, bounds=())
    rng = np.random.default_rng(2)
    drawn = [open_space.from_unit(rng.random(len(space.dimensions))) for _ in range(60)]
    for name, cost in KNOWN_COSTS.items():
        least = min(cost(x, space.anatomy) for x in drawn if not x.frozen)
        check_bounds(replace(space, bounds=(Bound(name, "<=", float(least)),)))


@pytest.mark.parametrize("name", ["trainable_parameters", "adapter_bytes", "export_bytes"])
def test_the_smallest_is_named_and_can_be_had(name: str) -> None:
    """LoRA of rank 1 on one role of one layer: in the space, so that the limit is exact."""
    parts: dict[str, Any] = {"bundles": ["frozen", "lora"], "strata": 2, "placements": ["all"]}
    with pytest.raises(CostError, match=r"smallest possible is .+; raise it") as caught:
        check_bounds(space_of(f"{name} <= 1", **parts))
    written = caught.value.got.rpartition(" is ")[2].replace(",", "")
    least = int(parse_quantity(name, written))
    assert f"raise it to {written}, well above" in str(caught.value)
    check_bounds(space_of(f"{name} <= {written}", **parts))
    assert caught.value.where == "objectives.bounds"
    check_bounds(space_of(f"{name} <= {least}", **parts))
    with pytest.raises(CostError):
        check_bounds(space_of(f"{name} < {least}", **parts))
    space = space_of(f"{name} <= {least}", **parts)
    rng = np.random.default_rng(0)
    met = (space.sample(rng) for _ in range(30))
    assert least == min(KNOWN_COSTS[name](x, BERT) for x in met if not x.frozen)


def test_a_bound_that_the_probe_alone_meets_is_refused() -> None:
    with pytest.raises(CostError, match="smallest possible is 2,304; raise it to 2304"):
        check_bounds(space_of("trainable_parameters <= 100", bundles=["frozen", "ia3"]))


def test_a_technique_whose_larger_sizes_cost_less_counts_with_those() -> None:
    """The more bases RandLoRA has, the fewer numbers it trains."""
    space = space_of("adapter_bytes <= 100 KB", bundles=["randlora"], strata=1)
    with pytest.raises(CostError):
        check_bounds(space_of("adapter_bytes <= 100", bundles=["randlora"], strata=1))
    rng = np.random.default_rng(0)
    least = KNOWN_COSTS["adapter_bytes"](space.sample(rng), BERT)
    check_bounds(space_of(f"adapter_bytes <= {least}", bundles=["randlora"], strata=1))


@pytest.mark.parametrize("pooling", ["auto", "mean", "model"])
def test_a_head_of_many_classes_counts_before_it_is_chosen(pooling: str) -> None:
    few, many = (
        suppose_head(make_spec(head={"pooling": pooling}).head, "classification", n, BERT)
        for n in (2, 1000)
    )
    check_bounds(space_of("size <= 100 KB", few))
    with pytest.raises(CostError, match="export_bytes <= 100 KB"):
        check_bounds(space_of("size <= 100 KB", many))


def test_the_share_is_that_of_the_draws_that_adapt_something() -> None:
    parts: dict[str, Any] = {"bundles": ["frozen", "lora"], "strata": 1, "placements": ["all"]}
    share = estimate_share(space_of("trainable_parameters <= 1e9", **parts))
    assert (share.met, share.of) == (share.of, share.of)
    assert 0.8 * DRAWS <= share.of <= DRAWS  # half of the draws are frozen
    space = space_of("trainable_parameters <= 20000", **parts)
    ladder, costs = space.ladders["lora"], []
    for roles in space.role_sets:
        width = sum(BERT.linears[x].inputs + BERT.linears[x].outputs for x in roles)
        costs += [6 * width * rank for rank in ladder]
    exact = np.mean([cost <= 20000 for cost in costs])
    met = estimate_share(space)
    assert met.met / met.of == pytest.approx(exact, abs=0.05)
