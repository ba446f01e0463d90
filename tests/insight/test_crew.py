"""How many workers the last run of a job had."""

from dataclasses import replace

from peftsearch.insight.crew import count_crew
from peftsearch.insight.points import Point, point_of
from peftsearch.records.trial import Proposal
from tests.search.jobs import lora, make_trial
from tests.specs import make_spec

POINT = point_of(make_trial(0, Proposal(lora(1), 0, "search"), 0.7), make_spec())


def _trained(*spans: tuple[str, float, float]) -> list[Point]:
    """By whom, from when, until when."""
    return [replace(POINT, worker=x, ended=end, seconds=end - begun) for x, begun, end in spans]


def test_a_job_that_nobody_trained_had_none() -> None:
    assert count_crew([]) == 0
    assert count_crew([replace(POINT, worker=None)]) == 0


def test_those_of_the_last_run_that_trained_at_once_count() -> None:
    before = [(f"host-1-{i}", 0.0, 9.0) for i in range(5)]
    last = [("host-2-a", 10.0, 19.0), ("host-2-b", 11.0, 18.0), ("host-2-c", 18.0, 30.0)]
    assert count_crew(_trained(*before)) == 5
    assert count_crew(_trained(*before, *last)) == 2
    assert count_crew(_trained(*last, *before)) == 2
