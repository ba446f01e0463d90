"""A key that stands where none is leads to the one that was meant, wherever that stands."""

from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.meant_keys import _KEYS, _SECTIONS
from peftsearch.spaces.jobspec.section import keys_of, sections_in
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec

RIGHT: dict[str, Any] = {
    "name": "a",
    "model": {"path": "m"},
    "task": {"train": "t.csv"},
    "budget": {"trials": 3},
}


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"data": "t.csv"}, "did you mean 'task.train'?"),
        ({"data": {"train": "t.csv"}}, "did you mean 'task'?"),
        ({"trials": 3}, "did you mean 'budget.trials'?"),
        ({"budget": {"trials": 3, "minuts": 3}}, "did you mean 'minutes'?"),
        ({"training": {"trials": 3}}, "write it under [budget]"),
        ({"training": {"seed": 3}}, "write it above the first section"),
        ({"training": {"lr": 1e-3}}, "did you mean 'space.learning_rates'?"),
        ({"space": {"rank": 3}}, "did you mean 'ranks'?"),
        ({"training": {"xyzzy": 3}}, "remove it"),
        ({"model": {"name": "m"}}, "did you mean 'path'?"),
        ({"model": "m"}, "did you mean 'model.path'?"),
        ({"budget": 3}, "write its keys under [budget]"),
    ],
)
def test_the_key_that_was_meant_is_named(wrong: dict[str, Any], hint: str) -> None:
    with pytest.raises(UserError) as refused:
        parse_spec(RIGHT | wrong)
    assert refused.value.hint == hint


@pytest.mark.parametrize("meant", sorted({*_KEYS.values(), *_SECTIONS.values()}))
def test_what_is_meant_is_there(meant: str) -> None:
    section, _, key = meant.rpartition(".")
    there = keys_of(sections_in(JobSpec)[section] if section else JobSpec)
    assert key in there


def test_the_first_mistake_brings_the_rest() -> None:
    wrong = {"seed": -1, "modle": 1, "training": {"epoch": 1}}
    with pytest.raises(UserError) as refused:
        parse_spec(RIGHT | wrong)
    told = [refused.value, *refused.value.others]
    assert [x.where for x in told] == ["training.epoch", "modle", "seed"]
    assert refused.value.__notes__ == [f"also: {x}" for x in told[1:]]
