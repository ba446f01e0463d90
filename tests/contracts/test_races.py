"""Contract: what stays true while many stores work on one database at once."""

from collections import Counter

from peftsearch.errors import StaleLeaseError
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.storage.store import Store
from tests.specs import make_spec
from tests.storage.examples import EXPIRED, LEASE, claim, complete, insert, make_proposal

from .fronts import read_front, recompute_front
from .threads import WORKERS, race


def test_many_stores_open_one_empty_database(empty_url: str) -> None:
    assert race(empty_url, lambda store, _: store.jobs(), 6) == [[]] * 6


def test_each_trial_is_claimed_exactly_once(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(index) for index in range(40)])

    def claim_all(own: Store, index: int) -> list[int]:
        numbers = []
        while (trial := own.claim(job.id, f"w{index}", LEASE)) is not None:
            numbers.append(trial.number)
        return numbers

    claimed = race(database_url, claim_all)
    assert Counter(sum(claimed, [])) == Counter(range(40))
    assert all(numbers == sorted(numbers) for numbers in claimed)
    for trial in store.trials(job.id):
        assert trial.attempt == 1
        assert trial.number in claimed[int(str(trial.worker)[1:])]


def test_one_of_many_completions_is_accepted(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(index) for index in range(8)])
    trials = [claim(store, job.id) for _ in range(8)]

    def end_all(own: Store, index: int) -> list[int]:
        won = []
        for trial in trials:
            try:
                if index % 2:
                    own.fail(trial.id, trial.attempt, FailureKind.BUG, f"{index}")
                else:
                    complete(own, trial, index / 10, 1)
            except StaleLeaseError:
                continue
            won.append(trial.number)
        return won

    won = race(database_url, end_all)
    assert Counter(sum(won, [])) == Counter(range(8))
    assert store.find_job("job").event == 8
    for trial in store.trials(job.id):
        winner = next(index for index, numbers in enumerate(won) if trial.number in numbers)
        if trial.state is TrialState.FAILED:
            assert trial.message == f"{winner}"
        else:
            assert trial.measurements["accuracy"] == winner / 10


def test_concurrent_completions_keep_the_front_of_every_event(
    store: Store, database_url: str
) -> None:
    job = store.create_job(make_spec())
    proposals = [make_proposal(index % 12, seed=index // 12) for index in range(36)]
    insert(store, job.id, proposals)

    def work(own: Store, index: int) -> list[tuple[int, int]]:
        ended = []
        while (trial := own.claim(job.id, f"w{index}", LEASE)) is not None:
            accuracy = (trial.number * 7 % 11 + trial.seed) / 13
            event = complete(own, trial, accuracy, trial.number % 12 % 5 + 1.0)
            ended.append((event, trial.number))
        return ended

    ended = sorted(sum(race(database_url, work), []))
    assert [event for event, _ in ended] == list(range(1, 37))
    trials = store.trials(job.id)
    for event in range(37):
        done = [trials[number] for _, number in ended[:event]]
        assert read_front(store, job.id, event) == recompute_front(done)


def test_concurrent_inserts_number_without_gaps_within_the_budget(
    store: Store, database_url: str
) -> None:
    job = store.create_job(make_spec(trials=25))

    def propose(own: Store, index: int) -> int:
        inserted = 0
        for batch in range(20):
            # An expired lease is stolen at once, so that the fence has work to do.
            token = own.take_suggestion_lease(job.id, f"w{index}", EXPIRED)
            assert token is not None
            first = batch * 3 + index % 2
            proposals = [make_proposal(x) for x in range(first, first + 3)]
            try:
                inserted += len(own.insert(job.id, token, proposals, [{}] * 3))
            except StaleLeaseError:
                continue
        return inserted

    inserted = race(database_url, propose)
    trials = store.trials(job.id)
    assert sum(inserted) == len(trials) <= 25
    assert [trial.number for trial in trials] == list(range(len(trials)))
    assert len({(trial.key, trial.seed) for trial in trials}) == len(trials)
    # Nobody disturbs the last one, so that the budget was reached in the end.
    insert(store, job.id, [make_proposal(100 + x) for x in range(30)])
    assert len(store.trials(job.id)) == 25


def test_trials_that_expire_at_once_end_once(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec())
    insert(store, job.id, [make_proposal(index) for index in range(24)])

    def work(own: Store, index: int) -> tuple[list[int], list[int]]:
        requeued, completed = [], []
        while (counts := own.counts(job.id))[TrialState.QUEUED] or counts[TrialState.RUNNING]:
            requeued += own.requeue_expired(job.id, max_attempts=2)
            trial = own.claim(job.id, f"w{index}", EXPIRED)
            if trial is None:
                continue
            requeued += own.requeue_expired(job.id, max_attempts=2)
            try:
                complete(own, trial, 0.5, 1)
            except StaleLeaseError:
                continue
            completed.append(trial.number)
        return requeued, completed

    outcomes = race(database_url, work)
    completed = Counter(sum((numbers for _, numbers in outcomes), []))
    requeued = Counter(sum((numbers for numbers, _ in outcomes), []))
    assert store.find_job("job").event == 24
    for trial in store.trials(job.id):
        assert completed[trial.number] == (trial.state is TrialState.COMPLETED)
        assert trial.state in (TrialState.COMPLETED, TrialState.FAILED)
        assert requeued[trial.number] <= 1 and trial.attempt <= 2


def test_one_of_many_takes_the_lease(store: Store, database_url: str) -> None:
    job = store.create_job(make_spec())
    tokens = race(
        database_url, lambda own, index: own.take_suggestion_lease(job.id, f"w{index}", LEASE)
    )
    assert sorted(tokens, key=lambda x: x or 0) == [None] * (WORKERS - 1) + [1]


def test_one_of_many_creates_the_job(database_url: str) -> None:
    def create(own: Store, index: int) -> bool:
        try:
            own.create_job(make_spec("same"))
        except ValueError:
            return False
        return True

    assert sorted(race(database_url, create)) == [False] * (WORKERS - 1) + [True]
