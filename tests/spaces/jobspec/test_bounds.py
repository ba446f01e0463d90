"""Bounds as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.bounds import Bound, parse_quantity, write_quantity


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("200 KB", 200_000),
        ("200kb", 200_000),
        ("1.5 MiB", 1_572_864),
        ("3 KiB", 3072),
        ("1 GiB", 2**30),
        ("2 GB", 2e9),
        ("1.5 TB", 1.5e12),
        ("2 pb", 2e15),
        ("3 EB", 3e18),
        ("4 MB", 4e6),
        ("5 K", 5000),
        ("1_000", 1000),
        ("1e5", 1e5),
        ("2.5e-3", 0.0025),
        ("-3", -3),
        ("3M", 3e6),
        (" 7 B ", 7),
        ("1,000", 1000),
        ("1,234,567.5 KB", 1_234_567_500),
    ],
)
def test_quantities(text: str, value: float) -> None:
    assert parse_quantity("adapter_bytes", text) == value


@pytest.mark.parametrize(
    "text",
    ["", "KB", "200 parsec", "1,00", "1,0000", "1,000_0", ",100", "2 KB KB", "nan", "1.", "1 2"],
)
def test_no_quantity(text: str) -> None:
    with pytest.raises(UserError, match="a number, plain or with a unit"):
        parse_quantity("adapter_bytes", text)


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("training_seconds <= 90 s", 90),
        ("training_seconds <= 2 MIN", 120),
        ("training_seconds <= 1.5 h", 5400),
        ("training_seconds <= 7", 7),
        ("trainable_parameters <= 3M", 3e6),
        ("training_flops < 2 G", 2e9),
        ("training_flops <= 32.5 TFLOPs", 3.25e13),
        ("training_flops <= 3 p", 3e15),
        ("backward_depth <= 4", 4),
        ("backward_depth <= 4 layers", 4),
        ("backward_depth <= 1 layer", 1),
        ("training_flops <= 1,234.5 PFLOPs", 1.2345e18),
        ("size <= 5 K", 5000),
        ("accuracy >= 0.9", 0.9),
    ],
)
def test_units_of_objectives(text: str, limit: float) -> None:
    assert Bound.parse(text).limit == limit


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("training_seconds <= 5 m", "among s, min, h for training_seconds; got '5 m'; m may be"),
        ("training_seconds <= 2 KB", "among s, min, h for training_seconds; got '2 KB'"),
        ("training_seconds <= 2 K", "among s, min, h"),
        ("size <= 5 h", "among B, KB, .* for export_bytes; got '5 h'; e.g. '200 KB'"),
        ("peak_memory_bytes <= 5 s", "among B, KB"),
        ("accuracy >= 90 KB", "a plain number for accuracy; got '90 KB'; e.g. '0.9'"),
        ("accuracy >= 90%", "a plain number for accuracy"),
        ("trainable_parameters <= 5 KB", "among K, M, G, T, P for trainable_parameters"),
        (
            "backward_depth <= 2 h",
            "among K, M, G, T, P, layers for backward_depth; .* '20 layers'",
        ),
        ("trainable_parameters <= 2 FLOPs", "among K, M, G"),
        ("size <= 1e400", "a finite limit on export_bytes; got '1e400'"),
        ("size <= 1e308 GB", "a finite limit"),
        ("size <= inf", "a number, plain or with a unit"),
        ("size <= nan", "a number, plain or with a unit"),
    ],
)
def test_units_of_other_objectives_are_refused(text: str, message: str) -> None:
    with pytest.raises(UserError, match=message):
        Bound.parse(text)


@given(st.integers(0, 10**15))
def test_plain_integers_are_exact(value: int) -> None:
    assert parse_quantity("adapter_bytes", str(value)) == value


@pytest.mark.parametrize(
    ("sign", "holding"),
    [("<=", {1, 2}), ("<", {1}), (">=", {2, 3}), (">", {3})],
)
def test_signs(sign: str, holding: set[int]) -> None:
    bound = Bound.parse(f"accuracy{sign}2")
    assert {value for value in (1, 2, 3) if bound.holds(value)} == holding


@pytest.mark.parametrize(
    ("text", "reachable"),
    [
        ("accuracy >= 0.8", True),
        ("accuracy >= 80", False),
        ("f1 > 1.5", False),
        ("accuracy <= 80", True),
        ("rmse <= -1", False),
        ("rmse >= 80", True),
        ("perplexity <= 0.5", False),
        ("export_bytes <= 0", True),  # a space tells what costs reach
        ("training_seconds <= 0.1", True),
    ],
)
def test_what_no_score_reaches_is_refused_of_new_jobs(text: str, reachable: bool) -> None:
    bound = Bound.parse(text)
    if reachable:
        bound.check_reachable()
        return
    with pytest.raises(UserError, match="a bound that .* can meet"):
        bound.check_reachable()


def test_text_of_a_bound() -> None:
    bound = Bound.parse("  adapter_bytes <=  0.2 MB ")
    assert bound == Bound("adapter_bytes", "<=", 200_000)
    assert str(bound) == "adapter_bytes <= 200 KB"
    assert str(Bound.parse("training_seconds <= 1.5 min")) == "training_seconds <= 90 s"
    assert str(Bound.parse("trainable_parameters <= 20 K")) == "trainable_parameters <= 20,000"
    assert str(Bound.parse("training_flops <= 6 t")) == "training_flops <= 6 TFLOPs"
    assert str(Bound.parse("backward_depth >= 1")) == "backward_depth >= 1 layer"
    assert str(Bound.parse("f1 >= 0.8")) == "f1 >= 0.8"


@given(
    st.sampled_from(
        [
            "adapter_bytes",
            "training_seconds",
            "trainable_parameters",
            "training_flops",
            "backward_depth",
        ]
    ),
    st.integers(0, 10**15 - 1),
)
def test_what_is_written_means_the_same(name: str, value: int) -> None:
    assert parse_quantity(name, write_quantity(name, value)) == value


@pytest.mark.parametrize("text", ["", "adapter_bytes", "adapter_bytes = 3", "<= 3", "a b <= 3"])
def test_no_bound(text: str) -> None:
    with pytest.raises(UserError, match="a bound such as"):
        Bound.parse(text)


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("training memory <= 300 mb", "training_memory <= 300 MB"),
        ("File Size <= 100 kb", "export_bytes <= 100 KB"),
        ("macro F1 >= .5", "f1_macro >= 0.5"),
        ("training_seconds <= .5 min", "training_seconds <= 30 s"),
    ],
)
def test_names_are_read_as_tables_and_pages_write_them(text: str, bound: str) -> None:
    assert str(Bound.parse(text)) == bound


def test_unknown_objective() -> None:
    nearest = r"an objective among 'export_bytes', 'adapter_bytes', .* and \d+ more; got 'bytes'"
    with pytest.raises(UserError, match=nearest) as caught:
        Bound.parse("bytes <= 3")
    assert len(caught.value.expected.split(", ")) == 8


@pytest.mark.parametrize("text", ["SIZE <= 20 kb", "Size <= 20 KB", "Export_Bytes<=20000"])
def test_names_are_read_in_any_case(text: str) -> None:
    assert Bound.parse(text) == Bound("export_bytes", "<=", 20_000)
    assert Bound.name_in(text) in ("size", "export_bytes")
