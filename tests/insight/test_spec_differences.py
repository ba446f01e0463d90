"""Settings of two jobs as people read them."""

import pytest

from peftsearch.insight.spec_differences import differing_settings
from tests.service.records import lora
from tests.specs import make_spec

PAIRS = {
    "space.bundles": (["lora", "bitfit+lora"], "lora, bitfit+lora"),
    "space.mask": (False, "false"),
    "space.learning_rates": ([1e-5, 0.01], "1e-05, 0.01"),
    "space.boundaries": ([(0.2, 0.5), (2, 4)], "(0.2, 0.5), (2, 4)"),
}


@pytest.mark.parametrize("setting", PAIRS)
def test_values_read_without_pythons_signs(setting: str) -> None:
    value, words = PAIRS[setting]
    section, _, name = setting.partition(".")
    other = make_spec(**{section: {name: value}})  # type: ignore[arg-type]
    (found,) = [x for x in differing_settings(make_spec(), other) if x["setting"] == setting]
    assert found["values"] == [None, words]


def test_lists_that_are_empty_and_of_configurations() -> None:
    limits = make_spec(objectives={"bounds": ["size <= 200 KB"]})
    assert differing_settings(make_spec(), limits) == [
        {"setting": "objectives.bounds", "values": ["none", "size <= 200 KB"]}
    ]
    tries = make_spec(tries=(lora(2), lora(4)))
    assert differing_settings(make_spec(), tries) == [
        {"setting": "try", "values": ["none", "2 configurations"]}
    ]
