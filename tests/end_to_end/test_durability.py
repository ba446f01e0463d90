"""Nothing is lost: killed workers, killed pools, Ctrl-C, a database that goes away."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from peftsearch.records.trial import Trial, TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root, rung_path, spool_folder
from tests.cluster import Cluster
from tests.conftest import NewDatabase
from tests.storage.examples import count_lost
from tests.storage.salvage.examples import break_indices
from tests.waiting import LIMIT, wait_until

from .programs import call, errors, start
from .watching import assert_whole, finish, records, running

TRIALS = 4


@pytest.fixture
def slow_job(job_file: Path) -> Path:
    """Trials of some seconds, long enough to be interrupted."""
    job_file.write_text(
        job_file.read_text()
        .replace("epochs = 2", "epochs = 12")
        .replace("trials = 8", f"trials = {TRIALS}")
    )
    return job_file


def worker_of(url: str, trial: Trial) -> int:
    """Process id of the worker that holds the trial."""
    with Store.open(url) as store:
        workers = store.workers(trial.job_id)
    return next(worker.pid for worker in workers if worker.name == trial.worker)


def test_a_killed_worker_gives_its_trial_back(slow_job: Path) -> None:
    folder = slow_job.parent
    url = f"sqlite:///{folder / 'peftsearch.db'}"
    process = start("run", slow_job, "--workers", "2", folder=folder)
    wait_until((folder / "peftsearch.db").exists)
    wait_until(lambda: len(running(url)) > 0)
    victim = running(url)[0]
    os.kill(worker_of(url, victim), signal.SIGKILL)
    finish(process)
    found = assert_whole(url, TRIALS)
    assert found[victim.number].attempt == 2


def test_a_killed_training_goes_on_from_its_rung(slow_job: Path, tmp_path: Path) -> None:
    """It ends as one that nobody killed."""
    slow_job.write_text(slow_job.read_text().replace("epochs = 12", "epochs = 24"))
    calm = tmp_path / "calm"
    calm.mkdir()
    (calm / "job.toml").write_text(slow_job.read_text())
    finish(start("run", calm / "job.toml", folder=calm))
    folder = slow_job.parent
    url = f"sqlite:///{folder / 'peftsearch.db'}"
    process = start("run", slow_job, folder=folder)
    wait_until((folder / "peftsearch.db").exists)
    wait_until(lambda: len(running(url)) > 0)
    victim = running(url)[0]
    worker = worker_of(url, victim)
    with Store.open(url) as store:
        rung = rung_path(files_root(url), store.jobs()[0], victim)
    wait_until(rung.exists)
    os.kill(worker, signal.SIGKILL)
    finish(process)
    expected = assert_whole(f"sqlite:///{calm / 'peftsearch.db'}", TRIALS)[victim.number]
    found = assert_whole(url, TRIALS)[victim.number]
    assert (found.key, found.seed) == (expected.key, expected.seed)
    assert (found.attempt, expected.attempt) == (2, 1)
    assert found.provenance.get("resumed_step", 0) > 0
    timed = {"training_seconds", "peak_memory_bytes"}
    for name in expected.measurements.keys() - timed:
        assert found.measurements[name] == expected.measurements[name]
    assert found.adapter_sha256 == expected.adapter_sha256
    assert not rung.parent.exists()


def test_a_killed_pool_is_resumed(slow_job: Path) -> None:
    """Workers whose parent is gone end by themselves; the leases bring the trials back."""
    folder = slow_job.parent
    url = f"sqlite:///{folder / 'peftsearch.db'}"
    process = start("run", slow_job, folder=folder)
    wait_until((folder / "peftsearch.db").exists)
    wait_until(lambda: any(trial.state is TrialState.COMPLETED for trial in records(url)))
    wait_until(lambda: len(running(url)) > 0)
    worker = worker_of(url, running(url)[0])
    process.kill()
    process.communicate()
    wait_until(lambda: not _alive(worker))
    finish(start("run", slow_job, folder=folder))
    assert_whole(url, TRIALS)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_control_c_requeues_and_the_same_command_resumes(slow_job: Path) -> None:
    folder = slow_job.parent
    url = f"sqlite:///{folder / 'peftsearch.db'}"
    process = start("run", slow_job, "--workers", "2", folder=folder)
    wait_until((folder / "peftsearch.db").exists)
    wait_until(lambda: len(running(url)) > 0)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 130, said
    assert "stopping: waiting for" in said and "Ctrl-C again ends at once" in said
    assert "run the same command to resume" in said
    assert "Traceback" not in said
    assert not running(url)
    finish(start("run", slow_job, folder=folder))
    assert_whole(url, TRIALS)


def test_machines_that_are_taken_away_cost_no_trial(slow_job: Path) -> None:
    """SIGTERM to all processes of a job, as schedulers send it, more often than workers may fall
    silent."""
    folder = slow_job.parent
    url = f"sqlite:///{folder / 'peftsearch.db'}"
    for _ in range(3):
        process = start("run", slow_job, folder=folder)
        wait_until((folder / "peftsearch.db").exists)
        wait_until(lambda: len(running(url)) > 0)
        os.killpg(process.pid, signal.SIGTERM)
        _, said = process.communicate(timeout=LIMIT)
        assert process.returncode == 143, said
        assert not running(url)
    with Store.open(url) as store:
        assert count_lost(store, silent=True) == 0
    finish(start("run", slow_job, folder=folder))
    assert_whole(url, TRIALS)


@pytest.mark.postgres
def test_four_workers_on_postgresql(job_file: Path, new_postgres: NewDatabase) -> None:
    """Two commands, four workers, one database."""
    url = new_postgres()
    folder = job_file.parent
    shared: list[str | Path] = ["--storage", url, "--files", folder / "files"]
    first = start("run", job_file, "--workers", "2", *shared, folder=folder)
    wait_until(lambda: len(records(url)) > 0)
    second = start("worker", "small", "--workers", "2", *shared, folder=folder)
    finish(first)
    finish(second)
    assert_whole(url, 8)


@pytest.fixture
def administer(cluster: Cluster) -> Iterator[Callable[[str], None]]:
    """Executes a statement outside the job's database."""
    engine = create_engine(
        cluster.url("postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )

    def execute(statement: str) -> None:
        with engine.connect() as connection:
            connection.execute(text(statement))

    yield execute


@contextmanager
def away(administer: Callable[[str], None]) -> Iterator[None]:
    """The server ends all connections to `job` and refuses new ones within the block."""
    administer("ALTER DATABASE job WITH ALLOW_CONNECTIONS false")
    administer("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'job'")
    try:
        yield
    finally:
        administer("ALTER DATABASE job WITH ALLOW_CONNECTIONS true")


@pytest.mark.postgres
def test_results_survive_a_database_that_goes_away(
    slow_job: Path, cluster: Cluster, administer: Callable[[str], None]
) -> None:
    """The running trial's result waits in the spool until the database is back."""
    administer("CREATE DATABASE job")
    url = cluster.url("job")
    folder = slow_job.parent
    options: list[str | Path] = ["--storage", url, "--files", folder / "files"]
    process = start("run", slow_job, *options, folder=folder)
    wait_until(lambda: len(running(url)) > 0)
    with Store.open(url) as store:
        spool = spool_folder(folder / "files", store.jobs()[0])
    with away(administer):
        wait_until(lambda: spool.is_dir() and any(spool.glob("*.json")))
    finish(process)
    found = assert_whole(url, TRIALS)
    assert {trial.attempt for trial in found} == {1}
    assert not any(spool.glob("*.json"))


def test_a_database_that_is_damaged_amid_a_run_is_one_line_and_can_be_saved(
    slow_job: Path,
) -> None:
    folder = slow_job.parent
    database, saved = folder / "peftsearch.db", folder / "new.db"
    process = start("run", slow_job, folder=folder)
    wait_until(database.exists)
    wait_until(lambda: len(running(f"sqlite:///{database}")) > 0)
    break_indices(database)
    _, said = process.communicate(timeout=LIMIT)
    assert process.returncode == 2, said
    (error,) = errors(said)[-1:]
    assert "`peftsearch doctor --salvage peftsearch.db --out NEW.db`" in error
    assert "Traceback" not in said
    done = call("doctor", "--salvage", database, "--out", saved, folder=folder)
    assert done.returncode == 0, done.stderr
    options: list[str | Path] = ["--storage", saved, "--files", folder / "peftsearch.files"]
    finish(start("resume", "small", *options, folder=folder))
    assert_whole(f"sqlite:///{saved}", TRIALS)


def test_a_database_that_is_down_is_one_line(job_file: Path) -> None:
    url = "postgresql+psycopg://nobody@127.0.0.1:1/none"
    done = call("run", job_file, "--storage", url, folder=job_file.parent)
    assert done.returncode == 2
    (error,) = errors(done.stderr)
    assert error.startswith("error: expected")
