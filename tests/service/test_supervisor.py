"""Supervision of pools: real processes, of small programs that behave as pools may."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import psutil
import pytest

from peftsearch.errors import Conflict
from peftsearch.service.settings import Settings
from peftsearch.service.work import pool_process
from peftsearch.service.work.pool_process import Timing, database_mark, log_path, record_path
from peftsearch.service.work.pool_status import PoolStatus
from peftsearch.service.work.supervisor import Supervisor
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.machines import other_machine, other_time
from tests.waiting import wait_until

from .launches import add_job
from .pools import PATIENT, SHORT, SLEEP
from .sites import client_of, open_site

SECRET = "a-password-of-a-database"
IGNORE = "import signal; signal.signal(signal.{0}, signal.SIG_IGN); "
STUBBORN = IGNORE.format("SIGTERM") + SLEEP
KILLED = "import os, signal; print('begun', flush=True); os.kill(os.getpid(), signal.SIGKILL)"
WRONG = "import sys; print('error: old'); print('error: no such device', flush=True); sys.exit(2)"


class Start(Protocol):
    def __call__(self, code: str, timing: Timing = PATIENT) -> Supervisor: ...


class Jobs(set[str]):
    """Those that run; the service asks its database."""

    def runs(self, job: str) -> bool:
        return job in self


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(f"postgresql+psycopg://user:{SECRET}@nowhere/name", tmp_path / "files")


@pytest.fixture
def jobs() -> Jobs:
    return Jobs({"job"})


@pytest.fixture
def start(settings: Settings, jobs: Jobs) -> Iterator[Start]:
    """Starts a pool `job` whose program is Python code."""
    made = []

    def begin(code: str, timing: Timing = PATIENT) -> Supervisor:
        program = (sys.executable, "-S", "-c", code)
        supervisor = Supervisor(settings, jobs.runs, program, timing)
        made.append(supervisor)
        begin_pool(supervisor)
        return supervisor

    yield begin
    for supervisor in made:
        supervisor.close()


def begin_pool(supervisor: Supervisor, workers: int = 2) -> PoolStatus:
    with supervisor.place("job") as begin:
        return begin("abc", workers, "cpu")


def wait_end(supervisor: Supervisor) -> PoolStatus:
    wait_until(lambda: not status(supervisor).active)
    return status(supervisor)


def status(supervisor: Supervisor) -> PoolStatus:
    found = supervisor.pool("job")
    assert found is not None
    return found


def log(settings: Settings) -> str:
    return log_path(settings, "job").read_text()


def test_database_reaches_the_pool_by_its_environment_alone(
    start: Start, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_TOKEN", "the token")
    code = "import os, sys; print(sys.argv[1:]); print(sorted(os.environ.items()))"
    assert wait_end(start(code)).state == "ended"
    argv, environment = log(settings).splitlines()
    assert argv == "['worker', 'job', '--uid', 'abc', '--workers', '2', '--device', 'cpu']"
    assert SECRET in environment
    assert str(settings.root) in environment
    assert "the token" not in environment


def test_pool_that_ends_well(start: Start) -> None:
    ended = wait_end(start("pass"))
    assert (ended.state, ended.message) == ("ended", None)


def test_pool_that_fails_says_its_last_error(start: Start) -> None:
    ended = wait_end(start(WRONG))
    assert (ended.state, ended.message) == ("failed", "no such device")


def test_pool_that_fails_without_a_word_names_its_log(start: Start, settings: Settings) -> None:
    ended = wait_end(start("raise SystemExit(3)"))
    assert ended.message is not None
    assert "exit code 3" in ended.message
    assert str(log_path(settings, "job")) in ended.message


def test_killed_pool_is_started_again_three_times(start: Start, settings: Settings) -> None:
    ended = wait_end(start(KILLED))
    assert ended.state == "failed"
    assert ended.message is not None and "SIGKILL ended the pool 4 times" in ended.message
    assert log(settings).count("begun") == 4


def test_killed_pool_that_recovers(start: Start, settings: Settings) -> None:
    once = f"import os\nif os.path.getsize({str(log_path(settings, 'job'))!r}) == 0: {KILLED}"
    assert wait_end(start(once)).state == "ended"
    assert log(settings).count("begun") == 1


BACKGROUND = IGNORE.format("SIGINT") + SLEEP
"""As it begins where a script has started the service in the background."""
LISTENS = f"""
import signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit("gives its trial back"))
{SLEEP}
"""


@pytest.mark.parametrize("code", [LISTENS, BACKGROUND])
def test_stop_interrupts(start: Start, settings: Settings, code: str) -> None:
    supervisor = start(code)
    wait_until(lambda: "here" in log(settings))
    supervisor.stop("job")
    assert wait_end(supervisor).state == "ended"
    assert ("gives its trial back" in log(settings)) == (code == LISTENS)


def test_pool_that_does_not_listen_is_killed(start: Start, settings: Settings) -> None:
    supervisor = start(STUBBORN, SHORT)
    wait_until(lambda: "here" in log(settings))
    supervisor.stop("job")
    assert status(supervisor).state == "stopping"
    assert wait_end(supervisor).state == "ended"


def test_stopped_job_lets_its_pool_end_by_itself(
    start: Start, settings: Settings, jobs: Jobs
) -> None:
    go = settings.root / "go"
    code = f"import os, time; print('here', flush=True)\nwhile not os.path.exists({str(go)!r}):"
    supervisor = start(f"{code} time.sleep(0.01)\nprint('by itself')")
    wait_until(lambda: "here" in log(settings))
    jobs.clear()
    go.touch()
    assert wait_end(supervisor).state == "ended"
    assert "by itself" in log(settings)


def test_killed_while_it_stops_is_not_started_again(
    start: Start, settings: Settings, jobs: Jobs
) -> None:
    supervisor = start(SLEEP)
    wait_until(lambda: "here" in log(settings))
    jobs.clear()
    os.kill(supervisor.pid("job") or 0, 9)
    assert wait_end(supervisor).state == "ended"
    assert log(settings).count("here") == 1


def test_one_pool_for_a_job(start: Start) -> None:
    supervisor = start(SLEEP)
    with pytest.raises(Conflict, match="without a pool; got one that runs"):
        begin_pool(supervisor)
    supervisor.stop("job")
    assert begin_pool(supervisor, 1).state == "running"  # the one that leaves is waited for
    assert status(supervisor).workers == 1


def test_pool_that_does_not_leave_is_waited_for_a_while(
    start: Start, settings: Settings, jobs: Jobs
) -> None:
    supervisor = start(SLEEP, SHORT)
    wait_until(lambda: "here" in log(settings))
    jobs.clear()
    with pytest.raises(Conflict, match="finish their trials; wait until they have left"):
        begin_pool(supervisor)


def test_a_place_is_held_for_one_and_free_after_a_mistake(start: Start) -> None:
    supervisor = start("pass")
    wait_end(supervisor)
    with pytest.raises(RuntimeError, match="fallen"), supervisor.place("job"):
        with pytest.raises(Conflict):
            begin_pool(supervisor)
        raise RuntimeError("fallen")
    assert begin_pool(supervisor).state == "running"


def test_close_ends_all_with_what_they_started(start: Start, settings: Settings) -> None:
    grandchild = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}])"
    supervisor = start(f"{grandchild}; print(p.pid, flush=True); {STUBBORN}", SHORT)
    wait_until(lambda: log(settings).count("here") == 2)
    supervisor.close()
    assert status(supervisor).state == "ended"
    wait_until(lambda: not runs(supervisor.pid("job") or 0))
    wait_until(lambda: not runs(int(log(settings).split()[0])))
    with pytest.raises(Conflict, match="a running service"):
        begin_pool(supervisor)


def runs(pid: int) -> bool:
    """Whether a process is there and is no zombie that nobody waited for."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_long_log_is_cut(
    start: Start, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool_process, "LOG_BYTES", 10_000)
    start(f"print('x' * 100_000, flush=True); {SLEEP}")
    path = log_path(settings, "job")
    wait_until(lambda: path.stat().st_size == 0)


