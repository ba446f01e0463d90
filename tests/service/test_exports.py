"""Exports over HTTP. Most programs are small stand-ins here; one test exports for real."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import psutil
import pytest
from fastapi.testclient import TestClient

from peftsearch.service.work import run_tasks
from peftsearch.service.work.exporter import AT_ONCE, Exporter
from peftsearch.service.work.processes import Process
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.signs_of_life import WAITING
from peftsearch.workers.files.job_folder import job_folder
from tests.conftest import NewDatabase
from tests.end_to_end.conftest import write_data, write_model
from tests.waiting import LIMIT, wait_until

from .exporting_program import PROGRAM
from .films import add_films
from .sites import client_of, open_site

pytestmark = pytest.mark.usefixtures("warm_start")

EXPORTS = "/api/v1/jobs/films/exports"


def serve(database: str) -> Any:
    """An application whose exports are written by the stand-in."""
    app = open_site(database)
    service = app.state.service
    exporter = Exporter(service.settings, (sys.executable, "-S", "-c", PROGRAM))
    app.state.service = replace(service, exporter=exporter)
    return client_of(app)


@pytest.fixture
def client(database: str) -> Iterator[TestClient]:
    with serve(database) as client:
        yield client
        exporter_of(client).close()


def exporter_of(client: TestClient) -> Exporter:
    exporter: Exporter = client.app.state.service.exporter  # type: ignore[attr-defined]
    return exporter


def let_go(root: Path, error: str = "") -> None:
    """Let the stand-ins end."""
    root.mkdir(exist_ok=True)
    (root / "go").write_text(error)


def ask(client: TestClient, pick: str, form: str = "auto") -> Any:
    """A new export."""
    answer = client.post(EXPORTS, json={"pick": pick, "form": form})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"{EXPORTS}/{answer.json()['id']}"
    return answer.json()


def show(client: TestClient, export: Any) -> Any:
    answer = client.get(f"{EXPORTS}/{export['id']}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def finish(client: TestClient, export: Any) -> Any:
    """What an export became."""
    wait_until(lambda: show(client, export)["state"] != "running")
    return show(client, export)


def status_file(root: Path, export: dict[str, str]) -> Path:
    (found,) = root.glob(f"films-*/exports/{export['id']}/status.json")
    return found


def test_one_that_waits_for_a_slow_store_says_so(client: TestClient) -> None:
    """Its page said that it runs, for as long as the store took."""
    root = client.app.state.service.settings.root  # type: ignore[attr-defined]
    export = ask(client, "trial 3")
    wait_until(lambda: show(client, export)["message"] is None)
    for said, told in [(f"{WAITING} s3://b ... (5 s so far)",) * 2, ("it has answered", None)]:
        (root / ".say").write_text(said)
        (root / ".say").rename(root / "say")
        wait_until(lambda: show(client, export)["message"] == told)  # noqa: B023
    (listed,) = client.get(EXPORTS).json()["exports"]
    assert listed == show(client, export)
    let_go(root)
    assert finish(client, export)["state"] == "done"


def test_an_export_runs_and_is_downloaded(client: TestClient, root: Path) -> None:
    asked = ask(client, "knee")
    assert (asked["state"], asked["pick"], asked["form"]) == ("running", "knee", "auto")
    early = client.get(f"{EXPORTS}/{asked['id']}/archive")
    assert (early.status_code, early.json()["title"]) == (409, "Conflict")
    let_go(root)
    done = finish(client, asked)
    trial = done["trial"]
    assert (done["state"], done["form"], done["message"]) == ("done", "peft", None)
    assert (done["rows"], done["difference"]) == (64, 1e-7)
    assert done["loading"].endswith(f'PeftModel.from_pretrained(base, "films-trial-{trial}-peft")')
    assert done["words"] == f"0-5 lora r{trial} q+v | rate 1.0e-03"
    archive = client.get(f"{EXPORTS}/{asked['id']}/archive")
    assert archive.headers["content-type"] == "application/zip"
    assert archive.headers["content-disposition"] == (
        f'attachment; filename="films-trial-{trial}-peft.zip"'
    )
    assert len(archive.content) == done["bytes"]
    with zipfile.ZipFile(BytesIO(archive.content)) as packed:
        kinds = {x.filename: x.compress_type for x in packed.infolist()}
        assert kinds == {
            f"films-trial-{trial}-peft/README.md": zipfile.ZIP_DEFLATED,
            f"films-trial-{trial}-peft/adapter.safetensors": zipfile.ZIP_STORED,
        }


def test_the_database_is_told_by_the_environment_alone(
    client: TestClient, root: Path, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_TOKEN", "of the service")
    let_go(root)
    export = finish(client, ask(client, "trial 2", "adapter"))
    folder = status_file(root, export).parent
    arguments, environment = json.loads((folder / "adapter" / "README.md").read_text())
    assert arguments == [
        *("export", "films", "--pick", "trial 2", "--form", "adapter"),
        *("--out", str(folder / "adapter"), "--json"),
    ]
    assert environment["PEFTSEARCH_STORAGE"] == database
    assert environment["PEFTSEARCH_FILES"] == str(root)
    assert "PEFTSEARCH_TOKEN" not in environment


WRONG: list[tuple[Any, int]] = [
    ({"pick": "trial 5"}, 404),
    ({"pick": "trial 6"}, 404),
    ({"pick": "trial 7"}, 404),
    ({"pick": "trial 999999999999999999999"}, 422),
    ({"pick": "9" * 400}, 422),
    ({"pick": "99"}, 404),
    ({"pick": "nonsense"}, 422),
    ({"pick": "accuracy where adapter_bytes <= 1 KB"}, 404),
    ({"pick": "accuracy where trainable_parameters <= 1e99"}, 404),  # the best has no adapter
    ({"pick": "accuracy where trainable_parameters <= 1e999"}, 422),
    ({"pick": ""}, 422),
    ({"pick": "\0"}, 422),
    ({"pick": "knee", "form": "pickle"}, 422),
    ({"pick": "knee", "out": "/tmp/x"}, 422),
    ({"pick": "knee", "precision": 0}, 422),
    ({"pick": "knee", "precision": 1}, 422),
    ({"pick": "knee", "precision": "0.9"}, 422),
    ({"pick": "knee", "temperature": 1}, 422),
    ({"pick": 3}, 422),
    ([], 422),
]


def test_what_cannot_be_exported_is_told_at_once(client: TestClient, root: Path) -> None:
    for body, status in WRONG:
        answer = client.post(EXPORTS, json=body)
        assert (answer.status_code, answer.json()["status"]) == (status, status), body
        assert answer.headers["content-type"] == "application/problem+json"
    assert not (root / "films").exists()


def test_the_same_export_is_not_made_twice(client: TestClient, root: Path) -> None:
    first = ask(client, "trial 4")
    assert ask(client, "trial 4")["id"] == first["id"]
    other = ask(client, "trial 4", "merged")
    let_go(root)
    finish(client, first)
    again = client.post(EXPORTS, json={"pick": "trial 4", "form": "peft"})
    assert (again.status_code, again.json()["id"]) == (200, first["id"])
    finish(client, other)
    listed = client.get(EXPORTS).json()["exports"]
    assert [x["id"] for x in listed] == [other["id"], first["id"]]


def test_what_is_wished_of_probabilities_reaches_the_program(
    client: TestClient, root: Path
) -> None:
    let_go(root)
    plain = finish(client, ask(client, "trial 4"))
    assert (plain["precision"], plain["temperature"], plain["calibration"]) == (None, False, [])
    wish = {"pick": "trial 4", "precision": 0.9, "temperature": True}
    answer = client.post(EXPORTS, json=wish)
    assert answer.status_code == 202 and answer.json()["id"] != plain["id"]
    wished = finish(client, answer.json())
    assert (wished["precision"], wished["temperature"]) == (0.9, True)
    assert wished["calibration"] == ["Asked for --precision.", "Asked for --temperature."]
    for again, known in ((wish, wished), ({"pick": "trial 4"}, plain)):
        assert client.post(EXPORTS, json=again).json()["id"] == known["id"]
    assert client.post(EXPORTS, json={**wish, "precision": 0.8}).status_code == 202


@pytest.mark.parametrize("wish", [{"precision": 0.9}, {"temperature": True}])
def test_a_task_without_classes_is_granted_no_wish(
    client: TestClient, database: str, wish: dict[str, Any]
) -> None:
    with Store.open(database) as store:
        add_films(store, "scores", task={"train": "train.csv", "kind": "regression"})
    answer = client.post("/api/v1/jobs/scores/exports", json={"pick": "trial 4", **wish})
    assert answer.status_code == 422, answer.text
    (mistake,) = answer.json()["mistakes"]
    assert mistake["where"] == next(iter(wish))


def test_few_run_at_a_time_and_the_others_wait_in_order(client: TestClient, root: Path) -> None:
    asked = [ask(client, f"trial {number}") for number in range(4)]
    assert [x["message"] for x in asked] == [None] * AT_ONCE + ["waits for another export"] * 2
    assert [show(client, x)["message"] for x in asked] == [None] * AT_ONCE + [
        "waits for another export"
    ] * 2
    let_go(root)
    assert {finish(client, x)["state"] for x in asked} == {"done"}
    logs = [status_file(root, x).with_name("log.txt").stat().st_mtime_ns for x in asked]
    assert max(logs[:2]) < min(logs[2:])


def test_a_failure_carries_its_error_and_can_be_asked_again(
    client: TestClient, root: Path
) -> None:
    let_go(root, "expected a base model; got none; put it back")
    failed = finish(client, ask(client, "trial 1"))
    assert (failed["state"], failed["bytes"]) == ("failed", None)
    assert failed["message"] == "expected a base model; got none; put it back"
    assert client.get(f"{EXPORTS}/{failed['id']}/archive").status_code == 409
    let_go(root)
    again = ask(client, "trial 1")
    assert again["id"] != failed["id"]
    assert finish(client, again)["state"] == "done"


def _children(root: Path) -> list[psutil.Process]:
    """The stand-ins that run for this service."""
    mine = psutil.Process().children(recursive=True)
    return [x for x in mine if any(str(root) in part for part in _command(x))]


def _command(process: psutil.Process) -> list[str]:
    """Nothing of one that has ended, of whichever test before."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def _wait_for_child(root: Path) -> psutil.Process:
    wait_until(lambda: _children(root))
    return _children(root)[0]


