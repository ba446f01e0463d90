import pytest

from peftsearch.results import wording
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from tests.anatomies import BERT
from tests.written_scores import BESIDE


def test_describes_runs_of_layers_with_what_they_carry() -> None:
    lora = Module("lora", 8, ("query", "value"))
    ia3 = Module("ia3", 0, ("key", "value", "mlp_out"))
    configuration = Configuration(
        (Stratum(0, 2), Stratum(2, 3, (ia3,)), Stratum(3, 6, (Module("bitfit"), lora))), 1e-3
    )
    assert wording.describe(configuration, BERT) == (
        "0-1 frozen | 2 ia3 | 3-5 bitfit + lora r8 q+v | rate 1.0e-03"
    )


def test_fixed_roles_are_told_where_some_lack() -> None:
    modules = (Module("ia3", 0, ("key", "value", "mlp_out", "query_key_value")),)
    some = (Module("ia3", 0, ("key",)),)
    configuration = Configuration((Stratum(0, 3, modules), Stratum(3, 6, some)), 1e-3)
    assert wording.describe(configuration, BERT) == "0-2 ia3 | 3-5 ia3 k | rate 1.0e-03"


def test_placement_shows_as_runs() -> None:
    every = Module("dora", 2, tuple(BERT.linears))
    configuration = Configuration((Stratum(0, 6, (every,), (1, 2, 5)),), 5e-4)
    assert wording.describe(configuration, BERT) == (
        "0 frozen | 1-2 dora r2 all | 3-4 frozen | 5 dora r2 all | rate 5.0e-04"
    )


def test_many_runs_are_told_together() -> None:
    both = (Module("serial", 8), Module("prefix", 4))
    configuration = Configuration((Stratum(0, 12, both, (0, 2, 5, 6, 9)),), 1e-3)
    assert wording.describe(configuration, BERT) == (
        "0,2,5-6,9 prefix 4 + serial 8 | 1,3-4,7-8,10-11 frozen | rate 1.0e-03"
    )


def test_virtual_tokens_and_factors() -> None:
    slow = Module("lora", 4, ("query",), 0.3)
    configuration = Configuration((Stratum(0, 6, (slow,)),), 1e-3, Module("prompt", 16))
    assert wording.describe(configuration, BERT) == (
        "prompt 16 | 0-5 lora r4 q (rate x0.3) | rate 1.0e-03"
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (332546, "332,546"), (0.123456, "0.1235"), (2.5, "2.5"), (-12345.6, "−12,346")],
)
def test_count(value: float, text: str) -> None:
    assert wording.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((0, "0 B"), (999, "999 B"), (24_576, "24.6 KB"), (1_330_000, "1.33 MB")),
        *((9.996e14, "1 PB"), (1.234e17, "123 PB"), (2e18, "2 EB"), (1.2345e22, "12,300 EB")),
    ],
)
def test_size(value: float, text: str) -> None:
    assert wording.size(value) == text


def test_a_count_beyond_its_units_has_no_exponent() -> None:
    assert wording.amount("training_flops", 1.234e18) == "1,230 PFLOPs"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (0.004, "0.1 s"),
        (0.25, "0.3 s"),
        (0.96, "1 s"),
        (1.4, "1 s"),
        (59.7, "1 min 00 s"),
        (200, "3 min 20 s"),
        (7_500, "2 h 05 min"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert wording.duration(seconds) == text


@pytest.mark.parametrize(("value", "beside", "text"), BESIDE)
def test_no_difference_but_none_is_told_as_none(value: float, beside: float, text: str) -> None:
    assert wording.difference("rmse", value, beside) == text


def test_origins_of_our_engine_fit_lists_too_and_other_samplers_have_their_names() -> None:
    told = [
        wording.tell_origin(x, "bo")
        for x in ("probe", "sobol", "search", "try", "repeat", "random")
    ]
    assert told == ["probe", "spread", "model", "own", "repeat", "random"]
    assert wording.tell_origin("sobol", "sobol") == "sobol"