def test_forgotten_job_leaves_nothing(start: Start, settings: Settings) -> None:
    supervisor = start("pass")
    wait_end(supervisor)
    supervisor.forget("job")
    assert supervisor.pool("job") is None
    assert supervisor.pools() == {}
    assert not log_path(settings, "job").exists()


def test_the_last_forgotten_job_takes_the_folder_of_logs(start: Start, settings: Settings) -> None:
    supervisor = start("pass")
    wait_end(supervisor)
    other = settings.root / ".logs" / "other.log"
    other.touch()
    supervisor.forget("job")
    assert list(other.parent.iterdir()) == [other]
    other.unlink()
    supervisor.forget("never seen")
    assert list(settings.root.iterdir()) == []
    supervisor.forget("never seen")
    begin_pool(supervisor)
    wait_end(supervisor)


def test_the_number_of_workers_outlives_the_service(start: Start, settings: Settings) -> None:
    first = start(SLEEP)
    assert adopt(settings, Jobs()).known_pools() == {}  # a service tends it
    first.close()
    later = adopt(settings, Jobs())
    found = later.known_pools()["job"]
    assert (found.workers, found.device, found.state) == (2, "cpu", "ended")
    assert later.pools() == {} and later.pool("job") is None
    (settings.root / ".logs" / f"bad{database_mark(settings)}.last.json").write_text("[]")
    assert adopt(settings, Jobs()).known_pools().keys() == {"job"}
    later.forget("job")
    assert adopt(settings, Jobs()).known_pools() == {} == later.known_pools()


