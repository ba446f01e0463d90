"""From a `[space]` section to a space."""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Module
from peftsearch.spaces.configurations.cost import layer_parameters
from peftsearch.spaces.families.anatomy import Anatomy, Linear
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.counting import count_bases
from peftsearch.spaces.space.presets import make_space, text_positions
from peftsearch.spaces.space.space import Space
from peftsearch.spaces.techniques.table import NOMINAL_RATE, TECHNIQUES
from tests.anatomies import BERT, GPT2, LLAMA
from tests.spaces.examples import resize
from tests.specs import make_spec


def make(anatomy: Anatomy = BERT, **section: Any) -> Space:
    return make_space(make_spec(anatomy=anatomy, space=section))


def test_default_preset_searches_every_dimension() -> None:
    space = make()
    names = {name.rstrip("012.") for name, size in space.dimensions if size > 1}
    assert names == {"rate", "boundary", "bundle", "size", "roles", "placement"}
    rows = [TECHNIQUES[name] for bundle in space.bundles[0] for name in bundle]
    assert {row.status for row in rows} == {"core"}
    assert not all(row.adapts for row in rows)  # a stratum may stay frozen
    contents = 1 + 3 * 4 + 4 * (6 * 5 * 4)  # frozen; without size or roles; the rest
    assert count_bases(space) == math.comb(6 + 2, 2) * contents**3
    steps = {round(math.log10(high / low), 9) for low, high in pairwise(space.rates)}
    assert (steps, NOMINAL_RATE in space.rates) == ({1 / 8}, True)


def test_spafit_is_frozen_then_biases_then_lora() -> None:
    space = make(preset="spafit")
    configuration = space.sample(np.random.default_rng(1))
    found = [tuple(module.technique for module in x.modules) for x in configuration.strata]
    assert found == [(), ("bitfit",), ("bitfit", "lora")]


def test_lora_is_uniform() -> None:
    space = make(preset="lora", ranks=[4], roles=["query+value"])
    assert len(space.sample(np.random.default_rng(0)).strata) == 1
    assert count_bases(space) == 1


def test_rates_are_the_grid_of_an_eighth_decade() -> None:
    rates = make(learning_rates=[1e-4, 1e-2]).rates
    assert len(rates) == 17
    assert np.allclose(np.diff(np.log10(rates)), 1 / 8)
    assert (rates[0], rates[-1]) == pytest.approx((1e-4, 1e-2))
    assert make(learning_rates=[9e-4, 1.1e-3]).rates == pytest.approx((1e-3,))


def test_family_without_biases_goes_without_bitfit() -> None:
    bundles = {bundle for stratum in make(LLAMA).bundles for bundle in stratum}
    assert ("ln_tuning",) in bundles
    assert not any("bitfit" in bundle for bundle in bundles)


def test_techniques_are_named_once_in_order_and_inputs_last() -> None:
    space = make(bundles=["ia3+bitfit", "lora", "bitfit"], strata=2, inputs=["none", "prompt"])
    assert space.techniques == ("ia3", "bitfit", "lora", "prompt")


def test_user_changes_replace_the_presets_values() -> None:
    space = make(
        bundles=["frozen", "ia3+bitfit", "frozen"],
        strata=2,
        ranks=[8, 2, 8],
        roles=["value+query", "query+value", "all"],
        placements=["upper", "upper"],
        boundaries=[[1, 4]],
    )
    assert space.bundles == ((("frozen",), ("ia3", "bitfit")),) * 2
    assert space.role_sets == (("query", "value"), tuple(sorted(BERT.linears)))
    assert space.placements == ("upper",)
    assert space.boundaries == ((1, 4),)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"bundles": ["lorra"]}, "the name of a technique; got 'lorra'; did you mean 'lora'"),
        (
            {"bundles": ["lora+dora"]},
            "at most one technique in a bundle that wraps linears; got 'lora.dora'",
        ),
        ({"ranks": [0, 4]}, "ranks of at least 1 for lora; got 0"),
        ({"roles": ["query+vlaue"]}, "roles among query, .*; got 'vlaue'"),
        ({"roles": ["mlp_gate"]}, "roles among query, .* for bert; got mlp_gate"),
        ({"boundaries": [[0, 7], [0, 6]]}, r"between 0 and the model's 6 layers; got \[0, 7\]"),
        ({"boundaries": [[-1, 3], [0, 6]]}, r"got \[-1, 3\]"),
        ({"boundaries": [[4, 3], [0, 6]]}, r"got \[4, 3\]"),
        ({"boundaries": [[1, 2]]}, "2 inner boundaries for 3 strata; got 1"),
        ({"boundaries": [[3, 5], [0, 6]]}, "boundaries in ascending order"),
        ({"learning_rates": [1e-2, 1e-3]}, "learning_rates as"),
        ({"learning_rates": [0.0, 1e-3]}, "learning_rates as"),
        ({"learning_rates": [1.05e-3, 1.1e-3]}, "grid of 1/8 decade"),
        ({"preset": "spafit", "strata": 2}, "3 strata in the spafit preset; got 2"),
        ({"ladder": "monotone"}, "no mask with ladder = 'monotone', .*; got placements all, "),
        ({"preset": "spafit", "mask": True}, "with ladder = 'monotone', .*; got a mask"),
        ({"capacities": {"ia3": [1]}}, "sized techniques in space.capacities; got ia3"),
        ({"capacities": {"lora": [-1, 4]}}, "ranks of at least 1 for lora; got -1"),
        ({"rate_factors": [0.0, 1.0]}, "rate_factors between 0 and 100"),
        ({"inputs": ["lora"]}, "space.inputs among none, .*; got 'lora'"),
        ({"bundles": ["prompt"]}, "act in layers in space.bundles; got prompt; write inputs"),
        ({"boundaries": [[0.0, 1.5], [0, 6]]}, r"between 0 and the model's 6 layers"),
    ],
)
def test_refused(section: dict[str, Any], words: str) -> None:
    with pytest.raises(UserError, match=words):
        make(**section)


