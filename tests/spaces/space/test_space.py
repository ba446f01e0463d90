"""Points, placements, bounds and sizes of a space."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.configurations.placement import make_modules
from peftsearch.spaces.configurations.places import place
from peftsearch.spaces.configurations.validation import check_configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.bounds import Bound
from peftsearch.spaces.jobspec.objectives import objective
from peftsearch.spaces.space.extremes import maximum_cost
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.space.space import Space
from tests.anatomies import BERT, LLAMA
from tests.spaces.examples import LORA
from tests.specs import make_spec

ANATOMIES = {"bert": BERT, "llama": LLAMA}
PRESETS = ("strata", "spafit", "autopeft", "lora", "methods", "rank_profile", "experts")
CASES = [(preset, family) for preset in PRESETS for family in ANATOMIES]
# BitFit, and so SPAFIT, needs biases.
CASES.remove(("spafit", "llama"))
UNIT = st.integers(0, 2**32 - 1).map(np.random.default_rng)


def preset_space(preset: str, anatomy: Anatomy) -> Space:
    return make_space(make_spec(anatomy=anatomy, space={"preset": preset}))


@functools.cache
def space_and_limits(preset: str, family: str) -> tuple[Space, dict[str, float]]:
    """A space and its maximum costs, made once for all examples."""
    space = preset_space(preset, ANATOMIES[family])
    return space, {name: maximum_cost(space, name) for name in KNOWN_COSTS}


@pytest.mark.parametrize(("preset", "family"), CASES)
@given(rng=UNIT)
def test_every_sample_is_buildable_and_within_the_maximum_cost(
    preset: str, family: str, rng: np.random.Generator
) -> None:
    space, limits = space_and_limits(preset, family)
    configuration = space.sample(rng)
    check_configuration(configuration, space.anatomy)
    assert configuration.depth == space.anatomy.layers
    assert configuration.learning_rate in space.rates
    for name, cost in KNOWN_COSTS.items():
        assert cost(configuration, space.anatomy) <= limits[name]


@pytest.mark.parametrize(("preset", "family"), CASES)
def test_corners_of_the_unit_cube_are_points(preset: str, family: str) -> None:
    space = preset_space(preset, ANATOMIES[family])
    d = len(space.dimensions)
    for corner in (0.0, 1.0 - 1e-16, 1.0):
        check_configuration(space.from_unit(np.full(d, corner)), space.anatomy)


def test_maximum_cost_is_reached() -> None:
    """By `bitfit+lora` at the highest rank on all roles of every layer; perhaps by another
    technique where the batches of a training count."""
    space = preset_space("strata", BERT)
    largest = make_modules(("bitfit", "lora"), (32,), tuple(BERT.linears), BERT)
    whole = Configuration((Stratum(0, 6, largest),), 1e-3)
    for name, cost in KNOWN_COSTS.items():
        largest_cost = maximum_cost(space, name)
        counted = objective(name).counted
        assert largest_cost >= cost(whole, BERT)
        assert counted or largest_cost == cost(whole, BERT)


def small_space(**changes: object) -> Space:
    space = Space(
        anatomy=BERT,
        bundles=((("frozen",), ("ia3",)), (("bitfit",), ("lora",))),
        boundaries=((1, 3),),
        ladders={"lora": (1, 2)},
        role_sets=(("query",), ("value",), ("query", "value")),
        placements=("all", "upper"),
        rates=(1e-3, 2e-3),
    )
    return replace(space, **changes)  # type: ignore[arg-type]


def test_dimensions() -> None:
    assert small_space().dimensions == (
        ("rate", 2),
        ("boundary0", 3),
        ("bundle0", 2),
        ("size0.0", 2),
        ("roles0", 3),
        ("placement0", 2),
        ("factor0", 1),
        ("bundle1", 2),
        ("size1.0", 2),
        ("roles1", 3),
        ("placement1", 2),
        ("factor1", 1),
        ("input", 1),
    )


def test_crossing_boundaries_are_sorted() -> None:
    space = small_space(
        boundaries=((0, 6), (0, 6)),
        bundles=((("frozen",),), (("ia3",),), (("bitfit",),)),
        ladders={},
    )
    crossed = space.decode([0, 5, 2, *(0, 0, 0, 0) * 3, 0])
    assert [(x.start, x.stop) for x in crossed.strata] == [(0, 2), (2, 5), (5, 6)]
    assert crossed.strata[1].modules == make_modules(("ia3",), (), (), BERT)


def test_a_short_ladder_is_stretched_over_the_levels() -> None:
    space = small_space(
        bundles=((("lora",), ("dora",)),) * 2, ladders={"lora": (1, 2, 4, 8, 16), "dora": (2, 8)}
    )
    assert space.levels == 5
    assert [space.capacity("dora", level) for level in range(5)] == [2, 2, 2, 8, 8]
    assert [space.capacity("lora", level) for level in range(5)] == [1, 2, 4, 8, 16]


@given(UNIT)
def test_cost_never_falls_with_depth_in_a_monotone_space(rng: np.random.Generator) -> None:
    space = make_space(make_spec(space={"ladder": "monotone", "placements": ["all"], "strata": 4}))
    profile = space.sample(rng).profile
    costs = [layer_parameters(modules, BERT) for modules in profile]
    assert costs == sorted(costs)


def test_a_mask_leaves_single_layers_out() -> None:
    space = small_space(
        masked=True,
        placements=("all",),
        boundaries=(),
        bundles=((("lora",),),),
        inputs=(None, Module("prompt", 4)),
    )
    assert space.dimensions[-7:] == (("input", 2), *((f"layer{i}", 2) for i in range(6)))
    found = space.decode([0, 0, 1, 0, 0, 0, 1, 1, 0, 0, 1, 1, 0])
    assert [bool(modules) for modules in found.profile] == [True, False, False, True, True, False]
    assert found.input == Module("prompt", 4)


def test_a_factor_reaches_each_module_of_its_stratum() -> None:
    space = small_space(factors=(0.5, 1.0, 2.0), bundles=((("bitfit", "lora"),),) * 2)
    lower, upper = space.decode([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0]).strata
    assert {module.rate for module in lower.modules} == {0.5}
    assert {module.rate for module in upper.modules} == {2.0}


@given(UNIT)
def test_boundaries_stay_in_overlapping_ranges(rng: np.random.Generator) -> None:
    ranges = ((0, 4), (2, 6))
    space = small_space(boundaries=ranges, bundles=((("frozen",),),) * 3)
    strata = space.sample(rng).strata
    for stratum, (low, high) in zip(strata, ranges, strict=False):
        assert low <= stratum.stop <= high


@given(UNIT)
def test_samples_meet_the_bounds(rng: np.random.Generator) -> None:
    bounds = (Bound.parse("trainable_parameters <= 3000"), Bound.parse("backward_depth < 4"))
    space = small_space(bounds=bounds)
    configuration = space.sample(rng)
    space.validate(configuration)
    assert KNOWN_COSTS["trainable_parameters"](configuration, BERT) <= 3000
    assert KNOWN_COSTS["backward_depth"](configuration, BERT) < 4
    assert maximum_cost(space, "trainable_parameters") <= 3000


def test_bounds_that_nothing_meets() -> None:
    space = small_space(bounds=(Bound.parse("trainable_parameters < 1"),))
    with pytest.raises(UserError, match="trainable_parameters < 1.*none in 10,000 samples"):
        space.sample(np.random.default_rng(0))


def test_configuration_that_breaks_a_bound() -> None:
    space = small_space(bounds=(Bound.parse("adapter_bytes <= 100 KB"),))
    large = Configuration((Stratum(0, 6, (LORA,)),), 1e-3)
    told = (
        "a configuration within the bound adapter_bytes <= 100 KB; got adapter_bytes of 147.456 KB"
    )
    with pytest.raises(UserError, match=told):
        space.validate(large)


@pytest.mark.parametrize(
    ("placement", "start", "stop", "layers"),
    [
        ("all", 2, 6, None),
        ("alternate", 2, 6, (3, 5)),
        ("alternate", 2, 7, (2, 4, 6)),
        ("alternate", 5, 6, (5,)),
        ("upper", 2, 6, (4, 5)),
        ("upper", 2, 7, (4, 5, 6)),
        ("lower", 2, 6, (2, 3)),
        ("lower", 2, 7, (2, 3, 4)),
        ("upper", 3, 3, ()),
        ("lower", 3, 3, ()),
        ("alternate", 0, 0, ()),
    ],
)
def test_place(placement: str, start: int, stop: int, layers: tuple[int, ...] | None) -> None:
    assert place(placement, start, stop) == layers


def test_modules_of_a_bundle_keep_roles_that_the_family_has() -> None:
    modules = make_modules(("bitfit", "lora"), (4,), ("query", "mlp_gate"), BERT)
    assert [(x.technique, x.capacity, x.roles) for x in modules] == [
        ("bitfit", 0, ()),
        ("lora", 4, ("query",)),
    ]
    assert make_modules(("lora",), (4,), ("query", "mlp_gate"), LLAMA)[0].roles == (
        "mlp_gate",
        "query",
    )
    assert make_modules(("frozen",), (), ("query",), BERT) == ()
