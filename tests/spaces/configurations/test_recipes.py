"""Recipes by name, against published figures."""

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.cost import layer_parameters, trainable_parameters
from peftsearch.spaces.configurations.recipes import RECIPES, recipe
from peftsearch.spaces.configurations.validation import check_configuration
from tests.anatomies import BERT, LLAMA
from tests.spaces.examples import BERT_LARGE


@pytest.mark.parametrize(
    ("name", "figures"),
    [
        ("spafit-4-9-I", (716_800, 1_208_320, 2_191_360)),
        ("spafit-4-9-II", (2_437_120, 4_648_960, 9_072_640)),
        ("spafit-4-14-I", (552_960, 880_640, 1_536_000)),
        ("spafit-4-14-II", (1_699_840, 3_174_400, 6_123_520)),
    ],
)
def test_spafit_on_bert_large(name: str, figures: tuple[int, ...]) -> None:
    """At r = 8, 16, 32; biases of layers 5 to 24, the head excluded."""
    costs = (trainable_parameters(recipe(name, BERT_LARGE, r), BERT_LARGE) for r in (8, 16, 32))
    assert tuple(costs) == figures


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_can_be_built(name: str) -> None:
    check_configuration(recipe(name, BERT), BERT)


def test_recipes_scale_to_the_depth() -> None:
    deep = [x.stop for x in recipe("spafit-4-14-I", BERT_LARGE).strata]
    assert deep == [4, 14, 24]
    assert [x.stop for x in recipe("spafit-4-14-I", BERT).strata] == [1, 4, 6]


def test_the_rank_profile_rises_from_group_to_group() -> None:
    configuration = recipe("rank_profile", LLAMA)
    ranks = [x.modules[0].capacity for x in configuration.strata]
    assert ranks == [2, 4, 6, 8]
    costs = [layer_parameters(modules, LLAMA) for modules in configuration.profile]
    assert costs == sorted(costs)


def test_unknown_recipe() -> None:
    with pytest.raises(UserError, match="a recipe among bitfit"):
        recipe("spafit", BERT)


def test_experts_rise_with_depth_and_an_old_name_is_told_the_new_one() -> None:
    configuration = recipe("experts", LLAMA)
    assert [x.modules[0].capacity for x in configuration.strata] == [2, 4, 6, 8]
    with pytest.raises(UserError, match="it is called rank_profile now"):
        recipe("mola", LLAMA)
