"""The tables of techniques and objectives, and the exceptions."""

import pickle
from dataclasses import replace
from typing import Any

import pytest

from peftsearch.errors import NotFoundError, UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.cost import trainable_parameters
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.jobspec.objectives import OBJECTIVES, objective
from peftsearch.spaces.kinds.kind_table import KINDS
from peftsearch.spaces.space.presets import PRESETS
from peftsearch.spaces.techniques.applicability import usable_capacities
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique, technique
from peftsearch.spaces.techniques.technique import GROUPS
from tests.anatomies import BERT


@pytest.mark.parametrize("row", TECHNIQUES.values(), ids=lambda row: row.name)
def test_technique_rows_are_complete(row: object) -> None:
    found = technique(row.name)  # type: ignore[attr-defined]
    assert found is row
    assert found.summary and found.formula and found.source
    assert found.name == "frozen" or found.adapts or found.input is not None
    assert found.peft is None or found.injects or found.writes_base
    assert not (found.injects and found.writes_base)
    assert (found.stored is None) or found.injects
    assert list(found.capacities) == sorted(set(found.capacities))
    assert all(capacity > 0 for capacity in found.capacities)


@pytest.mark.parametrize("name", [x.name for x in TECHNIQUES.values() if x.capacities])
def test_parameters_grow_with_the_capacity(name: str) -> None:
    """Some capacities divide a matrix instead: there the parameters fall."""
    row = technique(name)
    roles = row.roles or ("query", "mlp_out")
    sizes = usable_capacities(row, row.capacities, BERT, [roles])
    counts = [_count(row, roles, x) for x in sizes]
    assert len(sizes) > 1
    assert counts in (sorted(counts), sorted(counts, reverse=True))
    assert counts[0] != counts[-1]


def _count(row: Technique, roles: tuple[str, ...], capacity: int) -> int:
    if row.input is not None:
        return row.input(BERT.hidden, capacity)
    modules = (Module(row.name, capacity, roles if row.injects else ()),)
    return trainable_parameters(Configuration((Stratum(0, 6, modules),), 1e-3), BERT)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": "two+two"}, "no name"),
        ({"name": "none"}, "no name"),
        ({"group": "mine"}, "group 'mine' is none of frozen"),
        ({"tensors": None}, "it trains nothing"),
        ({"layer": lambda stack, capacity: 1}, "neither `peft` nor `build`"),
        ({"linear": lambda linear, role, capacity: 1}, "neither `peft` nor `build`"),
        ({"input": lambda width, tokens: 1}, "neither `peft` nor `build`"),
    ],
)
def test_rows_that_no_worker_could_build_are_refused(changes: dict[str, Any], words: str) -> None:
    texts = ("mine", "does little", "1", "a paper")
    row = Technique(*texts, group="scale", tensors=lambda stack, layer: {})
    with pytest.raises(ValueError, match=words):
        replace(row, **changes)


def test_every_group_has_a_technique_and_presets_take_ours_alone() -> None:
    assert {row.group for row in TECHNIQUES.own.values()} == set(GROUPS)
    texts = [text for spec in PRESETS.values() for text in spec.bundles or ()]
    assert {name for text in texts for name in text.split("+")} <= set(TECHNIQUES.own)


def test_unknown_names() -> None:
    with pytest.raises(UserError, match="did you mean 'lora'"):
        technique("lroa")
    with pytest.raises(UserError, match="see `peftsearch techniques`"):
        technique("zzz")
    with pytest.raises(UserError, match="an objective among"):
        objective("speed")


def test_objectives_cover_costs_and_qualities() -> None:
    assert {x.name for x in OBJECTIVES.values() if x.known} == set(KNOWN_COSTS)
    for name in {name for row in KINDS.own.values() for name in row.qualities}:
        goal = objective(name)
        assert goal.signed(goal.best) > goal.signed(goal.worst)


@pytest.mark.parametrize("row", OBJECTIVES.values(), ids=lambda row: row.name)
def test_signed_is_its_own_inverse_and_makes_more_better(row: object) -> None:
    found = objective(row.name)  # type: ignore[attr-defined]
    assert found.signed(found.signed(2.0)) == 2.0
    assert (found.signed(2.0) > found.signed(1.0)) is found.maximise


def test_user_error_is_one_line_and_travels_between_processes() -> None:
    error = UserError("a\nb", "c  d", "e")
    assert str(error) == "expected a b; got c d; e"
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert error.exit_code == 2


def test_not_found_reads_like_a_user_error() -> None:
    error = NotFoundError("a job", "'x'", "see `peftsearch jobs`")
    assert isinstance(error, KeyError)
    assert str(error) == "expected a job; got 'x'; see `peftsearch jobs`"
