"""The mirror of a job in an Optuna storage, and what Optuna and its dashboard make of it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.trial import TrialState

from peftsearch.cli.optuna_study import mirror
from peftsearch.errors import UserError
from peftsearch.insight.parameters import parameters
from peftsearch.mirror.copying import NUMBER, copy_job
from peftsearch.mirror.studies import open_storage
from peftsearch.records.job import Job
from peftsearch.records.trial import FailureKind, Proposal, Trial
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.known_costs import KNOWN_COSTS
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.space.presets import make_space
from peftsearch.storage.store import Store
from tests.anatomies import BERT
from tests.conftest import NewDatabase
from tests.specs import make_spec
from tests.storage.examples import claim, insert

TRY = Configuration((Stratum(0, 5), Stratum(5, 6, (Module("vera", 4, ("key",), 2.0),))), 0.02)
SPEC = make_spec(tries=[TRY], objectives={"bounds": ["adapter_bytes <= 200 KB"]})


def _propose(spec: JobSpec, count: int, seed: int = 0) -> list[Proposal]:
    space, rng = make_space(spec), np.random.default_rng(seed)
    probe = Configuration((Stratum(0, space.anatomy.layers),), 1e-3)
    own = [probe, *spec.try_configurations]
    found = [*own, *(space.sample(rng) for _ in range(count - len(own)))]
    return [Proposal(x, i, "search") for i, x in enumerate(found)]


def _measure(spec: JobSpec, trial: Trial) -> dict[str, float]:
    costs = {name: float(f(trial.configuration, spec.anatomy)) for name, f in KNOWN_COSTS.items()}
    return {"accuracy": int(trial.key, 16) % 997 / 997, **costs}


def _work(store: Store, job: Job, count: int) -> None:
    """End that many queued trials; every fifth fails."""
    for _ in range(count):
        trial = claim(store, job.id)
        if trial.number % 5 == 4:
            store.fail(trial.id, trial.attempt, FailureKind.OUT_OF_MEMORY, "too large\nfor it")
        else:
            store.complete(trial.id, trial.attempt, _measure(job.spec, trial), {}, "a/folder")


def _make_job(store: Store) -> Job:
    """A job with 12 trials, of which 10 have ended."""
    job = store.create_job(SPEC)
    insert(store, job.id, _propose(SPEC, 12))
    _work(store, job, 10)
    return job


@pytest.fixture
def job(new_sqlite: NewDatabase) -> Iterator[tuple[Store, Job]]:
    """See `_make_job`."""
    with Store.open(new_sqlite()) as store:
        yield store, _make_job(store)


@pytest.fixture
def url(tmp_path: Path) -> str:
    """Where the mirror goes."""
    return f"sqlite:///{tmp_path / 'optuna.db'}"


@pytest.fixture(scope="module")
def mirrored(
    new_sqlite: NewDatabase, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Store, Job, str]]:
    """The same with its mirror, for tests that only look."""
    url = f"sqlite:///{tmp_path_factory.mktemp('mirror') / 'optuna.db'}"
    with Store.open(new_sqlite()) as store:
        record = _make_job(store)
        assert _copy((store, record), url) == (0, 10)
        yield store, record, url


def _copy(job: tuple[Store, Job], url: str) -> tuple[int, int]:
    store, record = job
    return copy_job(record, store.trials(record.id), url)


def _load(url: str, name: str = "job") -> optuna.Study:
    return optuna.load_study(study_name=name, storage=url)


def test_best_trials_are_the_front(mirrored: tuple[Store, Job, str]) -> None:
    store, record, url = mirrored
    study = _load(url)
    front = {point.key: point.values for point in store.front(record.id)}
    best = {trial.user_attrs["key"]: trial.values for trial in study.best_trials}
    assert best == {
        key: [values["accuracy"], values["trainable_parameters"]] for key, values in front.items()
    }
    assert [x.name for x in study.directions] == ["MAXIMIZE", "MINIMIZE"]
    assert study.metric_names == ["accuracy", "trainable_parameters"]


def test_a_trial_carries_all_that_is_known(mirrored: tuple[Store, Job, str]) -> None:
    store, record, url = mirrored
    mine, copied = store.trials(record.id)[3], _load(url).trials[3]
    assert copied.params == {name: _row(mine)[name] for name in copied.params}
    assert {NUMBER: 3, "key": mine.key, "seed": 3, "adapter": "a/folder"}.items() <= (
        copied.user_attrs.items()
    )
    assert mine.measurements.items() <= copied.user_attrs.items()
    assert copied.user_attrs["description"].endswith(
        f"rate {mine.configuration.learning_rate:.1e}"
    )
    assert copied.constraints == {
        "adapter_bytes <= 200 KB": mine.measurements["adapter_bytes"] - 200_000
    }
    assert copied.duration is not None
    assert copied.duration.total_seconds() == pytest.approx(mine.running_seconds, abs=1e-3)


def test_a_study_has_all_objectives_and_how_far_limits_are_missed(
    new_sqlite: NewDatabase, url: str
) -> None:
    wanted = {"minimise": ["size", "training_seconds"], "bounds": ["accuracy >= 0.5"]}
    with Store.open(new_sqlite()) as store:
        record = store.create_job(make_spec(objectives=wanted))
        insert(store, record.id, _propose(record.spec, 8))
        for seconds in range(8):
            trial = claim(store, record.id)
            values = _measure(record.spec, trial) | {"training_seconds": float(seconds % 3)}
            store.complete(trial.id, trial.attempt, values, {}, None)
        _copy((store, record), url)
        front = {
            x.key: [x.values[name] for name in record.spec.goals] for x in store.front(record.id)
        }
    study = _load(url)
    assert study.metric_names == ["accuracy", "export_bytes", "training_seconds"]
    assert [x.name for x in study.directions] == ["MAXIMIZE", "MINIMIZE", "MINIMIZE"]
    for copied in study.trials:
        assert copied.constraints["accuracy >= 0.5"] == pytest.approx(0.5 - copied.values[0])
    assert {x.user_attrs["key"]: x.values for x in study.best_trials} == front


def _row(trial: Trial) -> dict[str, float | str]:
    return parameters(trial.configuration, BERT)


def test_failures_have_their_message(mirrored: tuple[Store, Job, str]) -> None:
    failed = [x for x in _load(mirrored[2]).trials if x.state is TrialState.FAIL]
    assert [x.user_attrs[NUMBER] for x in failed] == [4, 9]
    assert failed[0].user_attrs["message"] == "too large\nfor it"
    assert failed[0].user_attrs["failure"] == "out_of_memory"
    assert failed[0].values is None


def test_a_second_copy_adds_what_is_new(job: tuple[Store, Job], url: str) -> None:
    store, record = job
    _copy(job, url)
    first = _load(url).trials
    assert _copy(job, url) == (10, 0)
    _work(store, record, 2)
    assert _copy(job, url) == (10, 2)
    trials = _load(url).trials
    assert trials[:10] == first
    assert [x.number for x in trials] == [x.user_attrs[NUMBER] for x in trials] == list(range(12))
    assert len({json.dumps(str(x.distributions)) for x in trials}) == 1


def test_less_trained_trials_are_pruned(new_sqlite: NewDatabase, url: str) -> None:
    with Store.open(new_sqlite()) as store:
        record = store.create_job(SPEC)
        insert(store, record.id, [replace(x, fidelity=0.5) for x in _propose(SPEC, 3)])
        _work(store, record, 3)
        _copy((store, record), url)
    assert {x.state for x in _load(url).trials} == {TrialState.PRUNED}


def test_rows_are_those_that_optuna_writes(
    job: tuple[Store, Job], url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Study.add_trials over the same trials leaves the same study."""
    other = f"sqlite:///{tmp_path / 'slow.db'}"

    def add_slowly(storage: optuna.storages.RDBStorage, name: str, key: str, trials: Any) -> int:
        optuna.load_study(study_name=name, storage=storage).add_trials(trials(set()))
        return 0

    _copy(job, url)
    monkeypatch.setattr("peftsearch.mirror.copying.add_new", add_slowly)
    _copy(job, other)
    fast, slow = _load(url), _load(other)
    assert fast.trials == slow.trials
    assert fast.user_attrs == slow.user_attrs
    assert [x.values for x in fast.best_trials] == [x.values for x in slow.best_trials]


