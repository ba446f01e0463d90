"""How expectations are held against truths, on the recorded tweets and on made-up rows."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from benchmarks.ground.held_out import at_random, open_ground, repeat_recorded
from benchmarks.ground.intervals import tell
from benchmarks.ground.recorded_truths import RecordedSeeds

TWEETS = str(Path(__file__).with_name("tweets"))


def test_seeds_that_a_search_saw_are_no_truth() -> None:
    ground = open_ground(TWEETS, draw=0)
    truth = ground.problem.truth
    assert isinstance(truth, RecordedSeeds) and truth.seed_variance > 0
    trials = at_random(ground, draw=0, budget=40)
    assert len({x.key for x in trials}) == 40
    seen = repeat_recorded(ground, trials, draw=0)
    assert [x.origin for x in seen[40:]] == ["repeat"] * len(seen[40:]) and len(seen) > 40
    repeats = Counter(x.key for x in seen[40:])
    for trial in trials:
        found = ground.truths(trial.configuration, seen)
        others = list(truth.seeds[trial.key].values())[1 + repeats[trial.key] :]
        assert trial.measurements["accuracy"] == next(iter(truth.seeds[trial.key].values()))
        assert ("again" in found) == bool(others)
        if "again" in found:
            assert found["again"].value == pytest.approx(np.mean(others))


def test_a_truths_variance_widens_the_interval() -> None:
    """Of two points one is 2 deviations off, which its truth's own variance covers."""
    off = {"raw": 0.93, "mean": 0.92, "deviation": 0.01, "front": True}
    rows = [
        off | {"truths": {"worth": [0.90, 0.0]}},
        off | {"raw": 0.94, "truths": {"worth": [0.90, 0.01**2 * 3]}},
    ]
    look = {"freedom": 1e6, "repeats": 2, "rows": rows}
    line = {"problem": "upper", "way": "engine", "draw": 0, "looks": {"25": look}}
    table = "\n".join(tell([line]))
    assert "| 2 | 0.50 | 0.50 | 0.50 | 0.50 | +0.0400 ± nan | +0.0200 ± nan |" in table
