"""A key that may be a word or a table: what is wrong in the table is told, by keys that exist."""

from typing import Any

import pytest

from peftsearch.errors import UserError
from tests.specs import make_spec


@pytest.mark.parametrize(
    ("weights", "line"),
    [
        ({"a": -2.0}, "expected training.class_weights.a: a number above 0; got -2.0"),
        ("balancd", "expected training.class_weights: 'none' or 'balanced'; got 'balancd'"),
        (3, "expected training.class_weights: 'none' or 'balanced'; got 3"),
    ],
)
def test_weights_of_classes(weights: Any, line: str) -> None:
    with pytest.raises(UserError) as caught:
        make_spec(training={"class_weights": weights})
    assert str(caught.value).startswith(line)
    assert "[" not in str(caught.value)
