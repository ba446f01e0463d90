"""Bounds as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.bounds import Bound, parse_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200 KB", 200_000),
        ("200kb", 200_000),
        ("1.5 MiB", 1_572_864),
        ("3 KiB", 3072),
        ("1 GiB", 2**30),
        ("2 GB", 2e9),
        ("4 MB", 4e6),
        ("5 K", 5000),
        ("1_000", 1000),
        ("1e5", 1e5),
        ("2.5e-3", 0.0025),
        ("-3", -3),
        ("90 s", 90),
        ("2 min", 120),
        ("1.5 h", 5400),
        ("3M", 3e6),
        (" 7 B ", 7),
    ],
)
def test_quantities(text: str, value: float) -> None:
    assert parse_quantity(text) == value


@pytest.mark.parametrize("text", ["", "KB", "200 parsec", "1,000", "2 KB KB", "nan", "1.", "1 2"])
def test_no_quantity(text: str) -> None:
    with pytest.raises(UserError, match="a number with a unit"):
        parse_quantity(text)


@given(st.integers(0, 10**15))
def test_plain_integers_are_exact(value: int) -> None:
    assert parse_quantity(str(value)) == value


@pytest.mark.parametrize(
    ("sign", "holding"),
    [("<=", {1, 2}), ("<", {1}), (">=", {2, 3}), (">", {3})],
)
def test_signs(sign: str, holding: set[int]) -> None:
    bound = Bound.parse(f"accuracy{sign}2")
    assert {value for value in (1, 2, 3) if bound.holds(value)} == holding


def test_text_of_a_bound() -> None:
    bound = Bound.parse("  adapter_bytes <=  0.2 MB ")
    assert bound == Bound("adapter_bytes", "<=", 200_000)
    assert str(bound) == "adapter_bytes <= 200,000"


@pytest.mark.parametrize("text", ["", "adapter_bytes", "adapter_bytes = 3", "<= 3", "a b <= 3"])
def test_no_bound(text: str) -> None:
    with pytest.raises(UserError, match="a bound such as"):
        Bound.parse(text)


def test_unknown_objective() -> None:
    with pytest.raises(UserError, match="an objective among 'accuracy', .*; got 'bytes'"):
        Bound.parse("bytes <= 3")