def test_a_killed_program_is_a_failure(client: TestClient, root: Path) -> None:
    asked = ask(client, "trial 1")
    _wait_for_child(root).kill()
    assert finish(client, asked)["message"] == (
        "its program was killed, perhaps for lack of memory"
    )


def test_delete_ends_what_runs_and_removes_what_is_there(client: TestClient, root: Path) -> None:
    asked = [ask(client, f"trial {number}") for number in (1, 2, 3)]
    child = _wait_for_child(root)
    for export in asked:
        assert client.delete(f"{EXPORTS}/{export['id']}").status_code == 204
        assert client.get(f"{EXPORTS}/{export['id']}").status_code == 404
    assert not child.is_running() or child.status() == psutil.STATUS_ZOMBIE
    assert _children(root) == []
    assert list(root.glob("films-*/exports/*")) == []
    assert client.delete(f"{EXPORTS}/{asked[0]['id']}").status_code == 404


def test_exports_outlive_the_service(database: str, root: Path) -> None:
    with serve(database) as client:
        let_go(root)
        done = finish(client, ask(client, "trial 1"))
        (root / "go").unlink()
        running = [ask(client, f"trial {number}") for number in (2, 3, 4)]
        _wait_for_child(root)
        exporter_of(client).close()
        exporter_of(client).close()
    assert _children(root) == []
    with serve(database) as client:
        assert show(client, done) == done
        assert len(client.get(f"{EXPORTS}/{done['id']}/archive").content) == done["bytes"]
        for export in running:
            found = show(client, export)
            assert (found["state"], found["message"]) == (
                "failed",
                "its program ended with the service; export again",
            )


