"""Jobs beside a job: what they train, share, and leave as it was."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs import life
from peftsearch.jobs.companion_plan import (
    CompanionPlan,
    foresee_seconds,
    plan_ablation,
    plan_baselines,
)
from peftsearch.jobs.companions import check_parent, ensure, foresee
from peftsearch.records.companion import COMPANION, SHARED
from peftsearch.records.job import JobState
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.results.standing.beside import read_circle
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.families.workload import Workload
from peftsearch.spaces.space.sweep import FULL_NAME
from peftsearch.storage.store import Store
from peftsearch.workers.processes.companions import find_companions, find_parent, find_parents
from peftsearch.workers.processes.earlier_jobs import find_lessons
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.service.records import PROBE, Filler, count_base, lora
from tests.specs import make_spec
from tests.storage.examples import claim

SPEC = make_spec(
    trials=50,
    baselines={"ranks": [1, 8], "rates": 1, "places": 2},
    objectives={"bounds": ["trainable_parameters <= 400000"]},
)
PICKED = lora(4, start=3)


@pytest.fixture
def filler(new_sqlite: NewDatabase) -> Iterator[Filler]:
    """A job of three trials, prepared; plain LoRA of rank 8 is one of the baselines."""
    with Store.open(new_sqlite()) as store:
        found = Filler.open(store, SPEC)
        store.prepare(found.job.id, prepare(0.7), b"head", b"answers")
        count_base(store, found.job, 1000)
        found.complete(PROBE, 0.60)
        found.complete(lora(8), 0.80)
        found.complete(PICKED, 0.82)
        yield replace(found, job=store.job(found.job.id))


def plan(filler: Filler, picked: Configuration = PICKED, free: int = 10**12) -> CompanionPlan:
    return plan_baselines(filler.job.spec, picked, lambda: free)


def end_all(filler: Filler, name: str, accuracy: float = 0.75) -> None:
    store = filler.store
    job = store.find_job(name)
    while store.open_trials(job.id):
        trial = claim(store, job.id)
        values = {"accuracy": accuracy, "training_seconds": 2.0}
        store.complete(trial.id, trial.attempt, values, {"validation_rows": 400}, "folder")


def test_the_whole_list_is_queued_and_what_is_trained_already_stands_in_it(
    filler: Filler,
) -> None:
    store, wanted = filler.store, plan(filler)
    before = store.trials(filler.job.id)
    beside = ensure(store, filler.job, wanted)
    assert beside.name == "job.baselines" and beside.state is JobState.RUNNING
    trials = store.trials(beside.id)
    assert len(trials) == 2 + 2 + 1 + 2 == beside.spec.budget.trials
    (shared,) = [x for x in trials if x.state is TrialState.COMPLETED]
    (known,) = [x for x in before if x.key == shared.key]
    assert shared.key == lora(8).key and shared.seed == known.seed
    assert shared.measurements == known.measurements and shared.adapter is None
    assert shared.provenance[SHARED] == {"job": "job", "trial": 1}
    assert {x.origin for x in trials if x is not shared} == {"baseline"}
    assert {x.key for x in trials} == wanted.configurations.keys()
    head = store.preparation(beside.id)
    assert head is not None and head.floors == prepare(0.7).floors
    assert store.head_start(beside.id) == b"head" and store.floor_answers(beside.id) == b"answers"
    assert store.trials(filler.job.id) == before  # what was searched is left as it is
    assert store.job(filler.job.id) == filler.job


def test_the_two_know_each_other_by_their_ids(filler: Filler) -> None:
    beside = ensure(filler.store, filler.job, plan(filler))
    ((told, found),) = find_companions(filler.store, filler.job)
    assert found == beside and told.picked == PICKED.key and told.purpose == "baselines"
    assert find_parent(filler.store, beside) == {"name": "job", "uid": filler.job.uid}
    assert find_parent(filler.store, filler.job) is None
    assert find_parents(filler.store) == {beside.id: find_parent(filler.store, beside)}
    with pytest.raises(UserError, match=r"stands beside the job 'job'"):
        check_parent(filler.store, beside)
    filler.store.set_state(beside.id, JobState.STOPPED)
    filler.store.delete_job(beside.id)
    filler.store.create_job(make_spec("job.baselines"))
    assert find_companions(filler.store, filler.job) == []  # a namesake is another job
    assert ensure(filler.store, filler.job, plan(filler)).name == "job.baselines-2"


def test_the_same_again_goes_on_and_another_pick_shares_what_is_trained(filler: Filler) -> None:
    store = filler.store
    first = ensure(store, filler.job, plan(filler))
    life.stop(store, first.name)
    assert ensure(store, filler.job, plan(filler)).state is JobState.RUNNING
    assert len(store.trials(first.id)) == 7
    end_all(filler, first.name)
    other = plan(filler, lora(2, start=5))
    work = foresee(store, filler.job, other)
    assert len(work.shared) == 5 and len(work.new) == 2  # two other places
    second = ensure(store, filler.job, other)
    assert second.name == "job.baselines-2" and second.id != first.id
    assert store.counts(second.id)[TrialState.QUEUED] == 2
    ends = [x for x in store.trials(second.id) if x.state is TrialState.COMPLETED]
    assert {x.provenance[SHARED]["job"] for x in ends} == {"job", "job.baselines"}


def test_what_is_asked_for_again_is_what_is_shown(filler: Filler) -> None:
    store, other = filler.store, plan(filler, lora(2, start=5))
    first = ensure(store, filler.job, plan(filler))
    second = ensure(store, filler.job, other)
    for asked, beside in ((plan(filler), first), (other, second), (plan(filler), first)):
        assert ensure(store, filler.job, asked).id == beside.id
        latest = read_circle(store, filler.job).latest("baselines")
        assert latest is not None
        assert latest.companion.picked == asked.picked and latest.job.id == beside.id
    count = len(store.reports(filler.job.id, COMPANION))
    ensure(store, filler.job, plan(filler))
    assert len(store.reports(filler.job.id, COMPANION)) == count


def test_a_job_of_nothing_new_has_ended(filler: Filler) -> None:
    spec = filler.job.spec
    only = plan(filler)
    parts = tuple(x for x in only.parts if x[1].key == lora(8).key)
    beside = ensure(filler.store, filler.job, replace(only, parts=parts))
    assert filler.store.job(beside.id).state is JobState.FINISHED
    assert not foresee(filler.store, filler.job, replace(only, parts=parts)).new
    assert spec == filler.store.job(filler.job.id).spec


def test_full_fine_tuning_that_does_not_fit_is_left_out_with_its_reason(filler: Filler) -> None:
    kept, refused = plan(filler), plan(filler, free=10_000)
    assert FULL_NAME in {x.name for x, _ in kept.parts}
    assert FULL_NAME not in {x.name for x, _ in refused.parts}
    assert any(x.startswith(f"{FULL_NAME}: a worker takes up to ") for x in refused.left_out)
    # It breaks the bounds of the search, which its companion does not have.
    beside = ensure(filler.store, filler.job, kept)
    assert beside.spec.objectives.bounds == () and filler.job.spec.objectives.bounds


def test_one_that_failed_is_not_trained_again(filler: Filler) -> None:
    store, wanted = filler.store, plan(filler)
    beside = ensure(store, filler.job, wanted)
    trial = claim(store, beside.id)
    store.fail(trial.id, trial.attempt, FailureKind.OUT_OF_MEMORY, "no memory")
    end_all(filler, beside.name)
    store.set_state(beside.id, JobState.FINISHED)
    assert ensure(store, filler.job, wanted).state is JobState.FINISHED
    assert len(store.trials(beside.id)) == 7


def test_an_ablation_trains_the_whole_anew_with_the_seeds_of_its_parts(filler: Filler) -> None:
    store = filler.store
    beside = ensure(store, filler.job, plan_ablation(PICKED, 2))
    assert beside.name == "job.ablation"
    new = [x for x in store.trials(beside.id) if x.state is TrialState.QUEUED]
    seeds = [x.seed for x in new if x.key == PICKED.key]
    assert len(seeds) == 2 and {x.origin for x in new} == {"ablation"}
    # Without its only part it is the probe, which the search has trained once.
    assert [x.seed for x in new if x.key == PROBE.key] == seeds[:1]
    end_all(filler, beside.name)
    store.set_state(beside.id, JobState.FINISHED)
    more = ensure(store, filler.job, plan_ablation(PICKED, 3))
    assert more.id == beside.id and more.state is JobState.RUNNING
    assert store.counts(more.id)[TrialState.QUEUED] == 2
    assert len(find_companions(store, filler.job)) == 1


def test_nothing_is_learnt_from_a_companion_unasked(filler: Filler) -> None:
    store = filler.store
    beside = ensure(store, filler.job, plan_ablation(PICKED, 20))
    end_all(filler, beside.name, 0.9)
    asked = make_spec("another", trials=50)
    assert find_lessons(store, asked) == ()
    named = make_spec("another", trials=50, search={"learn_from": [beside.name]})
    assert [x.job for x in find_lessons(store, named)] == [beside.name]


def test_a_job_that_has_not_begun_has_none(new_sqlite: NewDatabase) -> None:
    with Store.open(new_sqlite()) as store:
        job = store.create_job(make_spec())
        with pytest.raises(UserError, match="has trained nothing here yet"):
            check_parent(store, job)


def test_the_forecast_is_by_what_trainings_of_the_job_took(filler: Filler) -> None:
    work = foresee(filler.store, filler.job, plan(filler))
    known = filler.store.trials(filler.job.id)
    timed = [replace(x, running_seconds=10.0) for x in known]
    anatomy = filler.job.spec.anatomy
    assert foresee_seconds(work.new, [], anatomy) is None
    assert foresee_seconds(work.new, timed, anatomy) == pytest.approx(60.0)
    seen = Workload(sequences=100, tokens=(1000,), pairs=((10_000,),))
    counted = anatomy.model_copy(update={"workload": seen})
    found = foresee_seconds(work.new, timed, counted)
    assert found is not None and found > 60.0  # most of the search's trainings end higher up
