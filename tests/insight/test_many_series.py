"""The series of jobs with several goals against `search.goals.hypervolume` at every event."""

from typing import Any

import numpy as np
import pytest

from peftsearch.insight.many_series import make_tracker
from peftsearch.insight.points import point_of
from peftsearch.insight.series import Series
from peftsearch.records.estimates import estimate_each
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.storage.store import Store
from tests.floors import prepare
from tests.service.records import Filler, lora
from tests.specs import make_spec


@pytest.mark.parametrize(
    "objectives",
    [
        {"minimise": ["trainable_parameters", "training_seconds"]},
        {"maximise": ["f1"], "minimise": ["export_bytes", "backward_depth"]},
        {"bounds": ["training_seconds <= 6 s"]},
    ],
)
@pytest.mark.parametrize("floor", [None, 0.55])
def test_the_hypervolume_of_every_event(objectives: dict[str, Any], floor: float | None) -> None:
    spec, rng = make_spec(trials=1000, objectives=objectives), np.random.default_rng(0)
    preparation = None if floor is None else prepare(floor)
    with Store.open("sqlite:///:memory:") as store:
        filler = Filler.open(store, spec)
        for _ in range(32):
            made = lora(2 ** int(rng.integers(0, 5)), int(rng.integers(0, 6)))
            accuracy, seconds = rng.uniform(0.5, 0.9), float(rng.integers(1, 9))
            if rng.random() < 0.1:
                filler.fail(made)
            else:
                filler.complete(made, accuracy, f1=accuracy**2, training_seconds=seconds)
        trials = store.ended_since(filler.job.id, 0)
    points = [point_of(trial, spec) for trial in trials]
    found = Series().extended(points, make_tracker(spec, preparation), created=0.0)
    expected = [hypervolume(spec, trials[: i + 1], preparation) for i in range(len(trials))]
    assert found.hypervolume == pytest.approx(expected, abs=1e-12)
    assert floor is None or max(expected) > 0
    assert found.best[-1] == max(x.values["accuracy"] for x in estimate_each(trials))