@pytest.mark.parametrize(("wrote", "state"), [(True, "done"), (False, "failed")])
def test_what_a_killed_service_left_is_settled_by_its_files(
    client: TestClient, root: Path, wrote: bool, state: str
) -> None:
    let_go(root)
    done = finish(client, ask(client, "trial 1"))
    status = status_file(root, done)
    (status.parent / "archive.zip").unlink()
    if not wrote:
        (status.parent / "report.json").write_text("")
    record = json.loads(status.read_text())
    gone = {"state": "running", "owner": [2**22 + 1, 1.0], "child": [os.getpid(), 1.0]}
    status.write_text(json.dumps(record | gone | {"rows": None, "bytes": None}))
    found = show(client, done)
    assert found["state"] == state
    assert found["rows"] == (64 if wrote else None)
    archive = client.get(f"{EXPORTS}/{done['id']}/archive")
    assert archive.status_code == (200 if wrote else 409)


def test_what_another_service_runs_is_left_alone(client: TestClient, root: Path) -> None:
    let_go(root)
    done = finish(client, ask(client, "trial 1"))
    record = json.loads(status_file(root, done).read_text())
    other = {"state": "running", "owner": Process.find(os.getppid()), "child": None}
    status_file(root, done).write_text(json.dumps(record | other))
    assert show(client, done)["state"] == "running"


