"""The series against `search.progress.hypervolume` on everything that ended up to each event."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peftsearch.insight.points import Point, point_of
from peftsearch.insight.series import Series, Tracker
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Proposal, Trial, TrialState
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.search.jobs import make_trial
from tests.service.records import PROBE, SPEC, Filler, lora
from tests.specs import make_spec

LOSS = make_spec(task={"train": "t.csv", "kind": "causal_lm", "prompt": "p", "response": "r"})


def series(
    points: list[Point], spec: JobSpec = SPEC, preparation: Preparation | None = None
) -> Series:
    return Series().extended(points, Tracker(spec, preparation), created=100.0)


def test_a_real_job_has_the_hypervolume_of_its_trials_at_every_event(
    new_sqlite: NewDatabase,
) -> None:
    with Store.open(new_sqlite()) as store:
        filler, rng = Filler.open(store), np.random.default_rng(3)
        for _ in range(40):
            filler.random(rng)
        trials = store.ended_since(filler.job.id, 0)
    points = [point_of(trial, SPEC) for trial in trials]
    for preparation in (None, prepare(0.66)):
        found = series(points, preparation=preparation)
        expected = [hypervolume(SPEC, trials[: i + 1], preparation) for i in range(len(trials))]
        assert found.hypervolume == pytest.approx(expected, abs=1e-12)
        assert max(expected) > 0
        assert found.event == tuple(range(1, 41))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.sampled_from([0.3, 0.6, 0.7, 0.8, 1.0, None])),
        max_size=14,
    ),
    st.randoms(use_true_random=False),
)
def test_any_order_of_ends(rows: list[tuple[int, float | None]], random: object) -> None:
    """Also where a later number ends first, so that the reference moves."""
    trials = [_trial(number, rank, quality) for number, (rank, quality) in enumerate(rows)]
    random.shuffle(trials)  # type: ignore[attr-defined]
    found = series([point_of(trial, SPEC) for trial in trials])
    expected = [hypervolume(SPEC, trials[: i + 1]) for i in range(len(trials))]
    assert found.hypervolume == pytest.approx(expected, abs=1e-12)


def _trial(number: int, rank: int, quality: float | None) -> Trial:
    configuration = lora(2 ** (rank - 1)) if rank else PROBE
    state = TrialState.FAILED if quality is None else TrialState.COMPLETED
    return make_trial(number, Proposal(configuration, number, "search"), quality, state)


def test_best_is_the_mean_over_seeds_and_can_fall() -> None:
    trials = [_trial(0, 0, 0.6), _trial(1, 1, 0.8), _trial(2, 1, 0.7), _trial(3, 2, None)]
    assert series([point_of(x, SPEC) for x in trials]).best == (0.6, 0.8, 0.75, 0.75)


def test_less_is_better_of_a_loss() -> None:
    trials = [_trial(0, 0, 3.0), _trial(1, 1, 2.0), _trial(2, 2, 2.5)]
    trials = [
        Trial(**{**vars(x), "measurements": {"loss": x.measurements["accuracy"]}}) for x in trials
    ]
    found = series([point_of(x, LOSS) for x in trials], LOSS)
    assert found.best == (3.0, 2.0, 2.0)
    expected = [hypervolume(LOSS, trials[: i + 1]) for i in range(3)]
    assert found.hypervolume == pytest.approx(expected)
    assert found.hypervolume[1] > 0


def test_going_on_is_as_starting_over() -> None:
    rng = np.random.default_rng(0)
    trials = [_trial(i, int(rng.integers(0, 7)), float(rng.random())) for i in range(400)]
    points = [point_of(x, SPEC) for x in trials]
    tracker, grown = Tracker(SPEC), Series()
    for first in range(0, 400, 37):
        grown = grown.extended(points[first : first + 37], tracker, created=100.0)
    assert grown == series(points)
    assert grown.hypervolume[-1] == pytest.approx(hypervolume(SPEC, trials), abs=1e-12)
