"""Dropout where techniques have none: refused where none has, and else said."""

from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.space.dropout import note_dropout
from peftsearch.spaces.space.presets import make_space
from tests.specs import make_spec

LORA = Configuration((Stratum(0, 6, (Module("lora", 4, ("query",)),)),), 1e-3)


@pytest.mark.parametrize("dropout", [0.1, [0.0, 0.1]])
def test_dropout_that_no_technique_has_is_refused(dropout: Any) -> None:
    space = {"bundles": ["frozen", "bitfit", "ia3"]}
    with pytest.raises(UserError, match="techniques with dropout; got bitfit, ia3"):
        make_space(make_spec(space=space, training={"dropout": dropout}))
    make_space(make_spec(space=space, training={"dropout": dropout}, tries=[LORA]))
    make_space(make_spec(space=space, training={"dropout": 0.0}))


def test_techniques_without_dropout_are_named() -> None:
    spec = make_spec(training={"dropout": 0.1})
    (note,) = note_dropout(spec, make_space(spec))
    assert note.endswith("not in bitfit, ln_tuning, ia3")
    for silent in (make_spec(), make_spec(space={"preset": "lora"}, training={"dropout": 0.1})):
        assert note_dropout(silent, make_space(silent)) == ()
