"""What rows name by words exists in `peft` and in the workers."""

from collections.abc import Callable
from dataclasses import fields
from pkgutil import resolve_name

import peft
import pytest

from peftsearch.spaces.techniques.table import TECHNIQUES, Technique

OF_PEFT = [row for row in TECHNIQUES.own.values() if row.peft]
NAMED = [path for row in TECHNIQUES.own.values() for path in (row.build, row.entries) if path]


@pytest.mark.parametrize("path", NAMED)
def test_import_paths_lead_to_what_can_be_called(path: str) -> None:
    assert isinstance(resolve_name(path), Callable)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", OF_PEFT, ids=lambda row: row.name)
def test_peft_knows_the_class_and_its_arguments(row: Technique) -> None:
    known = {field.name for field in fields(getattr(peft, str(row.peft)))}
    given = {*row.role_arguments, *([row.capacity_pattern] if row.capacity_pattern else [])}
    for capacity in row.capacities or (0,):
        given |= set(row.arguments(capacity))
    assert given <= known


def test_what_stands_beside_another_technique_is_an_argument_of_its_class() -> None:
    beside = [x for row in TECHNIQUES.own.values() for x in row.beside_peft.items()]
    assert beside
    for name, arguments in beside:
        assert set(arguments) <= {field.name for field in fields(getattr(peft, name))}
