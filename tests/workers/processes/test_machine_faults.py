"""What the machine does to a worker is no trial's failure: the trial is queued again."""

import errno
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import StoreDamaged, StoreUnavailable, UserError
from peftsearch.records.job import JobState
from peftsearch.records.trial import FailureKind, Proposal, TrialState
from peftsearch.storage.salvage.rebuilding import salvage
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts import keeping
from peftsearch.workers.files.adapter_files import save_adapter
from peftsearch.workers.files.job_folder import check_folder
from peftsearch.workers.processes import loop
from peftsearch.workers.processes.loop import WorkerLoop
from peftsearch.workers.runtime.machine_faults import MachineFault
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.conftest import NewDatabase
from tests.storage.examples import insert
from tests.storage.salvage.examples import break_indices
from tests.workers.monitors import Watcher
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.small_files import small_files

pytestmark = pytest.mark.usefixtures("warm_start")


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory, folders: dict[str, Path]) -> TrialRunner:
    """A job of two short trials."""
    return open_runner(tmp_path_factory.mktemp("job"), folders["bert"], epochs=1)


@pytest.fixture
def store(new_sqlite: NewDatabase, runner: TrialRunner) -> Iterator[Store]:
    with Store.open(new_sqlite()) as store:
        job = store.create_job(runner.spec)
        insert(store, job.id, [Proposal(LORA, 0, "try"), Proposal(PROBE, 0, "probe")])
        yield store


def _work(
    store: Store,
    runner: TrialRunner,
    root: Path,
    act: Callable[[int], None] = lambda done: None,
) -> None:
    job = store.jobs()[0]
    store.register_worker(job.id, "w", "host", 1, "cpu")
    WorkerLoop("w", store, job, runner, root, Watcher(act)).run()


def _limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def save(*arguments: Any) -> str:
        with small_files():
            return save_adapter(*arguments)

    monkeypatch.setattr(keeping, "save_adapter", save)


def _refuse(number: int) -> Callable[[pytest.MonkeyPatch], None]:
    def fail(*arguments: Any) -> None:
        raise OSError(number, os.strerror(number))

    return lambda monkeypatch: monkeypatch.setattr(keeping, "save_adapter", fail)


@pytest.mark.parametrize(
    ("break_it", "said"),
    [
        (_limit, "File too large"),
        (_refuse(errno.ENOSPC), "No space left on device"),
        (_refuse(errno.EDQUOT), "Disk quota exceeded"),
        (_refuse(errno.EACCES), "Permission denied"),
    ],
    ids=["limit", "full", "quota", "permission"],
)
def test_a_folder_that_takes_nothing_costs_no_trial(
    store: Store,
    runner: TrialRunner,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    break_it: Callable[[pytest.MonkeyPatch], None],
    said: str,
) -> None:
    with monkeypatch.context() as broken, pytest.raises(MachineFault) as caught:
        break_it(broken)
        _work(store, runner, tmp_path)
    line = str(caught.value)
    assert f"cannot write an adapter to {tmp_path}: {said};" in line and "\n" not in line
    assert "`peftsearch resume" in line and caught.value.exit_code == 1
    job = store.jobs()[0]
    assert (job.state, store.workers(job.id)) == (JobState.RUNNING, [])
    assert [x.state for x in store.trials(job.id)] == [TrialState.QUEUED] * 2
    assert {x.parent.name for x in tmp_path.rglob("*") if x.is_file()} == {"rungs"}
    _work(store, runner, tmp_path)
    assert "resumed_step" in store.trial(job.id, 0).provenance
    assert [x.state for x in store.trials(job.id)] == [TrialState.COMPLETED] * 2


