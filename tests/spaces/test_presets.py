"""From a `[space]` section to a space."""

import math
from typing import Any

import numpy as np
import pytest

from peftsearch.spaces.anatomy import Anatomy, Linear
from peftsearch.spaces.errors import UserError
from peftsearch.spaces.presets import make_space
from peftsearch.spaces.space import Space
from tests.anatomies import BERT, LLAMA

from .specs import make_spec


def make(anatomy: Anatomy = BERT, **section: Any) -> Space:
    return make_space(make_spec(anatomy, space=section))


def test_default_preset_searches_every_dimension() -> None:
    space = make()
    names = {name.rstrip("012") for name, size in space.dimensions if size > 1}
    assert names == {"rate", "boundary", "bundle", "rank", "roles", "placement"}
    techniques = {name for bundle in space.bundles[0] for name in bundle}
    assert techniques == {"frozen", "bitfit", "ln_tuning", "ia3", "lora", "rslora", "dora"}
    knobs = 1 + 3 * 4 + 4 * (6 * 5 * 4)  # frozen; without size or roles; the rest
    assert space.size == math.comb(6 + 2, 2) * knobs**3 * 13


def test_spafit_is_frozen_then_biases_then_lora() -> None:
    space = make(preset="spafit")
    configuration = space.sample(np.random.default_rng(1))
    found = [tuple(module.technique for module in x.modules) for x in configuration.strata]
    assert found == [(), ("bitfit",), ("bitfit", "lora")]


def test_lora_is_uniform() -> None:
    space = make(preset="lora", ranks=[4], roles=["query+value"])
    assert len(space.sample(np.random.default_rng(0)).strata) == 1
    assert space.size == len(space.rates) == 13


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
    assert space.ranks == (2, 8)
    assert space.role_sets == (("query", "value"), tuple(sorted(BERT.linears)))
    assert space.placements == ("upper",)
    assert space.boundaries == ((1, 4),)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"bundles": ["lroa"]}, "a technique among .*; got 'lroa'"),
        (
            {"bundles": ["lora+dora"]},
            "at most one injected technique in a bundle; got 'lora.dora'",
        ),
        ({"ranks": [0, 4]}, "ranks of at least 1; got 0"),
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
    anatomy = BERT.model_copy(update={"linears": fused, "family": "fused"})
    bundles = {bundle for stratum in make(anatomy).bundles for bundle in stratum}
    assert ("ia3",) not in bundles and ("lora",) in bundles


def test_own_configurations_are_checked() -> None:
    configuration = {"learning_rate": 1e-3, "strata": [{"start": 0, "stop": 5}]}
    tried: dict[str, Any] = {"try": [configuration]}
    with pytest.raises(UserError, match="tile the model's layers from 0 to 6"):
        make_space(make_spec(**tried))
