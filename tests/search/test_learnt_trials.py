"""The list that is shipped, and what a space takes of it."""

import json
from typing import Any

import pytest

from peftsearch.search import learnt_trials
from peftsearch.search.learnt_trials import LEARNT, learnt
from peftsearch.search.recipe_trials import express
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.configurations.written import read_written
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.space.inverse import encode
from peftsearch.spaces.space.presets import make_space
from tests.anatomies import BERT, LLAMA
from tests.spaces.examples import resize
from tests.specs import make_spec


def lines() -> list[dict[str, Any]]:
    return [json.loads(x) for x in learnt_trials._lines()]


def test_the_list_can_be_read_and_each_line_stands_once() -> None:
    found = [read_written(x, BERT) for x in lines()]
    assert len({x.key for x in found}) == len(found) > 3 * LEARNT
    assert not any(x.frozen for x in found)


def test_the_default_space_takes_the_first_as_they_were_recorded() -> None:
    space = make_space(make_spec())
    found = learnt(space)
    rates = [x["learning_rate"] for x in lines()[:LEARNT]]
    assert [x.learning_rate for x in found] == pytest.approx(rates, rel=0.05)
    assert [x.key for x in found] == [_expressed(space, x).key for x in lines()[:LEARNT]]


def _expressed(space: Any, line: dict[str, Any]) -> Configuration:
    found = express(space, read_written(line, space.anatomy))
    assert found is not None
    return found


@pytest.mark.parametrize("anatomy", [BERT, LLAMA, resize(BERT, 3), resize(BERT, 24)])
@pytest.mark.parametrize("preset", ["strata", "lora", "autopeft", "rank_profile", "methods"])
def test_what_it_gives_is_of_the_space_and_distinct(preset: str, anatomy: Anatomy) -> None:
    space = make_space(make_spec(anatomy=anatomy, space={"preset": preset}))
    found = learnt(space)
    assert len({x.key for x in found}) == len(found) <= LEARNT
    assert all(space.feasible(x) and encode(space, x) is not None for x in found)


def test_what_the_model_has_no_room_for_is_passed_over() -> None:
    """Llama's linears have no biases; LoRA on all matrices is further down the list."""
    found = learnt(make_space(make_spec(anatomy=LLAMA)))
    techniques = {m.technique for x in found for modules in x.profile for m in modules}
    assert found and "bitfit" not in techniques


def test_bounds_are_kept() -> None:
    bounds = {"bounds": ["trainable_parameters <= 20 K"]}
    space = make_space(make_spec(objectives=bounds))
    assert learnt(space)
    assert all(map(space.within_bounds, learnt(space)))