def test_named_technique_that_the_family_lacks() -> None:
    with pytest.raises(UserError, match="techniques that fit llama; got bitfit"):
        make(LLAMA, bundles=["bitfit"])
    with pytest.raises(UserError, match="techniques that fit llama; got bitfit"):
        make(LLAMA, preset="spafit")


def test_technique_whose_roles_the_users_anatomy_lacks() -> None:
    fused = {"query": Linear(path="qkv", inputs=8, outputs=24, bias=True)}
    stack = BERT.stacks[0].model_copy(update={"linears": fused})
    anatomy = BERT.model_copy(update={"stacks": (stack,), "family": "fused"})
    bundles = {bundle for stratum in make(anatomy).bundles for bundle in stratum}
    assert ("ia3",) not in bundles and ("lora",) in bundles


def test_own_configurations_are_checked() -> None:
    configuration = {"learning_rate": 1e-3, "strata": [{"start": 0, "stop": 5}]}
    tried: dict[str, Any] = {"try": [configuration]}
    with pytest.raises(UserError, match="tile the model's layers from 0 to 6"):
        make_space(make_spec(**tried))


def test_an_own_configuration_that_breaks_a_bound_names_both() -> None:
    tried: dict[str, Any] = {"try": [{"recipe": "bitfit"}, {"recipe": "lora", "rank": 8}]}
    bounds = {"bounds": ["backward_depth <= 6", "adapter_bytes <= 200 KB"]}
    with pytest.raises(UserError) as caught:
        make_space(make_spec(objectives=bounds, **tried))
    assert caught.value.where == "try"
    assert str(caught.value).startswith(
        "expected [[try]] 2 of 2 within the bound adapter_bytes <= 200 KB; "
        "got adapter_bytes of 294.912 KB; "
    )


def test_boundaries_with_a_decimal_point_are_fractions_of_the_depth() -> None:
    deep = resize(BERT, 24)
    ranges = [[0.0, 0.5], [0.25, 1.0]]
    assert make(BERT, boundaries=ranges).boundaries == ((0, 3), (2, 6))
    assert make(deep, boundaries=ranges).boundaries == ((0, 12), (6, 24))


def test_the_rank_profile_has_four_equal_groups_whose_ranks_rise() -> None:
    space = make(resize(BERT, 24), preset="rank_profile")
    configuration = space.sample(np.random.default_rng(2))
    assert [x.stop for x in configuration.strata] == [6, 12, 18, 24]
    costs = [layer_parameters(x.modules, BERT) for x in configuration.strata]
    assert costs == sorted(costs) and costs[0] > 0


def test_autopeft_is_a_masked_grid_of_three_sizes() -> None:
    space = make(preset="autopeft")
    sizes = {name: size for name, size in space.dimensions if name.startswith("size")}
    assert sizes == {"size0.0": 11, "size0.1": 11, "size0.2": 11}
    assert sum(name.startswith("layer") for name, _ in space.dimensions) == BERT.layers
    largest = space.decode([size - 1 for _, size in space.dimensions])
    assert {(x.technique, x.capacity) for x in largest.profile[0]} == {
        ("serial", 768),
        ("parallel", 768),
        ("prefix", 768),
    }


def test_methods_holds_every_core_technique_that_fits() -> None:
    bundles = {bundle for stratum in make(preset="methods").bundles for bundle in stratum}
    core = {x.name for x in TECHNIQUES.own.values() if x.status == "core" and x.input is None}
    assert bundles == {(name,) for name in core}
    assert ("bitfit",) not in make(LLAMA, preset="methods").bundles[0]


def test_inputs_have_each_number_of_tokens() -> None:
    space = make(preset="lora", inputs=["none", "prompt"], capacities={"prompt": [8, 2]})
    assert space.inputs == (None, Module("prompt", 2), Module("prompt", 8))


def test_capacities_replace_one_ladder() -> None:
    space = make(ranks=[4, 8], capacities={"dora": [1, 2]})
    assert (space.ladders["lora"], space.ladders["dora"]) == ((4, 8), (1, 2))


