"""What is tried first."""

from itertools import islice

import pytest

from peftsearch.search.design import make_design, sobol
from peftsearch.search.learnt_trials import learnt
from peftsearch.search.recipe_trials import probe, recipes
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.presets import make_space
from peftsearch.spaces.techniques.table import NOMINAL_RATE
from tests.anatomies import BERT, LLAMA
from tests.spaces.examples import resize
from tests.spaces.strategies import SPACES
from tests.specs import make_spec

from .jobs import lora


def layers(configuration: Configuration) -> list[str]:
    """Each layer as `technique:capacity+...`."""
    return [
        "+".join(f"{x.technique}:{x.capacity}" for x in modules) or "-"
        for modules in configuration.profile
    ]


def test_recipes_of_the_default_space() -> None:
    found = [layers(x) for x in recipes(SPACES["strata"])]
    assert found == [
        ["bitfit:0"] * 6,
        *[["lora:8"] * 6] * 3,
        ["-", "bitfit:0", *["bitfit:0+lora:8"] * 4],
        ["ia3:0"] * 6,
        ["lora:2"] * 2 + ["lora:8"] * 2 + ["lora:16"] * 2,
        ["-"] * 5 + ["lora:1"],
        ["ln_tuning:0"] * 6,
    ]


def test_spafit_is_scaled_to_the_depth() -> None:
    deep = resize(BERT, 24)
    spafit = recipes(make_space(make_spec(anatomy=deep)))[4]
    names = ["-"] * 4 + ["bitfit:0"] * 5 + ["bitfit:0+lora:8"] * 15
    assert layers(spafit) == names


@pytest.mark.parametrize(
    ("preset", "anatomy", "count"),
    [("strata", BERT, 9), ("spafit", BERT, 4), ("lora", BERT, 3), ("strata", LLAMA, 7)],
)
def test_only_what_the_space_can_express_is_a_recipe(
    preset: str, anatomy: Anatomy, count: int
) -> None:
    """Llama's linears have no biases, so that BitFit has nothing to train."""
    space = make_space(make_spec(anatomy=anatomy, space={"preset": preset}))
    found = recipes(space)
    assert len(found) == count
    for recipe in found:
        space.validate(recipe)
        assert len(recipe.strata) == len(space.bundles)
        assert encode(space, recipe) is not None
    rates = [x.learning_rate for x in found]
    assert sum(x == pytest.approx(NOMINAL_RATE) for x in rates) == count - 2


@pytest.mark.parametrize(
    ("said", "tried"),
    [
        (None, {10**-3.5, 10**-3, 10**-2.5}),
        ([7e-4, 1.4e-3], {10**-3.125, 10**-3, 10**-2.875}),
        ([1e-3, 1e-3], {1e-3}),
    ],
)
def test_the_common_recipe_is_tried_at_three_rates(
    said: list[float] | None, tried: set[float]
) -> None:
    """Where the space has them; then its nearest."""
    space = {"preset": "lora"} | ({"learning_rates": said} if said else {})
    found = recipes(make_space(make_spec(space=space)))
    assert sorted(x.learning_rate for x in found) == pytest.approx(sorted(tried))
    assert len({tuple(layers(x)) for x in found}) == 1


def test_recipes_keep_hard_bounds() -> None:
    spec = make_spec(objectives={"bounds": ["trainable_parameters <= 20 K"]})
    space = make_space(spec)
    smallest = ["-"] * 5 + ["lora:1"]
    assert [layers(x) for x in recipes(space)] == [["ia3:0"] * 6, smallest, ["ln_tuning:0"] * 6]


@pytest.mark.parametrize("preset", ["strata", "lora"])
def test_the_probe_freezes_all_at_the_rate_nearest_to_the_nominal(preset: str) -> None:
    rates = [2e-5, 2e-4]
    space = make_space(make_spec(space={"preset": preset, "learning_rates": rates}))
    found = probe(space)
    assert not any(found.profile)
    assert found.learning_rate == space.rates[-1]


PUBLISHED = {"recipes": "published"}


def test_probe_tries_and_recipes_in_this_order_without_doubles() -> None:
    space = SPACES["strata"]
    own = [lora(3), recipes(space)[1]]
    design = make_design(make_spec(search=PUBLISHED, tries=own), space)
    origins = [origin for _, origin in design.fixed]
    assert origins == ["probe", "try", "try"] + ["recipe"] * 8
    keys = [x.key for x, _ in design.fixed]
    assert keys[1:3] == [x.key for x in own]
    assert len(set(keys)) == len(keys)


def test_what_was_learnt_follows_the_tries_without_doubles() -> None:
    space = SPACES["strata"]
    own = [lora(3), learnt(space)[0]]
    design = make_design(make_spec(tries=own), space)
    assert [origin for _, origin in design.fixed] == ["probe", "try", "try", "learnt", "learnt"]
    assert design.fixed[3][0] == learnt(space)[1]


def test_a_choice_for_the_whole_model_begins_with_the_published() -> None:
    space = make_space(make_spec(space={"preset": "methods"}))
    origins = {origin for _, origin in make_design(make_spec(trials=200), space).fixed}
    assert origins == {"probe", "recipe"}


def test_without_either_the_probe_and_tries_are_left() -> None:
    spec = make_spec(search={"recipes": "none"}, tries=[lora(3)])
    assert [origin for _, origin in make_design(spec, SPACES["strata"]).fixed] == ["probe", "try"]


@pytest.mark.parametrize(("said", "meant"), [(True, "published"), (False, "none")])
def test_the_switch_of_former_job_files_is_read(said: bool, meant: str) -> None:
    assert make_spec(search={"recipes": said}).search.recipes == meant


@pytest.mark.parametrize(
    ("trials", "length"), [(1, 1), (3, 2), (6, 4), (25, 4), (50, 7), (100, 12), (200, 12)]
)
def test_the_default_length_follows_the_budget(trials: int, length: int) -> None:
    design = make_design(make_spec(trials=trials), SPACES["strata"])
    assert design.length == length
    assert len(design.fixed) == min(length, 4)


@pytest.mark.parametrize(("trials", "length"), [(12, 8), (25, 10), (50, 13), (200, 18)])
def test_the_published_take_at_most_two_thirds(trials: int, length: int) -> None:
    design = make_design(make_spec(trials=trials, search=PUBLISHED), SPACES["strata"])
    assert design.length == length
    assert len(design.fixed) == min(length, 10)


def test_hours_alone_are_taken_for_fifty_trials() -> None:
    assert make_design(make_spec(trials=None), SPACES["strata"]).length == 7


def test_a_given_length_cuts_what_was_learnt_but_never_tries() -> None:
    spec = make_spec(search={"design": 2}, tries=[lora(3), lora(5)])
    design = make_design(spec, SPACES["strata"])
    assert [origin for _, origin in design.fixed] == ["probe", "try", "try"]
    assert design.length == 3


def test_sobol_points_are_feasible_and_the_seeds() -> None:
    space = make_space(make_spec(objectives={"bounds": ["trainable_parameters <= 20 K"]}))
    first, again, other = (list(islice(sobol(space, seed), 20)) for seed in (1, 1, 2))
    assert first == again != other
    assert all(space.feasible(x) for x in first)
    assert len({x.key for x in first}) > 15
