"""`import` of a folder of adapters: what a job exported comes back as what it was."""

import json
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import peft
import pytest
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification

from peftsearch.cli import result_doors
from peftsearch.jobs import adapter_scoring
from peftsearch.records.job import Job, JobState
from peftsearch.records.trial import Trial
from peftsearch.results.exports.export import export
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.jobtext import write_text
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root
from peftsearch.workers.files.peft_format import PEFT_TENSORS
from peftsearch.workers.runtime.quiet import quiet_peft
from tests.workers.tiny import LAYERS, save_model

from .calls import call

pytestmark = [
    pytest.mark.usefixtures("warm_start"),
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Unsupported layer type:UserWarning"),
]

QUERY_VALUE = ("query", "value")


def _upper(*modules: Module) -> Configuration:
    return Configuration((Stratum(0, 1), Stratum(1, LAYERS, modules)), 4e-3)


TRIED = {
    "ranks": Configuration(
        (
            Stratum(0, 1, (Module("lora", 2, ("query", "mlp_out")),)),
            Stratum(1, 2),
            Stratum(2, 3, (Module("lora", 4, QUERY_VALUE),)),
        ),
        2e-3,
    ),
    "dora": _upper(Module("dora", 2, ("query", "attention_output"))),
    "biases": Configuration(
        (Stratum(0, 2, (Module("bitfit"),)), Stratum(2, 3, (Module("lora", 4, ("key",)),))), 1e-3
    ),
    "ia3": _upper(Module("ia3", 0, ("key", "value", "mlp_out"))),
    "norms": _upper(Module("ln_tuning")),
    "loha": _upper(Module("loha", 2, ("query",))),
}


def write_noisy(path: Path) -> Path:
    """240 texts whose label half of the words point to, so that no two adapters answer alike."""
    words = ("good", "bad", "film", "plot", "the", "is", "very", "not")
    draw = Random(5)
    lines = ["text,label"]
    for _ in range(240):
        text = [draw.choice(words) for _ in range(6)]
        points = text.count("good") + text.count("not") - text.count("bad") + draw.gauss(0, 1)
        lines.append(f"{' '.join(text)},{'up' if points > 0 else 'down'}")
    path.write_text("\n".join(lines) + "\n")
    return path


class Place:
    """A folder with a job file, and a storage."""

    def __init__(self, root: Path, model: Path, train: Path) -> None:
        self.root, self.model, self.train = root, model, train
        self.adapters, self.url = root / "adapters", f"sqlite:///{root / 'jobs.sqlite'}"

    def job(self, name: str, **changes: Any) -> str:
        """Path of a job file; `changes` replace whole sections."""
        told: dict[str, Any] = {
            "name": name,
            "model": {"path": str(self.model)},
            "task": {"train": str(self.train), "metric": "accuracy"},
            "training": {"epochs": 2},
            "objectives": {"minimise": ["trainable_parameters", "export_bytes"]},
            "search": {"recipes": "none", "learn_from": "none", "repeats": 0.0},
            "budget": {"trials": 1},
        }
        path = self.root / f"{name}.toml"
        path.write_text(write_text(told | changes))
        return str(path)

    def tell(self, *rows: Mapping[str, Any]) -> None:
        """Write what was measured, beside the adapters."""
        (self.adapters / "results.jsonl").write_text("\n".join(map(json.dumps, rows)))

    def load(self, name: str) -> tuple[Job, list[Trial]]:
        """A job that is finished."""
        with Store.open(self.url) as store:
            job = store.find_job(name)
            assert job.state is JobState.FINISHED
            return job, list(store.trials(job.id))

    def jobs(self) -> list[str]:
        """Names of all."""
        with Store.open(self.url) as store:
            return [job.name for job in store.jobs()]


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Place:
    """A job that ran, with its trials exported as `peft`."""
    root = tmp_path_factory.mktemp("ran")
    place = Place(root, save_model(root / "model", "bert"), write_noisy(root / "data.csv"))
    tries = [x.to_json() for x in TRIED.values()]
    job_file = place.job("ran", budget={"trials": len(TRIED) + 1}, **{"try": tries})
    with pytest.MonkeyPatch.context() as monkeypatch:
        assert call(monkeypatch, "run", job_file, "--storage", place.url, "--json") == 0
    job, trials = place.load("ran")
    names = {x.key: name for name, x in TRIED.items()}
    for trial in trials:
        if trial.key in names:
            folder = files_root(place.url) / str(trial.adapter)
            export(job.spec, trial, folder, place.adapters / names[trial.key], "peft")
    return place


