"""A job's records are of one moment, whatever its workers do meanwhile."""

from collections.abc import Callable
from pathlib import Path

from peftsearch.records.front_points import FrontPoint
from peftsearch.results.search_result import load_result
from peftsearch.results.views import front_members
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.service.records import fill_example
from tests.specs import make_spec
from tests.storage.examples import claim, complete, insert, make_proposal


class MeddledStore(Store):
    """A trial ends just when the front is about to be read."""

    meddle: Callable[[], object]

    def front(self, job_id: int, event: int | None = None) -> list[FrontPoint]:
        self.meddle()
        return super().front(job_id, event)


def test_a_trial_that_ends_meanwhile_is_in_the_trials_and_the_front_or_in_none(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url = new_sqlite()
    with Store.open(url) as own, MeddledStore.open(url) as store:
        job = own.create_job(make_spec())
        insert(own, job.id, [make_proposal(0), make_proposal(1)])
        complete(own, claim(own, job.id), 0.5, 1.0)
        late = claim(own, job.id)
        store.meddle = lambda: complete(own, late, 0.9, 2.0)
        result = load_result(store, job, tmp_path)
        assert [point.trials for point in own.front(job.id)] == [(0,), (1,)]
    members = front_members(result.front, result.trials)
    assert [[trial.number for trial in member.trials] for member in members] == [[0]]
    assert [trial.number for trial in result.pick("best").trials] == [0]


def test_a_printed_result_is_its_front_its_floors_and_how_to_go_on(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    with Store.open(new_sqlite()) as store:
        job = fill_example(store).job
        store.prepare(job.id, prepare(0.79))
        result = load_result(store, job, tmp_path)
    text = str(result)
    assert "Pareto front of job" in text and "floor: accuracy 0.7900" in text
    best, other = result.pick("best"), result.pick("1")
    assert [x[:4] for x in result.doubts(best)] == ["Try "]  # its own standing is told
    assert [x[:4] for x in result.doubts(other)] == ["Noth", "Try "]
    assert "result.export(" in text and "Nothing here beats the floor" in text
    assert "next: the floor needs no adapter; all the same: " in text.splitlines()[-1]
    assert text.count("beats the floor") == 1  # what follows from it is told where it matters
    assert [x[:4] for x in result.warnings_beside(best)] == ["Try "]
    assert [x[:4] for x in result.warnings_beside(other)] == ["Noth", "Try "]
    assert len(text.splitlines()) < 40 and "\x1b" not in text
    assert repr(result).startswith("<SearchResult of job 'job', ") and len(repr(result)) < 120
    assert len(repr(job)) < 200
