"""What rows name by words exists in `peft` and in the workers."""

from collections.abc import Callable
from dataclasses import fields, replace
from pkgutil import resolve_name
from types import SimpleNamespace

import peft
import pytest
from torch import nn

from peftsearch.errors import UserError
from peftsearch.spaces.techniques.table import TECHNIQUES, Technique
from peftsearch.workers.adapters.masks import mask_layers
from peftsearch.workers.adapters.row_functions import import_function

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


@pytest.mark.parametrize("path", ["no_such_module:build", "json:no_such", "not a path"])
def test_a_path_that_leads_nowhere_is_one_line(path: str) -> None:
    row = replace(TECHNIQUES["serial"], build=path)
    with pytest.raises(UserError, match="an importable `build` of serial; got " + path):
        import_function(row, "build")


def test_entries_that_nothing_chooses_are_one_line_as_well() -> None:
    row = replace(TECHNIQUES["sparse_magnitude"], entries="no_such_module:choose")
    layer = SimpleNamespace(get_base_layer=lambda: nn.Linear(4, 4))
    with pytest.raises(
        UserError, match="an importable `entries` of sparse_magnitude; got no_such"
    ):
        mask_layers({"layer": layer}, row, 10, {})