def test_what_another_machine_runs_is_left_alone_until_it_falls_silent(
    client: TestClient, root: Path
) -> None:
    let_go(root)
    done = finish(client, ask(client, "trial 1"))
    status = status_file(root, done)
    (status.parent / "report.json").write_text("")
    owner, child = Process(os.getpid(), 1.0, "elsewhere"), Process(1, 1.0, "elsewhere")
    record = json.loads(status.read_text())
    status.write_text(json.dumps(record | {"state": "running", "owner": owner, "child": child}))
    assert show(client, done)["state"] == "running"
    os.utime(status, (0, 0))
    assert show(client, done)["state"] == "failed"


def test_a_service_shows_other_machines_that_it_has_a_run(
    client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_tasks, "BEAT_SECONDS", 0.05)
    asked = [ask(client, f"trial {number}") for number in range(AT_ONCE + 1)]
    waits = status_file(root, asked[-1])
    os.utime(waits, (0, 0))
    wait_until(lambda: waits.stat().st_mtime > 0)


def test_a_deletion_by_who_sees_no_program_of_ours_ends_it(
    client: TestClient, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_tasks, "BEAT_SECONDS", 0.05)
    folder = status_file(root, ask(client, "trial 1")).parent
    _wait_for_child(root)
    shutil.rmtree(folder.parents[1])
    (folder / "adapter").mkdir(parents=True)  # the program writes on
    wait_until(lambda: not exporter_of(client).running)
    assert _children(root) == []
    assert list(root.glob("films-*")) == []


def test_a_deletion_by_another_service_ends_exports_and_leaves_no_file(
    client: TestClient, database: str, root: Path
) -> None:
    asked = [ask(client, f"trial {number}") for number in range(AT_ONCE + 1)]
    wait_until(lambda: len(_children(root)) == AT_ONCE)
    wait_until(lambda: all('"child": [' in status_file(root, x).read_text() for x in asked[:-1]))
    with Store.open(database) as store:
        job = store.find_job("films")
    with serve(database) as other:
        exporter_of(other).forget(job)
        exporter_of(other).close()
    wait_until(lambda: not exporter_of(client).running)
    assert _children(root) == []
    assert [x for x in root.rglob("*") if x.is_file()] == []


def test_links_that_lead_elsewhere_are_no_exports(
    client: TestClient, root: Path, tmp_path: Path
) -> None:
    let_go(root)
    done = finish(client, ask(client, "trial 1"))
    folder = status_file(root, done).parent
    elsewhere = tmp_path / done["id"]
    folder.rename(elsewhere)
    folder.symlink_to(elsewhere)
    for path in (f"{EXPORTS}/{done['id']}", f"{EXPORTS}/{done['id']}/archive"):
        assert client.get(path).status_code == 404
    assert client.delete(f"{EXPORTS}/{done['id']}").status_code == 404
    assert client.get(EXPORTS).json() == {"exports": []}
    assert (elsewhere / "archive.zip").is_file()


@pytest.mark.parametrize("old", [True, False])
def test_a_broken_record_is_no_export(
    client: TestClient, root: Path, database: str, old: bool
) -> None:
    with Store.open(database) as store:
        name = "films" if old else job_folder(store.find_job("films"))
    folder = root / name / "exports" / ("0" * 16)
    folder.mkdir(parents=True)
    for content in ("", "[]", "{}", '{"id": 3}', '{"child": 1}', "\0"):
        (folder / "status.json").write_text(content)
        assert client.get(f"{EXPORTS}/{'0' * 16}").status_code == 404
        assert client.get(EXPORTS).json() == {"exports": []}