def test_a_job_is_shown_with_the_workers_of_before(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        add_job(store, "job", [0.5])
    app = open_site(url)
    settings = app.state.service.settings
    settings.root.mkdir(exist_ok=True)
    before = Supervisor(settings, lambda _: True, (sys.executable, "-S", "-c", SLEEP), PATIENT)
    begin_pool(before, 3)
    before.close()
    with client_of(open_site(url)) as client:
        assert client.get("/api/v1/jobs/job").json()["pool"]["workers"] == 3
        assert client.get("/api/v1/workers").json()["pools"] == []


LEAVES = """
import os, sys
from pathlib import Path
from peftsearch.service.settings import Settings
from peftsearch.service.work.supervisor import Supervisor
storage, root, *program = sys.argv[1:]
supervisor = Supervisor(Settings(storage, Path(root)), lambda job: True, program)
with supervisor.place("job") as begin:
    begin("abc", 3, "cpu")
print(supervisor.pid("job"), flush=True)
sys.stdin.read()
os.kill(os.getpid(), 9)
"""


@contextlib.contextmanager
def left_behind(settings: Settings, code: str) -> Iterator["subprocess.Popen[str]"]:
    """A service in a process of its own with a pool, which is killed by the end of its input."""
    pool = (sys.executable, "-S", "-c", code)
    command = [sys.executable, "-c", LEAVES, settings.storage, str(settings.root), *pool]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, text=True, stdin=pipe, stdout=pipe) as service:
        yield service


def adopt(settings: Settings, jobs: Jobs, code: str = SLEEP) -> Supervisor:
    return Supervisor(settings, jobs.runs, (sys.executable, "-S", "-c", code), PATIENT)


def test_a_pool_that_outlives_its_service_is_found_by_the_next(
    settings: Settings, jobs: Jobs
) -> None:
    with left_behind(settings, LISTENS) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        wait_until(lambda: "here" in log(settings))
        beside = adopt(settings, jobs)
        assert beside.pool("job") is None  # its own service lives
        with pytest.raises(Conflict, match="one that runs"):
            begin_pool(beside)
        beside.close()
        assert runs(pid)
    supervisor, later = adopt(settings, jobs), adopt(settings, jobs)
    try:
        found = status(supervisor)
        assert (found.state, found.workers, supervisor.pid("job")) == ("running", 3, pid)
        assert later.pool("job") is None  # one service alone has it
        with pytest.raises(Conflict, match="one that runs"):
            begin_pool(supervisor)
        supervisor.stop("job")
        assert wait_end(supervisor).state == "ended"
        assert "gives its trial back" in log(settings)
        assert not runs(pid)
        assert not record_path(settings, "job").exists()
    finally:
        supervisor.close()
        later.close()