def test_a_disk_that_breaks_in_training_costs_no_trial(
    store: Store, runner: TrialRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evaluate(*arguments: Any, **options: Any) -> None:
        try:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        except OSError as error:
            raise UserError("a readable file", "another", "mend it") from error

    monkeypatch.setattr(TrialRunner, "evaluate", evaluate)
    with pytest.raises(MachineFault, match="cannot train: Input/output error"):
        _work(store, runner, tmp_path)
    assert store.trial(store.jobs()[0].id, 0).state is TrialState.QUEUED


def test_a_file_that_is_not_there_is_the_trial_s_own_failure(
    store: Store, runner: TrialRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def evaluate(*arguments: Any, **options: Any) -> None:
        (tmp_path / "none").read_text()

    monkeypatch.setattr(TrialRunner, "evaluate", evaluate)
    _work(store, runner, tmp_path)
    assert store.trial(store.jobs()[0].id, 0).failure is FailureKind.BUG


def test_a_result_that_can_be_kept_nowhere_is_told(
    store: Store, runner: TrialRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*arguments: Any) -> int:
        raise StoreUnavailable("the database", "it is away")

    def spool(*arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Store, "complete", away)
    monkeypatch.setattr(loop, "spool", spool)
    with pytest.raises(MachineFault, match="keep a result in .* No space left on device"):
        _work(store, runner, tmp_path)
    assert store.trial(store.jobs()[0].id, 0).state is TrialState.QUEUED


def test_a_database_that_cannot_be_written_is_told(
    store: Store, runner: TrialRunner, tmp_path: Path
) -> None:
    """What waits for a database that is away would wait for ever; the result is kept."""

    def limit(done: int, only: int = 1) -> None:
        store._connection.connection.cursor().execute(f"PRAGMA query_only = {only}")

    with pytest.raises(MachineFault, match="cannot write the database .* readonly database;"):
        _work(store, runner, tmp_path, limit)
    limit(0, only=0)
    _work(store, runner, tmp_path)
    trials = store.trials(store.jobs()[0].id)
    assert [(x.state, x.attempt) for x in trials] == [(TrialState.COMPLETED, 1)] * 2


def test_a_full_folder_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with small_files(), pytest.raises(UserError, match="File too large; make room"):
        check_folder(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_disk_that_is_really_full(store: Store, runner: TrialRunner, tmp_path: Path) -> None:
    mount = ["mount", "-t", "tmpfs", "-o", "size=8k", "tmpfs", str(tmp_path)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("no small file system can be mounted here")
    try:
        with pytest.raises(MachineFault, match="No space left on device"):
            _work(store, runner, tmp_path)
        assert store.trial(store.jobs()[0].id, 0).state is TrialState.QUEUED
        with pytest.raises(UserError, match="No space left on device; make room"):
            check_folder(tmp_path)
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


def test_a_database_file_that_goes_amid_a_training_loses_no_result(
    store: Store, runner: TrialRunner, tmp_path: Path
) -> None:
    """It waits beside the adapters, and is recorded once the file is back."""
    path = Path(store.url.removeprefix("sqlite:///"))
    away = path.with_suffix(".away")

    def move(done: int) -> None:
        if done and path.exists():
            path.rename(away)

    with pytest.raises(MachineFault, match="deleted, moved or replaced while it was in use"):
        _work(store, runner, tmp_path, move)
    away.rename(path)
    job = store.jobs()[0]
    assert [x.state for x in store.trials(job.id)] == [TrialState.RUNNING, TrialState.QUEUED]
    _work(store, runner, tmp_path)
    assert [(x.state, x.attempt) for x in store.trials(job.id)] == [(TrialState.COMPLETED, 1)] * 2


def test_a_database_that_is_damaged_amid_a_training_is_told_and_the_result_kept(
    store: Store, runner: TrialRunner, tmp_path: Path
) -> None:
    """What can be saved of it takes the result up."""
    path = Path(store.url.removeprefix("sqlite:///"))

    with pytest.raises(StoreDamaged, match="`peftsearch doctor --salvage .* --out NEW.db`"):
        _work(store, runner, tmp_path, lambda done: break_indices(path))
    store.close()
    assert salvage(path, tmp_path / "new.db").saved["trials"] == 2
    with Store.open(f"sqlite:///{tmp_path / 'new.db'}") as saved:
        _work(saved, runner, tmp_path)
        trials = saved.trials(saved.jobs()[0].id)
        assert [(x.state, x.attempt) for x in trials] == [(TrialState.COMPLETED, 1)] * 2
