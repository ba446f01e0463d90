"""How long a job will still run."""

from collections.abc import Sequence

import pytest

from peftsearch.jobs.time_left import Opened, Standing, foresee_left, most_trials
from peftsearch.records.pace import Finished, Pace, pace_of
from peftsearch.records.ranges import Range
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.search.jobs import lora
from tests.service.records import Filler
from tests.specs import make_spec
from tests.storage.examples import claim

BOTH = make_spec(budget={"trials": 10, "hours": 1.0})
TRIALS, HOURS = make_spec(trials=10), make_spec(trials=None)


def learn(seconds: Sequence[float] = (30.0,) * 4) -> Pace:
    """Of trials one after another without a pause."""
    ends = [sum(seconds[: i + 1]) for i in range(len(seconds))]
    pairs = zip(seconds, ends, strict=True)
    pace = pace_of(TRIALS, [Finished(lora(1), each, end, "w") for each, end in pairs])
    assert pace is not None
    return pace


def left(
    spec: JobSpec,
    ended: int = 4,
    hours: float = 0.5,
    opened: Sequence[Opened] = (),
    workers: int = 1,
) -> Range:
    """With what four trials of half a minute tell."""
    found = foresee_left(spec, learn(), opened, Standing(ended, hours, workers))
    assert found is not None
    return found


def test_time_left_is_what_ends_first() -> None:
    assert left(BOTH).likely == left(TRIALS).likely == pytest.approx(180, rel=0.05)
    assert left(BOTH).holds(180)
    late = left(BOTH, hours=0.99)
    assert late.low == pytest.approx(36)
    assert 36 < late.likely < late.high < 36 + 100  # the last trial ends after the hours


def test_nothing_is_left_of_a_budget_that_is_used() -> None:
    assert left(TRIALS, 10) == left(TRIALS, 12) == Range(0, 0, 0)
    assert left(HOURS, hours=2.0).low == 0


def test_beyond_the_hours_only_the_rest_of_what_runs_is_left() -> None:
    """By its own steps: 186 of 253 in 208 s leave 75. "0 s to 7 min 30 s" was told."""
    slow = Opened(lora(2), 208.0, 186 / 253)
    late = left(BOTH, hours=1.01, opened=[slow, Opened(lora(1))])
    assert late.likely == pytest.approx(74.9, abs=0.1)
    assert 45 < late.low and late.high < 120
    both = left(HOURS, hours=1.01, opened=[slow, Opened(lora(1), 25.0, 0.5)], workers=2)
    assert both == left(HOURS, hours=1.01, opened=[slow])
    assert left(BOTH, hours=1.01, opened=[Opened(lora(1), 10.0)]).holds(20)
    fresh = [Opened(lora(1), 4.0)]
    assert foresee_left(HOURS, None, fresh, Standing(0, 1e9, 1)) is None


def test_of_a_training_that_goes_on_its_seconds_are_not_those_of_its_steps() -> None:
    """70 of 100 steps, all but a few by an attempt before: 1.7 s of the rest was told."""
    begun = Opened(lora(1), 4.0, 0.7, again=True)
    late = left(HOURS, hours=1.01, opened=[begun])
    assert late.likely == pytest.approx(9.3, rel=0.1) and late.holds(9)
    assert foresee_left(HOURS, None, [begun], Standing(0, 1.01, 1)) is None
    assert left(TRIALS, 9, opened=[begun]).likely == pytest.approx(9.3, rel=0.1)


def test_of_a_later_attempt_the_steps_may_be_those_of_an_earlier_one(
    new_sqlite: NewDatabase,
) -> None:
    with Store.open(new_sqlite()) as store:
        filler = Filler.open(store, make_spec())
        filler.queue(lora(1))
        first = claim(store, filler.job.id)
        assert Opened.of(first, (7, 10)).tells
        store.give_back(first.id, first.attempt)
        assert not Opened.of(claim(store, filler.job.id), (7, 10)).tells


def test_hours_that_end_amid_what_runs_let_nothing_else_start() -> None:
    last = left(HOURS, hours=1 - 10 / 3600, opened=[Opened(lora(2), 208.0, 186 / 253)])
    assert last.likely == pytest.approx(74.9, abs=0.1) and last.high < 120
    free = left(HOURS, hours=1 - 10 / 3600, opened=[Opened(lora(2), 208.0, 0.7)], workers=2)
    assert free.low == pytest.approx(10)


def test_before_the_first_end_only_hours_tell() -> None:
    standing = Standing(0, 0.25, 1)
    assert foresee_left(TRIALS, None, (), standing) is None
    assert foresee_left(HOURS, None, (), standing) == Range(2700, 2700, 2700)


def test_the_first_trial_tells_by_its_steps_how_long_trials_are() -> None:
    """One that is longer than the budget was not foreseen: the budget was told as time left."""
    standing, opened = Standing(0, 0.0, 1), [Opened(lora(2), 60.0, 0.2)]
    found = foresee_left(TRIALS, None, opened, standing)
    assert found is not None and found.holds(10 * 300.0 - 60.0)
    short = make_spec(budget={"minutes": 2})
    ends = foresee_left(short, None, opened, standing)
    assert ends is not None and ends.likely == pytest.approx(240) and ends.low > 120  # its rest
    little = [Opened(lora(2), 6.0, 0.02)]
    assert foresee_left(TRIALS, None, little, standing) is None


def test_workers_share_what_is_left_and_end_apart() -> None:
    alone, three = left(TRIALS), left(TRIALS, workers=3)
    assert alone.likely / 3 < three.likely < alone.likely / 2
    assert left(TRIALS, 9, workers=3).likely == pytest.approx(left(TRIALS, 9).likely)


def test_what_a_running_trial_has_done_is_not_left() -> None:
    whole = left(TRIALS, 8, opened=[Opened(lora(2))])
    half = left(TRIALS, 8, opened=[Opened(lora(2), 15.0)])
    assert whole.likely - half.likely == pytest.approx(15)
    assert left(TRIALS, 9, opened=[Opened(lora(2), 900.0)]).low == 0


def test_pauses_between_the_trials_of_a_lone_worker_are_on_top_of_hours() -> None:
    paused = [Finished(lora(1), 30.0, 60.0 * i, "w") for i in range(1, 6)]
    pace = pace_of(HOURS, paused)
    assert pace is not None and pace.pause == 30
    found = foresee_left(HOURS, pace, (), Standing(5, 0.5, 1))
    assert found is not None and found.low == 1800 and found.likely > 3300


def test_a_list_ends_before_a_larger_budget() -> None:
    listed = make_spec(space={"configurations": [lora(x).to_json() for x in (1, 2, 4)]}, trials=99)
    standing = Standing(2, 0.0, 1, most_trials(listed))
    assert standing.most == 4
    found = foresee_left(listed, learn(), (), standing)
    assert found is not None and found.holds(60)