def test_an_export_of_an_older_version_is_still_there(client: TestClient, root: Path) -> None:
    """It lies in a folder of the job's name, and its record names no `uid`."""
    let_go(root)
    done = finish(client, ask(client, "trial 1"))
    status = status_file(root, done)
    record = json.loads(status.read_text())
    del record["job_uid"]
    status.write_text(json.dumps(record))
    old = root / "films" / "exports"
    old.mkdir(parents=True)
    status.parent.rename(old / done["id"])
    assert client.get(EXPORTS).json()["exports"] == [done]
    assert client.get(f"{EXPORTS}/{done['id']}/archive").status_code == 200
    assert client.delete(f"{EXPORTS}/{done['id']}").status_code == 204
    assert list(old.iterdir()) == []


def test_a_new_job_of_the_name_begins_without_exports(
    client: TestClient, root: Path, database: str
) -> None:
    let_go(root)
    done = finish(client, ask(client, "trial 1"))
    with Store.open(database) as store:
        store.delete_job(store.find_job("films").id)
        add_films(store)
    assert client.get(EXPORTS).json() == {"exports": []}
    assert client.get(f"{EXPORTS}/{done['id']}").status_code == 404
    assert ask(client, "trial 1")["id"] != done["id"]


def test_only_ids_name_exports(client: TestClient) -> None:
    for name in ("%2e%2e", "..%2f..", "x" * 16, "0" * 17, "0" * 16 + "%0a", "%00", "a b"):
        for path in (f"{EXPORTS}/{name}", f"{EXPORTS}/{name}/archive"):
            assert client.get(path).status_code in (404, 422), path
        assert client.delete(f"{EXPORTS}/{name}").status_code in (404, 405, 422), name


def test_an_unwritable_folder_is_no_crash(client: TestClient, root: Path) -> None:
    root.write_text("a file where the folder should be")
    answer = client.post(EXPORTS, json={"pick": "trial 1"})
    assert (answer.status_code, answer.json()["expected"]) == (409, "a writable folder of files")
    root.unlink()


SEARCH = """
import sys
import peftsearch
spec, storage = sys.argv[1:]
peftsearch.search(spec, storage=storage, device="cpu")
"""
PREDICT = """
import json, sys
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer
path, original = sys.argv[1:]
texts = ["the film was fine", "the plot was dull", "a rather great cast"]
batch = AutoTokenizer.from_pretrained(path)(texts, padding=True, return_tensors="pt")
def predict(model):
    with torch.no_grad():
        return model.eval()(**batch).logits.tolist()
alone = predict(model)
assert "peftsearch" not in sys.modules
import peftsearch
bare = AutoModelForSequenceClassification.from_pretrained(path, num_labels=2)
print(json.dumps([alone, predict(peftsearch.load_adapter(bare, original))]))
"""
"""Predictions by the program of a download, and from the trial's own files."""


def run_program(program: str, *arguments: str) -> str:
    """The last line that a Python program prints."""
    command = [sys.executable, "-c", program, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rpartition("\n")[2]


@pytest.mark.slow
def test_a_downloaded_adapter_predicts_what_the_trial_predicted(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    """For real: a search, its service, a download, and a program that loads it."""
    base, data = write_model(tmp_path / "model"), write_data(tmp_path / "data.csv", 200)
    (tmp_path / "job.toml").write_text(
        f"""
name = "films"
model.path = "{base}"
task = {{train = "{data}", max_length = 16}}
training.epochs = 1
space.preset = "lora"
search.recipes = "none"
budget.trials = 2
[[try]]
recipe = "lora"
learning_rate = 2e-2
"""
    )
    storage = new_sqlite()
    run_program(SEARCH, str(tmp_path / "job.toml"), storage)
    with client_of(open_site(storage)) as client:
        done = finish(client, ask(client, "trial 1"))
        assert (done["state"], done["form"], done["message"]) == ("done", "peft", None)
        archive = client.get(f"{EXPORTS}/{done['id']}/archive").content
        root = client.app.state.service.settings.root  # type: ignore[attr-defined]
    with zipfile.ZipFile(BytesIO(archive)) as packed:
        packed.extractall(tmp_path)
    taken = tmp_path / "films-trial-1-peft"
    assert {"README.md", "job.toml"} <= {x.name for x in taken.iterdir()}
    with Store.open(storage) as store:
        original = root / str(store.trial(store.find_job("films").id, 1).adapter)
    load = f"import os; os.chdir({str(tmp_path)!r})\n{done['loading']}"
    alone, own = json.loads(run_program(load + PREDICT, str(base), str(original)))
    assert alone == [pytest.approx(row, abs=1e-5) for row in own]
    assert max(abs(x - y) for x, y in zip(own[0], own[1], strict=True)) > 0.01
