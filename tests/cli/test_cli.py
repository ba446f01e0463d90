"""The command line without training: help, tables, errors, and the reference that is written."""

import importlib.util
import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import get_args
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from pydantic import TypeAdapter

import peftsearch
from peftsearch.cli import shared_options
from peftsearch.cli.first_word import begin
from peftsearch.errors import UserError
from peftsearch.records.job import JobState
from peftsearch.service.routes import job_actions
from peftsearch.spaces.families.family import FAMILIES
from peftsearch.spaces.techniques.table import TECHNIQUES
from peftsearch.storage.connection import as_argument
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root, job_folder
from tests.conftest import NewDatabase
from tests.service.launches import write_workshop
from tests.service.records import PROBE, Filler, count_base
from tests.specs import make_spec

from .calls import call

ROOT = Path(__file__).parents[2]


def load_script(name: str) -> ModuleType:
    """A module of scripts/, which is no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_reference_is_up_to_date() -> None:
    script = load_script("write_cli_reference")
    assert script.PATH.read_text() == script.reference(), "run scripts/write_cli_reference.py"


@pytest.mark.parametrize("word", ["auto", "cpu", "cuda", "cuda:N", "mps"])
def test_each_device_that_is_taken_is_named(word: str) -> None:
    service = TypeAdapter(job_actions.Device)
    assert service.validate_python(word.replace("N", "0"))
    assert word in service.json_schema()["description"].replace(",", "").split()
    option = get_args(shared_options.Device)[1]
    assert word in option.help.replace(",", "").rstrip(".").split()


@pytest.mark.parametrize("command", ["--help", "techniques", "jobs", "export film"])
def test_light_commands_import_no_torch(command: str, tmp_path: Path) -> None:
    """They answer at once; torch alone takes seconds. So does an export that says no place."""
    program = (
        "import sys\n"
        "from peftsearch.cli import app\n"
        "try: app.main()\n"
        "except SystemExit: pass\n"
        "heavy = {'torch', 'transformers', 'botorch', 'datasets'} & set(sys.modules)\n"
        "print(sorted(heavy), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *command.split()],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stderr.splitlines()[-1] == "[]"


def test_help_loads_no_tables_or_databases(tmp_path: Path) -> None:
    program = (
        "import sys\n"
        "from peftsearch.cli import app\n"
        "try: app.main()\n"
        "except SystemExit: pass\n"
        "print(sorted({'sqlalchemy', 'pandas', 'numpy', 'pydantic'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "--help"], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    ("as_json", "terminal", "said"), [(False, False, 1), (True, True, 1), (True, False, 0)]
)
def test_a_program_that_reads_the_answer_hears_no_first_word(
    as_json: bool, terminal: bool, said: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(written, "isatty", lambda: terminal)
    monkeypatch.setattr(sys, "stderr", written)
    monkeypatch.setattr(sys, "argv", ["peftsearch", "run", "job.toml", *["--json"] * as_json])
    begin("reading")
    assert written.getvalue() == "reading ...\n" * said


@pytest.mark.parametrize("terminal", [True, False])
@pytest.mark.parametrize("command", ["run", "demo", "resume", "worker", "confirm", "export"])
def test_a_slow_command_speaks_before_its_imports(
    command: str, terminal: bool, tmp_path: Path
) -> None:
    program = (
        "import io, sys\n"
        "class Terminal(io.StringIO):\n"
        f"    def isatty(self): return {terminal}\n"
        "    def write(self, text):\n"
        "        heavy = {'torch', 'sqlalchemy', 'numpy', 'rich'} & set(sys.modules)\n"
        "        print([text, sorted(heavy)])\n"
        "        raise SystemExit\n"
        "sys.stderr = Terminal()\n"
        "from peftsearch.cli import app\n"
        "app.main()\n"
    )
    given = {"run": ["job.toml"], "demo": [], "export": ["job", "--out", "out"]}
    done = subprocess.run(
        [sys.executable, "-c", program, command, *given.get(command, ["job"])],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert re.fullmatch(r"\['(reading|opening|loading) .+ \.\.\.', \[\]\]\n", done.stdout)


def test_techniques_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "techniques", "--json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["name"] for row in rows] == list(TECHNIQUES)
    assert len(rows) >= 40
    lora = next(row for row in rows if row["name"] == "lora")
    assert lora["families"] == list(FAMILIES)
    assert (lora["merges"], lora["exports_as"], lora["status"]) == (True, "peft", "core")


def test_an_error_as_json(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "show", "job", "--json") == 2
    captured = capsys.readouterr()
    assert json.loads(captured.out)["exit_code"] == 2
    assert captured.err.count("\n") == 1


def test_a_path_is_a_storage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert call(monkeypatch, "show", "job", "--storage", "where.db") == 2
    assert "no file 'where.db'" in capsys.readouterr().err


def test_a_failure_that_is_nobodys_mistake_exits_with_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("first line\nsecond line")

    monkeypatch.setattr("peftsearch.cli.inspection.techniques", broken)
    assert call(monkeypatch, "techniques") == 1
    assert capsys.readouterr().err == (
        "error: RuntimeError: first line (peftsearch --debug shows where)\n"
    )


@pytest.fixture
def job_url(new_sqlite: NewDatabase) -> str:
    """A database with one stopped job, `job`, and a file of it."""
    url = new_sqlite()
    with Store.open(url) as store:
        job = store.create_job(make_spec("job"))
        store.set_state(job.id, JobState.STOPPED)
    adapter = files_root(url) / job_folder(job) / "trials" / "000001-1" / "adapter.safetensors"
    adapter.parent.mkdir(parents=True)
    adapter.touch()
    return url


def names(url: str) -> list[str]:
    with Store.open(url) as store:
        return [job.name for job in store.jobs()]


def test_show_tells_the_frozen_base_once_a_worker_has_counted_it(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, told = new_sqlite(), []
    with Store.open(url) as store:
        job = store.create_job(make_spec(name="one"))
        for held in (None, 90_000_000):
            if held is not None:
                count_base(store, job, held)
            assert call(monkeypatch, "show", "one", "--storage", url) == 0
            told.append(
                "without the parts that the trained head replaces" in capsys.readouterr().out
            )
            call(monkeypatch, "show", "one", "--storage", url, "--json")
            assert json.loads(capsys.readouterr().out)["base_bytes"] == held
    assert told == [False, True]


def test_delete_removes_records_and_files(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    assert call(monkeypatch, "delete", "job", "--yes", "--storage", job_url, "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"name": "job", "deleted": True}
    assert names(job_url) == []
    assert list(files_root(job_url).iterdir()) == []
    assert call(monkeypatch, "delete", "job", "--yes", "--storage", job_url) == 2


def test_stop_says_what_the_job_is_now(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    assert call(monkeypatch, "stop", "job", "--storage", job_url) == 0
    told = f"job is stopped; `peftsearch resume job --storage {as_argument(job_url)}` goes on\n"
    assert capsys.readouterr().out == told
    with Store.open(job_url) as store:
        store.set_state(store.find_job("job").id, JobState.FINISHED)
    assert call(monkeypatch, "stop", "job", "--storage", job_url) == 0
    assert capsys.readouterr().out == "job is finished already\n"


def test_resume_notes_a_stop_that_the_sampler_never_says(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    budget = {"trials": 9, "stop_when": "no gain"}
    with Store.open(job_url) as store:
        store.create_job(make_spec("blind", search={"sampler": "random"}, budget=budget))
    assert call(monkeypatch, "resume", "blind", "--workers", "0", "--storage", job_url) == 0
    assert "note: budget.stop_when = 'no gain' ends no job of" in capsys.readouterr().err


@pytest.mark.parametrize("budget", [["--trials", "0"], ["--hours", "-1"], ["--hours", "nan"]])
def test_resume_wants_a_budget_that_is_one(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    job_url: str,
    budget: list[str],
) -> None:
    arguments = ["resume", "job", "--workers", "0", *budget, "--storage", job_url]
    assert call(monkeypatch, *arguments) == 2
    *first, error = capsys.readouterr().err.splitlines()
    assert error.startswith("error: ") and first in ([], ["opening the job ..."])
    with Store.open(job_url) as store:
        assert store.find_job("job").state is JobState.STOPPED


@pytest.mark.parametrize("device", ["mps", "gpu", "cuda:99"])
def test_a_device_that_is_not_there_leaves_no_job_behind(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    job_url: str,
    tmp_path: Path,
    device: str,
) -> None:
    config = {"model_type": "bert", "hidden_size": 8, "intermediate_size": 16}
    (tmp_path / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 2}))
    spec = make_spec("new").to_json() | {"model": {"path": str(tmp_path)}}
    (tmp_path / "job.json").write_text(json.dumps(spec))
    for command in (["run", str(tmp_path / "job.json")], ["resume", "job"], ["worker", "job"]):
        assert call(monkeypatch, *command, "--device", device, "--storage", job_url) == 2
        assert "a device of this machine" in capsys.readouterr().err
    with Store.open(job_url) as store:
        assert [(job.name, job.state) for job in store.jobs()] == [("job", JobState.STOPPED)]


def test_jobs_tells_who_works(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    with Store.open(job_url) as store:
        busy = store.create_job(make_spec("busy"))
        store.create_job(make_spec("left"))
        store.register_worker(busy.id, "w", socket.gethostname(), os.getpid(), "cpu")
    assert call(monkeypatch, "jobs", "--storage", job_url) == 0
    out = capsys.readouterr().out
    shown = [line.split()[:3] for line in out.splitlines()]
    assert ["job", "state", "workers"] in shown
    assert ["busy", "running", "1"] in shown and ["left", "waits", "for"] in shown
    where = job_url.removeprefix("sqlite:///")
    assert out.count("nobody works on") == 1
    assert f"nobody works on left: `peftsearch resume left --storage {where}` goes on" in out
    assert call(monkeypatch, "jobs", "--json", "--storage", job_url) == 0
    told = {job["name"]: job["live_workers"] for job in json.loads(capsys.readouterr().out)}
    assert told == {"job": 0, "busy": 1, "left": 0}


def test_a_job_whose_budget_is_spent_is_told_as_on_the_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    with Store.open(job_url) as store:
        Filler.open(store, make_spec("spent", trials=1)).complete(PROBE, 0.6)
    for command in (["jobs"], ["show", "spent"]):
        assert call(monkeypatch, *command, "--storage", job_url) == 0
        assert "budget spent" in " ".join(capsys.readouterr().out.split())


def test_names_of_jobs_are_whole_in_any_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    names = ("x" * 64, "a-search-of-last-week-on-product-reviews")
    with Store.open(job_url) as store:
        for name in names:
            store.create_job(make_spec(name, budget={"trials": 2000, "hours": 30}))
    for columns in ("40", "80"):
        monkeypatch.setenv("COLUMNS", columns)
        assert call(monkeypatch, "jobs", "--storage", job_url) == 0
        shown = [line.split() for line in capsys.readouterr().out.splitlines()]
        found = {line[0]: line for line in shown if line and line[0] in names}
        assert set(found) == set(names)
        assert all({"waits", "0", "2,000", "accuracy"} <= set(line) for line in found.values())


def test_delete_asks_first(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    assert call(monkeypatch, "delete", "job", "--storage", job_url) == 2
    assert "--yes" in capsys.readouterr().err
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("builtins.input", lambda _: "yes")
    assert call(monkeypatch, "delete", "job", "--storage", job_url) == 2
    assert names(job_url) == ["job"]
    monkeypatch.setattr("builtins.input", lambda _: "job")
    assert call(monkeypatch, "delete", "job", "--storage", job_url) == 0
    assert names(job_url) == []


def test_delete_refuses_a_job_at_work(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    with Store.open(job_url) as store:
        job = store.find_job("job")
        store.register_worker(job.id, "w", socket.gethostname(), os.getpid(), "cpu")
    assert call(monkeypatch, "delete", "job", "--yes", "--storage", job_url) == 2
    assert f"a worker in process {os.getpid()} on " in capsys.readouterr().err
    assert names(job_url) == ["job"]
    assert len(list(files_root(job_url).iterdir())) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--host", "0.0.0.0"], "expected a token, since other machines can reach 0.0.0.0"),
        (["--host", "nix.invalid", "--token-file", "long"], "expected an address of this machine"),
        (["--host", "192.0.2.1", "--token-file", "long"], "expected an address of this machine"),
        (["--token-file", "short"], "expected a token of at least 16"),
        (["--token-file", "none"], "expected a readable text file with the token"),
        (["--data-root", "none"], "expected folders that exist; got none"),
        (["--storage", "none/x.db"], "expected a database file in an existing folder"),
        (["--storage", "mysql://x"], "expected a database such as"),
        (["--storage", "sqlite://"], "expected a database that others can open too"),
        (["--port", "70000"], "expected a command and options that exist"),
    ],
)
def test_a_dashboard_that_cannot_start_says_why_in_one_line(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    arguments: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("long").write_text("correct-horse-battery-staple\n")
    Path("short").write_text("secret\n")
    assert call(monkeypatch, "dashboard", "--port", "0", *arguments) == 2
    err = capsys.readouterr().err
    assert err.startswith(f"error: {said}")
    assert err.count("\n") == 1
    assert "secret" not in err


def test_a_missing_argument_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "run", "--dry-run") == 2
    assert "got Missing argument 'JOB.toml'; see" in capsys.readouterr().err


def test_a_port_that_is_taken_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert call(monkeypatch, "dashboard", "--port", port) == 2
    err = capsys.readouterr().err
    assert f"port {port}, which another program uses" in err
    assert "--port 0" in err


@pytest.mark.usefixtures("warm_test")
def test_the_dashboard_serves_until_ctrl_c_even_with_open_streams(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "peftsearch", "dashboard", "--port", "0", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        printed = json.loads(process.stdout.readline())
        known = {"Authorization": f"Bearer {printed['token']}"}
        with urlopen(Request(f"{printed['url']}/api/v1/events", headers=known)) as stream:
            assert stream.readline()
            process.send_signal(signal.SIGINT)
            stream.read()
        rest = process.stdout.read(), process.stderr.read()
    assert (process.returncode, rest) == (0, ("", ""))
    assert (tmp_path / "peftsearch.db").is_file()


@pytest.mark.usefixtures("warm_test")
def test_the_dashboard_tells_how_to_begin_and_ends_by_sigterm(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "peftsearch", "dashboard", "--port", "0", "--files", "kept"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        process.terminate()
    match = re.match(
        r"dashboard: (http://127\.0\.0\.1:[1-9]\d+)/\?token=[\w-]{32} \(database", lines[0]
    )
    assert match is not None
    assert "stopped" not in lines[0] and "queued again" in lines[0]
    assert f"{match[1]}/new" in lines[1]
    assert lines[2] == "  peftsearch demo --storage peftsearch.db --files kept\n"
    assert process.returncode == 0


def test_a_worker_of_a_job_that_was_deleted_takes_no_other(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], job_url: str
) -> None:
    uid = "0" * 32
    assert call(monkeypatch, "worker", "job", "--uid", uid, "--storage", job_url) == 2
    assert f"expected job 'job' of uid {uid}" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["run job.toml", "resume job", "worker job", "worker"])
def test_a_device_that_is_not_there_changes_nothing(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    job_url: str,
    tmp_path: Path,
    command: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    root = write_workshop(tmp_path / "root")
    job = tmp_path / "job.toml"
    job.write_text(
        f"name = 'new'\n[model]\npath = '{root}/model'\n[task]\ntrain = '{root}/data.csv'\n"
        "[budget]\ntrials = 2\n"
    )
    given = ["--device", "cuda:31", "--storage", job_url]
    assert call(monkeypatch, *command.split(), *given) == 2
    assert "a device of this machine: auto, cpu" in capsys.readouterr().err
    with Store.open(job_url) as store:
        assert [(x.name, x.state) for x in store.jobs()] == [("job", JobState.STOPPED)]
    with pytest.raises(UserError, match="a device of this machine"):
        peftsearch.search(job, job_url, device="cuda:31")
    assert names(job_url) == ["job"]


@pytest.mark.parametrize("minutes", ["0", "-1", "nan", "inf", "1e9"])
def test_the_demonstration_takes_minutes_that_there_are(
    minutes: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, "demo", str(tmp_path / "out"), "--minutes", minutes) == 2
    assert "--minutes of more than 0 and at most 10,000; got" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_hundreds_of_arguments_are_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a shell makes them of a `*`; they were a line of 1,111 characters."""
    assert call(monkeypatch, "jobs", *map(str, range(500))) == 2
    said = capsys.readouterr().err
    assert said.startswith("error: expected a command") and said.count("\n") == 1
    assert len(said) < 400