@pytest.fixture
def place(ran: Place, tmp_path: Path) -> Place:
    """The same adapters in a folder of one's own, with a storage without jobs."""
    mine = Place(tmp_path, ran.model, ran.train)
    shutil.copytree(ran.adapters, mine.adapters)
    return mine


def test_what_a_job_exported_comes_back_with_its_keys_costs_and_accuracies(
    ran: Place,
    place: Place,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    place.tell(*({"adapter": k, "learning_rate": x.learning_rate} for k, x in TRIED.items()))
    given = ["import", str(place.adapters), "--job", place.job("again"), "--storage", place.url]
    assert call(monkeypatch, *given, "--score") == 0
    told = capsys.readouterr()
    assert f"{place.adapters}: 6 adapters" in told.out
    assert "ranks: 0 lora r2 q+out | 1 frozen | 2 lora r4 q+v | rate 2.0e-03; " in told.out
    assert "outputs count as down, up, in this order" in told.out
    assert "scoring 6 of 6: ranks: accuracy 0." in told.err
    again = {x.key: x for x in place.load("again")[1]}
    before = {x.key: x for x in ran.load("ran")[1] if not x.configuration.frozen}
    assert again.keys() == before.keys() == {x.key for x in TRIED.values()}
    for key, trial in again.items():
        values = before[key].measurements
        for name in ("accuracy", "trainable_parameters", "export_bytes"):
            assert trial.measurements[name] == values[name], name
        assert trial.measurements["loss"] == pytest.approx(values["loss"], rel=1e-5)
        assert trial.validation_rows == before[key].validation_rows
        assert trial.provenance["imported"] in TRIED
        folder = place.adapters / str(trial.provenance["imported"])
        assert (folder / PEFT_TENSORS).stat().st_size == values["export_bytes"]
    assert call(monkeypatch, *given, "--score") == 2
    assert "again" in capsys.readouterr().err
    assert len({x.measurements["accuracy"] for x in again.values()}) > 2


def test_the_time_of_an_export_holds_the_loading_of_the_libraries(
    ran: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(result_doors, "begin", lambda _: time.monotonic() - 7200)
    given = ["export", "ran", "--out", str(tmp_path / "out"), "--storage", ran.url]
    assert call(monkeypatch, *given) == 0
    assert f" to {tmp_path / 'out'} in 2 h 0" in capsys.readouterr().out.replace("\n", "")


def save(place: Place, name: str, **changes: Any) -> Path:
    """An untrained adapter of plain `peft`, as its user saves it."""
    given: dict[str, Any] = {"r": 4, "lora_alpha": 16, "target_modules": [*QUERY_VALUE]}
    config = peft.LoraConfig(**(given | {"task_type": "SEQ_CLS"} | changes))
    with quiet_peft():
        base = AutoModelForSequenceClassification.from_pretrained(place.model)
        model: peft.PeftModel = peft.get_peft_model(base, config)
    folder = place.adapters / name
    model.save_pretrained(str(folder))
    return folder


@pytest.fixture
def own(ran: Place, tmp_path: Path) -> Place:
    """Two adapters that a user of `peft` trained."""
    mine = Place(tmp_path, ran.model, ran.train)
    save(mine, "runs/low", r=2)
    save(mine, "runs/high")
    return mine


TOLD = ({"adapter": "low", "accuracy": 0.7}, {"adapter": "runs/high", "accuracy": 0.8, "seed": 5})
Said = tuple[int, str, str]
Say = Callable[..., Said]


@pytest.fixture
def say(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Say:
    """Import a place's adapters; the exit code and what was printed."""

    def run(
        place: Place, *options: str, job: str = "past", **changes: Any
    ) -> tuple[int, str, str]:
        given = ["--job", place.job(job, **changes), "--storage", place.url, *options]
        code = call(monkeypatch, "import", str(place.adapters), *given)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def test_what_was_measured_is_told_by_a_file(own: Place, say: Say) -> None:
    own.tell({**TOLD[0], "learning_rate": 3e-4}, TOLD[1])
    code, out, _ = say(own)
    assert code == 0
    assert "  runs/high: 0-2 lora r4 q+v | rate 1.0e-03; 1,536 parameters; accuracy 0.8" in out
    assert "  runs/low: 0-2 lora r2 q+v | rate 3.0e-04; 768 parameters; accuracy 0.7" in out
    assert "1 adapter of unknown learning rate counts as trained at 0.001" in out
    assert "past: 2 results of adapters" in out
    high, low = own.load("past")[1]
    assert (high.seed, high.measurements["accuracy"]) == (5, 0.8)
    assert high.provenance == {"imported": "runs/high"}
    assert low.configuration.learning_rate == 3e-4
    assert low.measurements["trainable_parameters"] == 768


def test_two_of_one_configuration_are_its_seeds(own: Place, say: Say) -> None:
    save(own, "again")
    own.tell(*TOLD, {"adapter": "again", "accuracy": 0.9, "validation_rows": 36})
    assert say(own)[0] == 0
    found = own.load("past")[1]
    assert sorted((x.measurements["accuracy"], x.seed) for x in found) == [
        (0.7, 0),
        (0.8, 5),
        (0.9, 0),
    ]
    assert len({x.key for x in found}) == 2


def test_a_base_of_another_name_is_told(own: Place, say: Say) -> None:
    file = own.adapters / "runs/low/adapter_config.json"
    told = json.loads(file.read_text()) | {"base_model_name_or_path": "somebody/bert"}
    file.write_text(json.dumps(told))
    own.tell(*TOLD)
    out = say(own, "--dry-run")[1]
    assert out.count("says that it is of") == out.count("says that it is of somebody/bert") == 1


def test_a_dry_run_only_tells(own: Place, say: Say) -> None:
    own.tell(*TOLD)
    code, out, _ = say(own, "--dry-run")
    assert (code, "runs/low: 0-2 lora r2" in out) == (0, True)
    code, out, _ = say(own, "--dry-run", "--json")
    assert [x["adapter"] for x in json.loads(out)["adapters"]] == ["runs/high", "runs/low"]
    assert not (own.root / "jobs.sqlite").exists()


def test_all_become_trials_or_none_and_each_reason_is_told(own: Place, say: Say) -> None:
    own.tell(*TOLD)
    save(own, "b", lora_alpha=32)
    shutil.copytree(own.adapters / "runs/low", own.adapters / "copy")
    code, out, err = say(own)
    assert code == 2
    assert "  b: no trial: expected lora_alpha 16, as lora at rank 4 has; got 32 for bert" in out
    assert "  runs/low: no trial: expected an adapter of its own; got the tensors of copy" in out
    assert "  copy: no trial: expected a value of accuracy; got none" in out
    assert "got 3 of 4 that cannot, b: expected lora_alpha 16" in err
    assert err.strip().splitlines()[-1].count("expected adapters that can all become trials") == 1
    assert not (own.root / "jobs.sqlite").exists()
    code, out, _ = say(own, "--leave-out")
    assert (code, "past: 1 result of adapters" in out) == (0, True)
    assert [x.provenance["imported"] for x in own.load("past")[1]] == ["runs/high"]


def test_none_that_can_be_is_no_job(own: Place, say: Say) -> None:
    code, out, err = say(own, "--leave-out")
    assert (code, out.count("a value of accuracy")) == (2, 2)
    assert "2 of 2 that cannot" in err


def test_dropout_is_the_jobs_or_searched(own: Place, say: Say) -> None:
    shutil.rmtree(own.adapters)
    save(own, "a", lora_dropout=0.1)
    own.tell({"adapter": "a", "accuracy": 0.7})
    assert "expected dropout 0, as the job has; got 0.1" in say(own)[1]
    assert say(own, job="all", training={"dropout": 0.1})[0] == 0
    assert say(own, job="some", training={"dropout": [0.0, 0.1], "epochs": [1, 2]})[0] == 0
    (trial,) = own.load("some")[1]
    assert trial.configuration.training.said == {"dropout": 0.1, "epochs": 1.0}


def test_rows_about_no_adapter_are_refused(own: Place, say: Say) -> None:
    wrong: dict[str, tuple[Mapping[str, Any], ...]] = {
        "did you mean 'runs/low'": ({"adapter": "runs/lov", "accuracy": 0.7},),
        "got '' in line 1": ({"accuracy": 0.7},),
        "another of runs/low in line 3": (*TOLD, TOLD[0]),
        "got rank in line 1": ({**TOLD[0], "rank": 2},),
    }
    for told, rows in wrong.items():
        own.tell(*rows)
        code, _, err = say(own)
        assert (code, told in err) == (2, True), err
    save(own, "others/low", r=8)
    own.tell(*TOLD)
    assert "got 'low' in line 1" in (err := say(own)[2]) and "of which there are 2" in err


def test_a_file_beside_may_be_named_instead(own: Place, say: Say) -> None:
    own.tell(*TOLD)
    elsewhere = own.root / "told.jsonl"
    (own.adapters / "results.jsonl").rename(elsewhere)
    code, out, err = say(own, "--measured", str(elsewhere), "--json")
    told = json.loads(out)
    assert (code, err, told["job"], told["state"]) == (0, "", "past", "finished")
    assert [x["values"]["accuracy"] for x in told["front"]] == [0.7, 0.8]
    keys = {x.key for x in own.load("past")[1]}
    assert {x["key"] for x in told["adapters"]} == keys
    assert [x["reason"] for x in told["adapters"]] == [None, None]


def test_one_adapter_by_itself(own: Place, say: Say) -> None:
    own.adapters = own.adapters / "runs/low"
    own.tell({"adapter": "low", "accuracy": 0.7})
    code, out, _ = say(own)
    assert (code, "  low: 0-2 lora r2 q+v" in out) == (0, True)


def test_ctrl_c_while_scoring_leaves_nothing(
    own: Place, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    score = adapter_scoring.Scorer.score

    def interrupted(self: Any, folder: Any, on_batch: Any) -> Any:
        if folder.path.name == "low":
            raise KeyboardInterrupt
        return score(self, folder, on_batch)

    monkeypatch.setattr(adapter_scoring.Scorer, "score", interrupted)
    code, _, err = say(own, "--score")
    assert (code, "scoring 1 of 2: runs/high: accuracy" in err) == (130, True)
    assert not (own.root / "jobs.sqlite").exists()
    monkeypatch.undo()
    code, _, err = say(own, "--score")
    assert (code, "scoring 2 of 2: runs/low: accuracy" in err) == (0, True)


def test_what_cannot_be_scored_is_told_before_anything_is(own: Place, say: Say) -> None:
    file = own.adapters / "runs/low" / PEFT_TENSORS
    save_file({k: x for k, x in load_file(file).items() if "classifier" not in k}, file)
    code, out, err = say(own, "--score")
    assert code == 2
    assert (
        "  runs/low: no trial: expected a head with classifier.weight of [2, 32]; got none" in out
    )
    assert "scoring 1" not in err
    code, _, err = say(own, "--score", "--leave-out")
    assert (code, "scoring 1 of 1: runs/high" in err) == (0, True)
    assert len(own.load("past")[1]) == 1


def test_options_of_adapters_mean_nothing_for_a_file(
    own: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own.tell(*TOLD)
    file = str(own.adapters / "results.jsonl")
    given = ["import", file, "--job", own.job("past"), "--storage", own.url, "--score"]
    assert call(monkeypatch, *given) == 2
    assert "a folder of adapters with that option; got --score" in capsys.readouterr().err