def test_capacities_that_do_not_fit_the_model_are_left_out_or_refused() -> None:
    """OFT rotates blocks of inputs, which its block size must divide."""
    assert all(384 % size == 0 for size in make(bundles=["oft"]).ladders["oft"])
    with pytest.raises(UserError, match="capacities of oft that fit bert; got 7"):
        make(bundles=["oft"], capacities={"oft": [7]})


def test_a_recipe_may_be_tried_by_name() -> None:
    tried: dict[str, Any] = {"try": [{"recipe": "spafit-4-9-I", "rank": 4}]}
    unknown: dict[str, Any] = {"try": [{"recipe": "spafit"}]}
    misspelt: dict[str, Any] = {"try": [{"recipe": "lora", "ranks": 4}]}
    (found,) = make_spec(**tried).try_configurations
    assert [x.stop for x in found.strata] == [1, 2, 6]
    with pytest.raises(UserError, match="a recipe among bitfit, .*; got 'spafit'"):
        make_space(make_spec(**unknown))
    with pytest.raises(UserError, match="beside a recipe; got ranks"):
        make_space(make_spec(**misspelt))


def test_examples_fit_the_table_of_positions() -> None:
    task = {"train": "train.csv", "max_length": 513}
    with pytest.raises(UserError, match="at most 512, as many tokens as bert reads; got 513"):
        make_space(make_spec(task=task))


def test_virtual_tokens_of_a_decoder_fit_beside_the_longest_example() -> None:
    def inputs(length: int) -> list[int]:
        task = {"train": "train.csv", "max_length": length, "kind": "causal_lm"}
        space = {"preset": "lora", "inputs": ["none", "prompt"]}
        found = make_space(make_spec(anatomy=GPT2, task=task, space=space)).inputs
        return [x.capacity for x in found if x is not None]

    assert inputs(128)[-1] == 64
    assert inputs(1020) == [1, 2, 4]
    with pytest.raises(UserError, match="room for virtual tokens beside 1024"):
        inputs(1024)


@pytest.mark.parametrize(
    ("positions", "left", "sizes"),
    [(None, None, 7), (1024, 1024, 7), (520, 520, 4), (256, 192, 7)],
)
def test_examples_without_a_length_leave_room_where_there_would_be_none(
    positions: int | None, left: int | None, sizes: int
) -> None:
    """A space that had room keeps its sizes and its lengths."""
    anatomy = GPT2.model_copy(update={"positions": positions})
    task = {"train": "train.csv", "kind": "causal_lm"}
    spec = make_spec(
        anatomy=anatomy, task=task, space={"preset": "lora", "inputs": ["none", "prompt"]}
    )
    assert text_positions(spec) == left
    assert len([x for x in make_space(spec).inputs if x is not None]) == sizes


def test_a_model_without_room_for_both_is_refused() -> None:
    anatomy = GPT2.model_copy(update={"positions": 64})
    task = {"train": "train.csv", "kind": "causal_lm"}
    spec = make_spec(anatomy=anatomy, task=task, space={"preset": "lora", "inputs": ["prompt"]})
    with pytest.raises(UserError, match="room for virtual tokens beside 64"):
        make_space(spec)


WRITTEN = {
    "strata": [{"start": 0, "stop": GPT2.layers}],
    "learning_rate": 1e-3,
    "input": {"technique": "prompt", "capacity": 64},
}


@pytest.mark.parametrize("section", ["list", "try"])
@pytest.mark.parametrize(
    ("positions", "length", "left"),
    [(1024, None, 1024), (256, None, 192), (1024, 960, 1024), (None, None, None)],
)
def test_examples_leave_room_for_the_virtual_tokens_that_a_user_wrote(
    section: str, positions: int | None, length: int | None, left: int | None
) -> None:
    spec = write_prompt(section, positions, length)
    assert text_positions(spec) == left
    assert make_space(spec).anatomy.positions == positions


@pytest.mark.parametrize("section", ["list", "try"])
@pytest.mark.parametrize(("positions", "length"), [(1024, 961), (66, None)])
def test_virtual_tokens_that_a_user_wrote_and_that_have_no_room_are_refused(
    section: str, positions: int, length: int | None
) -> None:
    told = f"room for 64 virtual tokens of a configuration beside {length or positions}"
    with pytest.raises(UserError, match=told):
        make_space(write_prompt(section, positions, length))


def write_prompt(section: str, positions: int | None, length: int | None) -> JobSpec:
    """A job of a decoder with a prompt in its list, or among what is tried first."""
    task = {"train": "train.csv", "kind": "causal_lm"} | ({"max_length": length} if length else {})
    given: dict[str, Any] = {"space": {"configurations": [WRITTEN]}}
    if section == "try":
        given = {"space": {"preset": "lora"}, "try": [WRITTEN]}
    anatomy = GPT2.model_copy(update={"positions": positions})
    return make_spec(anatomy=anatomy, task=task, **given)