@pytest.mark.usefixtures("warm_test")
def test_a_dashboard_without_a_token_warns_and_reads_no_file(tmp_path: Path) -> None:
    """Anybody on the machine may ask it; what is not under a data root is told to nobody."""
    (tmp_path / "secret.csv").write_text("hunter2,label\n")
    command = [sys.executable, "-m", "peftsearch", "dashboard", "--port", "0", "--json"]
    with subprocess.Popen(
        [*command, "--no-token"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=tmp_path
    ) as process:
        assert process.stdout is not None and process.stderr is not None
        printed = json.loads(process.stdout.readline())
        spec = {"name": "x", "model": {"path": "demo:model"}, "budget": {"trials": 1}}
        spec["task"] = {"train": str(tmp_path / "secret.csv")}
        body = json.dumps({"spec": spec, "full": True}).encode()
        headers = {"Content-Type": "application/json"}
        try:
            with pytest.raises(HTTPError) as refused:
                urlopen(Request(f"{printed['url']}/api/v1/check", body, headers))
            answer = refused.value.read().decode()
        finally:
            process.terminate()
        said = process.stderr.read().decode()
    assert "within the service's data folders" in answer and "hunter2" not in answer
    assert said.startswith("warning: without a token") and said.count("\n") == 1
    assert printed["token"] is None