def test_optuna_works_on_with_it(job: tuple[Store, Job], url: str) -> None:
    _copy(job, url)
    study = _load(url)
    study.sampler = optuna.samplers.TPESampler(seed=0)
    trial = study.ask(study.trials[0].distributions)
    study.tell(trial, [0.5, 100.0])
    assert (trial.number, len(_load(url).trials)) == (10, 11)


@pytest.mark.parametrize("same", [True, False])
def test_refuses_another_study_of_that_name(job: tuple[Store, Job], url: str, same: bool) -> None:
    if same:
        _copy((job[0], replace(job[1], created=1.0)), url)
    else:
        optuna.create_study(storage=url, study_name="job")
    before = len(_load(url).trials)
    with pytest.raises(UserError, match="another study of that name"):
        _copy(job, url)
    assert len(_load(url).trials) == before


@pytest.mark.parametrize(
    "wrong",
    ["nonsense://x", "sqlite:////no/folder/x.db", "sqlite:///{}/text", "sqlite:///{}/ours"],
)
def test_refuses_a_wrong_database(job: tuple[Store, Job], tmp_path: Path, wrong: str) -> None:
    (tmp_path / "text").write_text("no database" * 100)
    Store.open(f"sqlite:///{tmp_path}/ours").close()
    with pytest.raises(UserError):
        _copy(job, wrong.format(tmp_path))
    assert Store.open(f"sqlite:///{tmp_path}/ours").jobs() == []


