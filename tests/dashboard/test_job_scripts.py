"""What the page of a job decides by itself, against its originals in Python."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page

from peftsearch.records.estimates import estimate_each
from peftsearch.records.trial import Trial, TrialState
from peftsearch.results.pick import knee
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.bounds import parse_quantity
from tests.service.records import PROBE, SPEC, lora

from .scripts import call, open_scripts

NAMES = ("accuracy", "trainable_parameters")


@dataclass(frozen=True)
class Point:
    values: Mapping[str, float]


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with open_scripts() as page:
        yield page


@pytest.mark.parametrize("seed", range(6))
def test_the_knee_is_that_of_the_command_line(page: Page, seed: int) -> None:
    rng = np.random.default_rng(seed)
    number = int(rng.integers(1, 9))
    costs = np.sort(10 ** rng.uniform(2, 7, number)).round()
    if seed % 2:
        costs[0] = 0
    members = [
        {"accuracy": float(q), "trainable_parameters": float(c)}
        for q, c in zip(np.sort(rng.uniform(0.5, 0.9, number)), costs, strict=True)
    ]
    found = call(page, "charts/front-view.js", "knee", [{"values": x} for x in members], *NAMES, 1)
    assert found == knee([Point(x) for x in members], SPEC)


def test_less_is_better_turns_the_knee_round(page: Page) -> None:
    losses = [(3.0, 0.0), (2.2, 1e3), (2.1, 1e6)]
    members = [{"values": {"loss": q, "trainable_parameters": c}} for q, c in losses]
    assert (
        call(page, "charts/front-view.js", "knee", members, "loss", "trainable_parameters", -1)
        == 1
    )


def _trial(number: int, configuration: Configuration, accuracy: float | None) -> Trial:
    state = TrialState.COMPLETED if accuracy is not None else TrialState.FAILED
    values = {"trainable_parameters": 100.0}
    values |= {} if accuracy is None else {"accuracy": accuracy}
    return Trial(
        id=number,
        job_id=1,
        number=number,
        configuration=configuration,
        seed=number,
        origin="search",
        fidelity=1.0,
        state=state,
        attempt=1,
        measurements=values,
        event=number + 1,
    )


def _columns(trials: list[Trial]) -> dict[str, Any]:
    return {
        "number": [x.number for x in trials],
        "event": [x.event for x in trials],
        "state": [x.state.value for x in trials],
        "key": [x.key for x in trials],
        "values": {name: [x.measurements.get(name) for x in trials] for name in NAMES},
    }


@pytest.mark.parametrize("event", [0, 2, 4, 5])
def test_configurations_have_the_means_of_their_seeds_as_of_an_event(
    page: Page, event: int
) -> None:
    given = [(PROBE, 0.6), (lora(8), 0.7), (lora(2), None), (lora(8), 0.8), (lora(4), 0.75)]
    trials = [
        _trial(i, configuration, accuracy) for i, (configuration, accuracy) in enumerate(given)
    ]
    found = call(page, "charts/front-view.js", "summarise", _columns(trials), event, list(NAMES))
    expected = estimate_each(trials[:event])
    assert [x["trials"] for x in found] == [[t.number for t in x.trials] for x in expected]
    assert [x["values"] for x in found] == [pytest.approx(dict(x.values)) for x in expected]
    failed = call(page, "charts/front-view.js", "failedRows", _columns(trials), event)
    assert failed == [i for i in range(event) if given[i][1] is None]


def test_the_front_is_that_of_its_event(page: Page) -> None:
    entries = [
        {"key": "a", "entered": 1, "left": None, "values": {"cost": 0}},
        {"key": "b", "entered": 2, "left": 4, "values": {"cost": 9}},
        {"key": "c", "entered": 4, "left": None, "values": {"cost": 5}},
        {"key": "b", "entered": 4, "left": None, "values": {"cost": 9}},
    ]
    keys = [
        [x["key"] for x in call(page, "charts/front-view.js", "frontAt", entries, event, "cost")]
        for event in range(5)
    ]
    assert keys == [[], ["a"], ["a", "b"], ["a", "b"], ["a", "c", "b"]]


@pytest.mark.parametrize("text", ["200 KB", "1.5 MiB", "2e3", "1_000", "3 GB", "7", "12 B"])
def test_limits_read_as_on_the_command_line(page: Page, text: str) -> None:
    assert call(page, "lib/measures.js", "parseQuantity", "adapter_bytes", text) == parse_quantity(
        text
    )


@pytest.mark.parametrize("text", ["", "KB", "2 parsecs", "1 h", "-5"])
def test_what_is_no_size_is_none(page: Page, text: str) -> None:
    assert call(page, "lib/measures.js", "parseQuantity", "adapter_bytes", text) is None


@pytest.mark.parametrize("name", ["adapter_bytes", "training_seconds", "trainable_parameters"])
@pytest.mark.parametrize("value", [0, 7, 999, 1000, 184_320, 204_800, 1_234_567, 5_400_000_000])
def test_a_limit_says_exactly_what_it_means(page: Page, name: str, value: float) -> None:
    text = call(page, "lib/measures.js", "quantity", name, value)
    assert parse_quantity(text) == value
    assert call(page, "lib/measures.js", "parseQuantity", name, text) == value


@pytest.mark.parametrize("value", [0.0123, 1, 9.99, 46_080, 184_320, 184_000, 22.58])
def test_a_loosened_limit_lets_its_point_in(page: Page, value: float) -> None:
    rounded = call(page, "components/limits.js", "roundUp", value)
    assert value <= rounded < value * 1.11


def test_a_cost_of_nothing_has_a_place_of_its_own(page: Page) -> None:
    span = call(page, "charts/front-view.js", "span", [0, 768, 1536, 322_560])
    ticks = call(page, "charts/front-view.js", "ticks", "trainable_parameters", span, False)
    assert ticks["texts"][:3] == ["0", "1 K", "3 K"]
    assert ticks["values"][0] == pytest.approx(768 / 10**0.5)
    assert ticks["values"][-1] <= span["high"]
    assert not call(page, "charts/front-view.js", "span", [768, 1536])["hasZero"]
