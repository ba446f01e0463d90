"""Each tracker by its real client: what it holds of a job, whoever told it and how often."""

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import FailureKind, Proposal, Trial
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.tracker_names import CLIENTS
from peftsearch.storage.store import Store
from peftsearch.tracking.follower import Follower
from peftsearch.tracking.run import Experiment
from peftsearch.tracking.tracker import make_tracker
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import claim, insert

from .read_back import READERS, Runs

CURVE = {0.25: 0.75, 0.5: 0.5, 0.75: 0.25}
PROVENANCE = {"steps": 40, "epochs": 3.0, "batch_size": 16, "dropout": 0.1, "validation_rows": 100}
ACCURACY = {0: 0.5, 1: 0.9, 2: 0.9, 3: 0.7}
RANKS = (4, 2, 1, 8)
Tell = Callable[..., Follower]

pytestmark = [
    # Those of clients and of what they import.
    pytest.mark.filterwarnings("ignore"),
]


def _configuration(rank: int) -> Configuration:
    lora = (Module("lora", rank, ("query", "value"), 1.0),)
    return Configuration((Stratum(0, 4), Stratum(4, 6, lora)), 1e-3)


def _complete(store: Store, trial: Trial) -> None:
    measured = {"accuracy": ACCURACY[trial.number], **trial.measurements}
    store.complete(trial.id, trial.attempt, measured, PROVENANCE, None, curve=CURVE)


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Iterator[Store]:
    """One kind of database is enough here."""
    with Store.open(new_sqlite()) as store:
        yield store


@pytest.fixture
def job(store: Store) -> Job:
    """Of four trials: one is done, one failed, one runs and one waits."""
    job = store.create_job(make_spec())
    proposals = [Proposal(_configuration(rank), rank, "search") for rank in RANKS]
    insert(store, job.id, proposals, [{"trainable_parameters": 100.0 * x} for x in RANKS])
    _complete(store, claim(store, job.id))
    failed = claim(store, job.id)
    store.fail(failed.id, failed.attempt, FailureKind.OUT_OF_MEMORY, "no room in /home/ann/data")
    claim(store, job.id)
    return store.job(job.id)


@pytest.fixture(params=sorted(CLIENTS))
def tracker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    name = str(request.param)
    if find_spec(name) is None:
        pytest.skip(f"the client of {name} is not installed: {CLIENTS[name]}")
    for variable in ("MLFLOW_TRACKING_URI", "MLFLOW_EXPERIMENT_NAME", "WANDB_DIR"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("WANDB_MODE", "offline")
    return name


@pytest.fixture
def tell(
    store: Store, job: Job, tracker: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Tell:
    """Tell it as a new process would."""
    if tracker == "trackio":
        from trackio import sqlite_storage, utils

        monkeypatch.setattr(sqlite_storage, "TRACKIO_DIR", tmp_path / "trackio")
        monkeypatch.setattr(utils, "TRACKIO_DIR", tmp_path / "trackio")

    def tell(last: bool = False) -> Follower:
        made = make_tracker(tracker, Experiment(job.name, job.uid, tmp_path))
        follower = Follower(store, job, made, tmp_path)
        follower.tell(last)
        return follower

    return tell


def _read(tracker: str, root: Path, job: Job) -> Runs:
    return READERS[tracker](root, job)


def test_a_job_is_told_as_it_runs_and_once(
    store: Store, job: Job, tracker: str, tell: Tell, tmp_path: Path
) -> None:
    first = tell()
    first.tell(last=False)
    first.close()
    kept = _read(tracker, tmp_path, job)
    assert {"job", "trial 0", "trial 1", "trial 2"} <= {*kept}
    assert "trial 3" not in kept
    assert kept["trial 0"].words == "0-3 frozen | 4-5 lora r4 q+v | rate 1.0e-03"
    assert kept["trial 0"].values["accuracy"] == 0.5
    assert [step for step, _ in kept["trial 0"].losses] == [10, 20, 30]
    assert kept["trial 2"].losses == []
    assert "accuracy" not in kept["trial 2"].values
    # Its worker died; another process tells of the second attempt, and of the job's end.
    running = store.trial(job.id, 2)
    store.give_back(running.id, running.attempt)
    for _ in range(2):
        _complete(store, claim(store, job.id))
    store.set_state(job.id, JobState.FINISHED)
    for _ in range(2):
        tell(last=True).close()
    kept = _read(tracker, tmp_path, job)
    assert {name: run.times for name, run in kept.items()} == dict.fromkeys(
        ("job", "trial 0", "trial 1", "trial 2", "trial 3"), 1
    )
    for number, accuracy in ((0, 0.5), (2, 0.9), (3, 0.7)):
        run = kept[f"trial {number}"]
        assert run.values["accuracy"] == pytest.approx(accuracy)
        assert run.losses == [(10, 0.75), (20, 0.5), (30, 0.25)]
        assert run.values["accuracy_standard_error"] > 0
    assert [kept[f"trial {x}"].values["front"] for x in range(4)] == ["no", "no", "yes", "no"]
    assert kept["job"].values["trials_completed"] == 3
    assert kept["job"].values["best_accuracy"] == pytest.approx(0.9)


def test_a_run_is_told_whole_where_its_teller_died_between(
    store: Store, job: Job, tracker: str, tell: Tell, tmp_path: Path
) -> None:
    follower = tell()
    for _ in range(2):
        trial = store.trial(job.id, 2)
        if trial.attempt:
            store.give_back(trial.id, trial.attempt)
        claim(store, job.id)
    del follower  # as a killed process: nothing is closed
    if tracker == "wandb":
        import wandb

        wandb.teardown()  # its service, which dies with the process
    _complete(store, store.trial(job.id, 2))
    tell().close()
    run = _read(tracker, tmp_path, job)["trial 2"]
    assert run.times == 1
    assert run.losses == [(10, 0.75), (20, 0.5), (30, 0.25)]


def test_a_job_that_goes_on_is_told_who_left_the_front(
    store: Store, job: Job, tracker: str, tell: Tell, tmp_path: Path
) -> None:
    store.set_state(job.id, JobState.STOPPED)
    tell(last=True).close()
    assert _read(tracker, tmp_path, job)["trial 0"].values["front"] == "yes"
    store.set_state(job.id, JobState.RUNNING)
    running = store.trial(job.id, 2)
    _complete(store, running)
    store.set_state(job.id, JobState.STOPPED)
    tell(last=True).close()
    kept = _read(tracker, tmp_path, job)
    assert kept["trial 0"].values["front"] == "no"
    assert kept["trial 2"].values["front"] == "yes"
    assert kept["trial 0"].losses == [(10, 0.75), (20, 0.5), (30, 0.25)]


def test_no_path_of_this_machine_is_told(
    job: Job, tracker: str, tell: Tell, tmp_path: Path
) -> None:
    tell(last=True).close()
    told = str(_read(tracker, tmp_path, job))
    assert "/home/ann" not in told
