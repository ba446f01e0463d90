"""One change is told as what it is, and two are none."""

from dataclasses import replace

import pytest

from peftsearch.report.neighbours import find_change
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from tests.specs import make_spec

SPEC = make_spec()
QV = ("query", "value")
R8 = Module("lora", 8, QV)


def strata(*modules: Module, at: int = 4, rate: float = 1e-3) -> Configuration:
    return Configuration((Stratum(0, at), Stratum(at, 6, modules)), rate)


OWN = strata(R8)


@pytest.mark.parametrize(
    ("other", "part", "before", "after"),
    [
        (strata(R8, rate=3e-3), "learning rate", "1.0e-03", "3.0e-03"),
        (strata(Module("lora", 2, QV)), "size, layers 4-5", "lora r8 q+v", "lora r2 q+v"),
        (strata(Module("dora", 8, QV)), "technique, layers 4-5", "lora r8 q+v", "dora r8 q+v"),
        (strata(Module("lora", 8, ("key",))), "matrices, layers 4-5", "lora r8 q+v", "lora r8 k"),
        (strata(Module("lora", 2, ("key",))), "size and matrices, layers 4-5", None, "lora r2 k"),
        (strata(R8, at=3), "added, layer 3", "frozen", "lora r8 q+v"),
        (strata(R8, at=5), "left out, layer 4", "lora r8 q+v", "frozen"),
        (strata(), "left out, layers 4-5", "lora r8 q+v", "frozen"),
        (strata(rate=5e-4), "left out, layers 4-5", "lora r8 q+v", "frozen"),
        (
            replace(OWN, input=Module("prompt", 8)),
            "virtual tokens",
            "none",
            "prompt 8",
        ),
    ],
)
def test_one_change(other: Configuration, part: str, before: str | None, after: str) -> None:
    change = find_change(OWN, other, SPEC)
    assert change is not None
    assert (change["part"], change["after"]) == (part, after)
    assert before in (None, change["before"])


def test_a_hyperparameter_is_a_change() -> None:
    one, two = (replace(OWN, training=Hyperparameters(epochs=x)) for x in (1.0, 2.0))
    assert find_change(one, two, SPEC) == {"part": "epochs", "before": "1", "after": "2"}


@pytest.mark.parametrize(
    "other",
    [
        OWN,
        strata(Module("lora", 2, QV), rate=3e-3),
        Configuration((Stratum(0, 4, (Module("bitfit"),)), Stratum(4, 6)), 1e-3),
    ],
)
def test_none_and_several_changes_are_none(other: Configuration) -> None:
    assert find_change(OWN, other, SPEC) is None


def test_the_rate_of_a_probe_counts_where_its_head_follows_it() -> None:
    spec = make_spec(head={"pooling": "model", "start": "random", "relative": True})
    assert find_change(OWN, strata(rate=5e-4), spec) is None
    assert find_change(OWN, strata(rate=5e-4), SPEC) is not None