@pytest.mark.postgres
def test_mirrors_into_postgresql(job: tuple[Store, Job], new_schema: NewDatabase) -> None:
    url = new_schema()
    assert _copy(job, url) == (0, 10)
    assert _copy(job, url) == (10, 0)
    storage = open_storage(url)
    assert len(optuna.load_study(study_name="job", storage=storage).best_trials) > 0
    storage.engine.dispose()


def test_the_dashboard_serves_it(mirrored: tuple[Store, Job, str]) -> None:
    from optuna_dashboard import wsgi

    app = wsgi(optuna.storages.RDBStorage(mirrored[2]))
    (study,) = _get(app, "/api/studies")["study_summaries"]
    assert (study["study_name"], study["directions"]) == ("job", ["maximize", "minimize"])
    detail = _get(app, f"/api/studies/{study['study_id']}")
    assert [x["number"] for x in detail["trials"]] == list(range(10))
    assert [x["state"] for x in detail["trials"]].count("Complete") == 8
    assert detail["objective_names"] == ["accuracy", "trainable_parameters"]


def _get(app: Any, path: str) -> Any:
    """Body of an answer to GET by WSGI."""
    answered: list[str] = []
    place, _, query = path.partition("?")
    environment = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": place,
        "QUERY_STRING": query,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": BytesIO(),
        "wsgi.url_scheme": "http",
    }
    body = b"".join(app(environment, lambda status, headers, *rest: answered.append(status)))
    assert answered == ["200 OK"]
    return json.loads(body)


def test_the_command_says_what_it_did(
    job: tuple[Store, Job], url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    store, record = job
    place = store._connection.engine.url.render_as_string()
    mirror(record.name, place, url, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"study": "job", "present": 0, "added": 10}
    mirror(record.name, place, url.removeprefix("sqlite:///"), as_json=False)
    out = capsys.readouterr().out
    assert out == f"0 trials added to study job, 10 were there; next: optuna-dashboard {url}\n"
