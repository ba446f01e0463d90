"""What a process keeps of each trial: all that charts need, in little memory."""

import tracemalloc

import numpy as np
import orjson
import pytest

from peftsearch.insight.compact import Compact
from peftsearch.insight.points import point_of
from peftsearch.records.axes import cost_of
from peftsearch.records.trial import Trial
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.records import SPEC, Filler


@pytest.fixture
def trials(new_sqlite: NewDatabase) -> list[Trial]:
    """Thirty that ended."""
    with Store.open(new_sqlite()) as store:
        filler, rng = Filler.open(store), np.random.default_rng(3)
        for _ in range(30):
            filler.random(rng)
        return store.ended_since(filler.job.id, 0)


def test_a_point_takes_less_than_a_fixed_number_of_bytes(trials: list[Trial]) -> None:
    [point_of(trial, SPEC) for trial in trials]  # names and caches that all points share
    tracemalloc.start()
    points = [point_of(trial, SPEC) for trial in trials]
    taken = tracemalloc.get_traced_memory()[0] / len(points)
    tracemalloc.stop()
    assert taken < 2500


def test_a_point_tells_what_its_trial_does(trials: list[Trial]) -> None:
    for trial in trials:
        point = point_of(trial, SPEC)
        assert dict(point.measurements) == trial.measurements
        assert orjson.loads(point.configuration) == trial.configuration.to_json()
        assert point.cost == cost_of(SPEC, trial.configuration)


def test_compact_mappings_are_mappings() -> None:
    values = {"b": 1.0, "a": 2.0}
    found = Compact(values)
    assert found == values and list(found) == ["b", "a"] and len(found) == 2
    assert found.get("c") is None and "a" in found and {**found} == values
    with pytest.raises(KeyError):
        found["c"]
    assert Compact({}) == {}