def test_a_service_finds_the_pool_of_one_that_is_killed_beside_it(
    settings: Settings, jobs: Jobs
) -> None:
    with left_behind(settings, SLEEP) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        beside = adopt(settings, jobs)
    try:
        with pytest.raises(Conflict, match="one that runs"):
            begin_pool(beside)
        assert beside.pid("job") == pid
        beside.stop("job")
        assert begin_pool(beside, 1).workers == 1
        assert beside.pid("job") != pid
    finally:
        beside.close()


TRIES = """
import sys
from pathlib import Path
from peftsearch.errors import Conflict
from peftsearch.service.settings import Settings
from peftsearch.service.work.supervisor import Supervisor
storage, root = sys.argv[1:]
try:
    with Supervisor(Settings(storage, Path(root)), lambda job: True).place("job"):
        print("taken")
except Conflict as error:
    print(error)
"""


def ask_another(settings: Settings, first: Sequence[str] = ()) -> str:
    """What a service beside this one says to a further pool; `first` starts its program."""
    command = [*first, sys.executable, "-c", TRIES, settings.storage, str(settings.root)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_a_place_is_held_against_services_beside_it(settings: Settings, jobs: Jobs) -> None:
    supervisor = adopt(settings, jobs)
    with supervisor.place("job"):
        assert "got one that runs" in ask_another(settings)
    assert ask_another(settings) == "taken\n"
    assert list(settings.root.iterdir()) == []
    supervisor.close()


def test_a_service_on_another_machine_leaves_pools_to_this_one(
    settings: Settings, jobs: Jobs
) -> None:
    with left_behind(settings, SLEEP) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        assert ask_another(settings, other_machine()) == "taken\n"
    supervisor = adopt(settings, jobs)
    assert supervisor.pid("job") == pid
    supervisor.close()
    assert not runs(pid)


def test_a_clock_that_is_set_ends_no_process(settings: Settings, jobs: Jobs) -> None:
    supervisor = adopt(settings, jobs)
    begin_pool(supervisor)
    assert "got one that runs" in ask_another(settings, other_time())
    assert record_path(settings, "job").exists()
    supervisor.close()


def test_a_log_that_is_gone_ends_no_pool(start: Start, settings: Settings) -> None:
    supervisor = start("import sys; sys.stdin.read(); import time; time.sleep(0.6); sys.exit(2)")
    log_path(settings, "job").unlink()
    assert wait_end(supervisor).state == "failed"


def test_an_adopted_pool_that_is_killed_is_started_again(settings: Settings, jobs: Jobs) -> None:
    with left_behind(settings, SLEEP) as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
    supervisor = adopt(settings, jobs)
    try:
        os.kill(pid, 9)
        wait_until(lambda: supervisor.pid("job") != pid)
        assert status(supervisor).state == "running"
    finally:
        supervisor.close()
    assert not runs(supervisor.pid("job") or 0)


def test_a_pool_that_ended_with_its_service_is_forgotten(settings: Settings, jobs: Jobs) -> None:
    with left_behind(settings, "pass") as service:
        assert service.stdout is not None
        pid = int(service.stdout.readline())
        wait_until(lambda: not runs(pid))
    supervisor = adopt(settings, jobs)
    assert supervisor.pools() == {}
    supervisor.close()
    assert list(record_path(settings, "job").parent.glob("*.pool.json*")) == []


@pytest.mark.parametrize("text", ["", "[]", '{"status": {}}', "\x00"])
def test_a_damaged_record_is_no_pool(settings: Settings, jobs: Jobs, text: str) -> None:
    path = record_path(settings, "job")
    path.parent.mkdir(parents=True)
    path.write_text(text)
    supervisor = adopt(settings, jobs)
    assert supervisor.pools() == {}
    supervisor.close()
