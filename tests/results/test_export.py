import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import peft
import pytest
import torch
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer

from peftsearch.errors import NotFoundError, UserError
from peftsearch.jobs.jobfile import complete_spec, read_spec
from peftsearch.records.front_points import FrontPoint
from peftsearch.records.job import Job as StoredJob
from peftsearch.records.job import JobState
from peftsearch.records.trial import Trial
from peftsearch.results.exports import export as export_module
from peftsearch.results.exports.card import write_card
from peftsearch.results.exports.export import ExportMismatch, export
from peftsearch.results.exports.job_texts import write_trial
from peftsearch.results.picks.pick import select, size_limit
from peftsearch.results.search_result import SearchResult, export_picked
from peftsearch.results.shown_front import Front
from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.configurations.hyperparameters import Hyperparameters
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.files.adapter_files import load_adapter_files, save_adapter
from peftsearch.workers.files.loading import load_adapter
from peftsearch.workers.runtime.file_hashes import hash_file
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.floors import prepare
from tests.small_disks import fill, mounted
from tests.workers.mixtures import IA3, MIXED
from tests.workers.tiny import LAYERS, save_model, spec_on

from .trained import put_beside, train

# `peft` still asks for an attribute that `transformers` has renamed, and calls the norms that its
# own LN tuning wraps unsupported.
pytestmark = [
    pytest.mark.usefixtures("warm_start"),
    pytest.mark.filterwarnings("ignore:.*is_gradient_checkpointing:FutureWarning"),
    pytest.mark.filterwarnings("ignore:Unsupported layer type:UserWarning"),
]

TEXTS = ["the good film", "the bad film is not very good", "a plot"]
LORA = Module("lora", 4, ("query", "value"))


def _upper(*modules: Module) -> Configuration:
    return Configuration((Stratum(0, 1), Stratum(1, LAYERS, modules)), 5e-3)


CONFIGURATIONS = {
    "ranks": Configuration(
        (
            Stratum(0, 1, (Module("lora", 2, ("query", "mlp_out")),)),
            Stratum(1, 2),
            Stratum(2, 3, (LORA,)),
        ),
        5e-3,
    ),
    "rslora": _upper(Module("rslora", 3, ("key", "mlp_in"))),
    "dora": _upper(Module("dora", 2, ("query", "attention_output"))),
    "lora+bitfit": Configuration(
        (Stratum(0, 1), Stratum(1, 2, (Module("bitfit"),)), Stratum(2, 3, (LORA,))), 5e-3
    ),
    "ia3": _upper(IA3),
    "ln_tuning": _upper(Module("ln_tuning")),
    "bitfit": _upper(Module("bitfit")),
    "probe": Configuration((Stratum(0, LAYERS),), 5e-3),
    "lora+ia3": Configuration((Stratum(0, 1, (IA3,)), Stratum(1, 3, (LORA,))), 5e-3),
    "mixed": MIXED,
    "serial": _upper(Module("serial", 4), Module("bitfit")),
}
FORMS = {
    "ranks": "peft",
    "rslora": "peft",
    "dora": "peft",
    "lora+bitfit": "peft",
    "ia3": "peft",
    "ln_tuning": "peft",
    "bitfit": "adapter",
    "probe": "adapter",
    "lora+ia3": "adapter",
    "mixed": "adapter",
    "serial": "adapter",
}


@dataclass
class Job:
    """A small job on real files, and its runner."""

    folder: Path
    spec: JobSpec
    runner: TrialRunner

    @classmethod
    def make(cls, folder: Path, family: str) -> "Job":
        with (folder / "data.csv").open("w", newline="", encoding="utf-8") as file:
            rows = [
                f"film {'very ' * (i % 7)}{'good' if i % 2 else 'bad'} {'plot ' * (i // 7)}"
                for i in range(84)
            ]
            writer = csv.writer(file)
            writer.writerow(["text", "label"])
            writer.writerows((text, "up" if "good" in text else "down") for text in rows)
        model = save_model(folder / "model", family, pad=family != "llama")
        training = {"batch_size": 8, "epochs": 2}
        data = spec_on(model, task={"train": "data.csv"}, training=training).to_json()
        spec = complete_spec(data, folder)
        return cls(folder, spec, TrialRunner.open(spec, "cpu"))

    def train(self, name: str) -> tuple[Trial, Path]:
        """A completed trial, and the folder where its worker saved the adapter."""
        folder = self.folder / "trials" / name
        return train(self.runner, CONFIGURATIONS[name], folder), folder

    def predict(self, name: str, folder: Path) -> torch.Tensor:
        """What the trial itself predicts for `TEXTS`."""
        base = AutoModelForSequenceClassification.from_pretrained(self.folder / "model")
        base.config.pad_token_id = self.runner.backbone.tokenizer.pad_token_id
        return self.score(load_adapter(base, folder))

    def score(self, model: Any) -> torch.Tensor:
        """Outputs of a model for `TEXTS`."""
        batch = self.runner.backbone.tokenizer(TEXTS, padding=True, return_tensors="pt")
        with torch.no_grad():
            logits: torch.Tensor = model(**batch).logits
        return logits

    def base(self) -> Any:
        """The base model as a user loads it."""
        pad = self.runner.backbone.tokenizer.pad_token_id
        return AutoModelForSequenceClassification.from_pretrained(
            self.folder / "model", num_labels=2, pad_token_id=pad
        )


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny products lose time to threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Job:
    return Job.make(tmp_path_factory.mktemp("bert"), "bert")


@pytest.fixture(scope="module")
def llama(tmp_path_factory: pytest.TempPathFactory) -> Job:
    """Without a pad token of its own."""
    return Job.make(tmp_path_factory.mktemp("llama"), "llama")


def _load(form: str, job: Job, out: Path) -> Any:
    if form == "peft":
        return peft.PeftModel.from_pretrained(job.base(), str(out))
    if form == "adapter":
        return load_adapter(job.base(), out)
    return AutoModelForSequenceClassification.from_pretrained(out)


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_export_takes_peft_where_it_can_and_predicts_the_same(
    name: str, bert: Job, tmp_path: Path
) -> None:
    trial, folder = bert.train(name)
    out = tmp_path / "out"
    report = export(bert.spec, trial, folder, out)
    assert report.form == FORMS[name]
    files = [path.stat().st_size for path in out.glob("*.safetensors")]
    assert [report.size] == files == [trial.measurements["export_bytes"]]
    assert f"| export_bytes | {files[0]:,} B |" in (out / "README.md").read_text()
    assert report.rows > 8 and 0 <= report.difference < 1e-4
    loaded = _load(report.form, bert, out)
    torch.testing.assert_close(
        bert.score(loaded), bert.predict(name, folder), atol=1e-5, rtol=1e-5
    )
    assert [x.name for x in tmp_path.iterdir()] == ["out"]


@pytest.mark.parametrize("form", ["auto", "adapter", "merged"])
def test_a_pick_by_size_never_writes_a_larger_file(form: str, bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("ranks")
    size = trial.measurements["export_bytes"]
    configuration = trial.configuration
    front = [FrontPoint(configuration.key, configuration, trial.measurements, (4,), 1)]
    picked = select(f"size <= {size:.0f} B", bert.spec, front, [trial])
    assert picked.trials[0] is trial
    with pytest.raises(NotFoundError, match="export_bytes reaches"):
        select(f"size < {size:.0f} B", bert.spec, front, [trial])
    limit = size_limit(f"size <= {size:.0f} B", "accuracy")
    assert limit == size
    out = tmp_path / "out"
    if form == "merged":
        with pytest.raises(UserError, match="files of weights of at most"):
            export(bert.spec, trial, folder, out, form, limit=limit)
        assert list(tmp_path.iterdir()) == []
        written = export(bert.spec, trial, folder, out, form).size
        assert written is not None and written > size
        assert f"| export_bytes | {written:,} B |" in (out / "README.md").read_text()
    else:
        export(bert.spec, trial, folder, out, form, limit=limit)
        (path,) = out.glob("*.safetensors")
        assert path.stat().st_size <= size


@pytest.mark.parametrize("name", ["mixed", "lora+bitfit", "ln_tuning"])
def test_merged_is_a_plain_model(
    name: str, bert: Job, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    trial, folder = bert.train(name)
    capfd.readouterr()
    out = tmp_path / "deep" / "out"
    report = export(bert.spec, trial, folder, out, "merged")
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""
    assert report.form == "merged"
    model = _load("merged", bert, out)
    assert [x for x, _ in model.named_modules()] == [x for x, _ in bert.base().named_modules()]
    assert model.config.id2label == {0: "down", 1: "up"}
    assert AutoTokenizer.from_pretrained(out).pad_token_id == 0
    torch.testing.assert_close(bert.score(model), bert.predict(name, folder), atol=1e-4, rtol=1e-4)
    assert not (out / "configuration.json").exists()


@pytest.mark.parametrize("form", ["peft", "adapter", "merged"])
def test_every_form_of_a_decoder(form: str, llama: Job, tmp_path: Path) -> None:
    trial, folder = llama.train("ranks")
    report = export(llama.spec, trial, folder, tmp_path / "out", form)
    loaded = _load(form, llama, report.out)
    torch.testing.assert_close(
        llama.score(loaded), llama.predict("ranks", folder), atol=1e-4, rtol=1e-4
    )
    card = (report.out / "README.md").read_text()
    assert ("AutoConfig" in card) is (form != "merged")
    if form != "merged":  # the program's configuration has what the base lacks
        assert AutoConfig.from_pretrained(report.out, subfolder="config").pad_token_id == 2


@pytest.mark.parametrize("form", ["peft", "adapter", "merged"])
def test_every_form_brings_the_names_of_its_classes_and_its_tokenizer(
    form: str, bert: Job, tmp_path: Path
) -> None:
    trial, folder = bert.train("ranks")
    out = export(bert.spec, trial, folder, tmp_path / "out", form).out
    config = AutoConfig.from_pretrained(out, subfolder="" if form == "merged" else "config")
    assert config.id2label == {0: "down", 1: "up"}
    assert config.label2id == {"down": 0, "up": 1}
    assert config.num_labels == 2
    tokenizer = AutoTokenizer.from_pretrained(out)
    own = bert.runner.backbone.tokenizer
    assert tokenizer(TEXTS)["input_ids"] == own(TEXTS)["input_ids"]
    assert (out / "config.json").exists() is (form == "merged")  # transformers takes it for a base


def test_peft_loads_without_peftsearch_in_another_process(bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("lora+bitfit")
    out = export(bert.spec, trial, folder, tmp_path / "out", "peft").out
    batch = bert.runner.backbone.tokenizer(TEXTS, padding=True)
    script = f"""
import sys, json, torch, peft
from transformers import AutoModelForSequenceClassification
base = AutoModelForSequenceClassification.from_pretrained({str(bert.folder / "model")!r})
model = peft.PeftModel.from_pretrained(base, {str(out)!r})
batch = {{k: torch.tensor(v) for k, v in json.loads(sys.argv[1]).items()}}
print(json.dumps(model(**batch).logits.tolist()))
assert "peftsearch" not in sys.modules
"""
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps(dict(batch))],
        capture_output=True,
        text=True,
        check=True,
    )
    expected = bert.predict("lora+bitfit", folder)
    torch.testing.assert_close(
        torch.tensor(json.loads(done.stdout)), expected, atol=1e-5, rtol=1e-5
    )


def test_an_export_says_how_it_was_trained(bert: Job, tmp_path: Path) -> None:
    said = Hyperparameters(epochs=1.0, batch_size=4, dropout=0.1)
    folder = tmp_path / "trial"
    lora = Configuration((Stratum(0, LAYERS, (LORA,)),), 5e-3, training=said)
    trial = train(bert.runner, lora, folder)
    training = bert.spec.training.model_copy(
        update={"epochs": (1.0, 2.0), "batch_size": (4, 8), "dropout": (0.0, 0.1)}
    )
    spec = bert.spec.model_copy(update={"training": training})
    out = export(spec, trial, folder, tmp_path / "out", "peft").out
    written = json.loads((out / "adapter_config.json").read_text())
    assert written["lora_dropout"] == 0.1
    assert written["base_model_name_or_path"] == "path/to/the/base/model"
    card = (out / "README.md").read_text()
    assert "| 1 epoch | batches of 4 | dropout 0.1" in card and "- dropout: 0.1" in card
    again = read_spec(put_beside(out, bert.folder, "model", "data.csv"))
    assert again.try_configurations == (trial.configuration,)
    assert again.training.searched == spec.training.searched


def test_the_guide_gives_back_the_rows_of_the_quality(bert: Job, tmp_path: Path) -> None:
    """With a loop of the user's own the exported model reaches the number of the trial."""
    trial, folder = bert.train("ranks")
    out = export(bert.spec, trial, folder, tmp_path / "adapter", "merged").out
    put_beside(out, bert.folder, "model", "data.csv")
    guide = (Path(__file__).parents[2] / "docs/guide.md").read_text(encoding="utf-8")
    (program,) = [x for x in guide.split("```python\n") if "read_spec(" in x]
    known: dict[str, Any] = {}
    exec(program.partition("```")[0].replace('"adapter/', f'"{out}/'), known)
    assert known["data"].fingerprint == trial.provenance["data"]
    assert f"fingerprint: {known['data'].fingerprint} (of texts" in (out / "README.md").read_text()
    model = AutoModelForSequenceClassification.from_pretrained(out).eval()
    tokenizer = AutoTokenizer.from_pretrained(out)
    right = 0
    for (text,), label in known["rows"]:
        length = known["spec"].task.max_length
        batch = tokenizer(text, truncation=True, max_length=length, return_tensors="pt")
        with torch.no_grad():
            right += int(model(**batch).logits.argmax()) == label
    assert right / len(known["rows"]) == pytest.approx(trial.measurements["accuracy"])


def test_card_and_job_say_how_to_make_it_again(bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("mixed")
    out = export(bert.spec, trial, folder, tmp_path / "out").out
    card = (out / "README.md").read_text()
    told = "peftsearch.load_adapter", "0 `down`, 1 `up`", "| accuracy |", "seed=7", "names alone"
    for part in told:
        assert part in card
    text = (out / "job.toml").read_text()
    assert text == write_trial(bert.spec, trial) and str(bert.folder) not in text
    spec = read_spec(put_beside(out, bert.folder, "model", "data.csv"))
    assert bert.spec.task.max_length is None
    assert spec.task.max_length == trial.provenance["max_length"]
    assert spec.try_configurations == (trial.configuration,)
    assert spec.budget.trials == 2
    again = TrialRunner.open(spec, "cpu").evaluate(spec.try_configurations[0], trial.seed)
    assert again.measurements["loss"] == trial.measurements["loss"]


def test_the_card_tells_the_floor_and_this_configuration(bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("mixed")
    result = SearchResult(
        StoredJob(1, "job", bert.spec.to_json(), JobState.FINISHED, 1, 0.0, "0" * 32),
        (replace(trial, adapter=folder.name),),
        Front(),
        folder.parent,
        prepare(2.0),
    )
    picked = result.pick(f"trial {trial.number}")
    card = (
        export_picked(result, picked, tmp_path / "out", "adapter").out / "README.md"
    ).read_text()
    told = " ".join(card.split())
    quality = f"{trial.measurements['accuracy']:.4f}"
    assert (
        "The best baseline without adapters, logistic regression on frozen features: accuracy "
        f"2.0000; this configuration: {quality}. It is" in told
    )
    assert "worse than that baseline. That is more than the " in told
    assert "that chance may give such a difference (standard error" in told


def test_job_of_the_probe_has_one_trial(bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("probe")
    out = export(bert.spec, trial, folder, tmp_path / "out").out
    job = put_beside(out, bert.folder, "model", "data.csv")
    assert read_spec(job).budget.trials == 1


@pytest.mark.parametrize(
    ("name", "hint"),
    [("mixed", "use the form adapter or merged"), ("serial", "use the form adapter")],
)
def test_a_refused_form_names_the_forms_that_work(
    name: str, hint: str, bert: Job, tmp_path: Path
) -> None:
    trial, folder = bert.train(name)
    with pytest.raises(UserError) as caught:
        export(bert.spec, trial, folder, tmp_path / "out", "peft")
    assert caught.value.hint == hint


@pytest.mark.parametrize(("name", "form"), [("mixed", "peft"), ("ranks", "onnx")])
def test_impossible_form_writes_nothing(name: str, form: str, bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train(name)
    with pytest.raises(UserError, match="form"):
        export(bert.spec, trial, folder, tmp_path / "out", form)
    assert list(tmp_path.iterdir()) == []


def test_what_stands_is_never_overwritten(bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("probe")
    out = tmp_path / "out"
    out.mkdir()
    (out / "precious").write_text("x")
    with pytest.raises(UserError, match="new or empty"):
        export(bert.spec, trial, folder, out)
    assert [x.name for x in out.iterdir()] == ["precious"]
    with pytest.raises(UserError, match="a file"):
        export(bert.spec, trial, folder, out / "precious")
    (out / "precious").unlink()
    assert export(bert.spec, trial, folder, out).form == "adapter"


def test_what_came_meanwhile_is_not_overwritten(
    bert: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By another export into the same folder, or by hand."""
    trial, folder = bert.train("probe")
    out = tmp_path / "out"

    def come(*arguments: Any) -> None:
        write_card(*arguments)
        out.mkdir()
        (out / "precious").write_text("x")

    monkeypatch.setattr("peftsearch.results.exports.export.write_card", come)
    with pytest.raises(UserError, match="new or empty"):
        export(bert.spec, trial, folder, out)
    assert [x.name for x in out.iterdir()] == ["precious"]
    assert not list(tmp_path.glob(".out-*"))


def test_place_that_cannot_be_written(bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("probe")
    (tmp_path / "file").write_text("x")
    with pytest.raises(UserError, match="a writable place"):
        export(bert.spec, trial, folder, tmp_path / "file" / "out")


@pytest.mark.parametrize("room", [0, 6 * 4096])
def test_a_full_disk_is_one_line_and_leaves_nothing(room: int, bert: Job, tmp_path: Path) -> None:
    trial, folder = bert.train("probe")
    disk = tmp_path / "disk"
    with mounted(disk, "1m") as own:
        if not own:
            pytest.skip("no file system can be mounted here")
        others = fill(disk, room)
        with pytest.raises(UserError, match=f"takes the export; got {disk}: No space left"):
            export(bert.spec, trial, folder, disk / "out")
        assert list(disk.iterdir()) == [others]
        others.unlink()
        export(bert.spec, trial, folder, disk / "out")


def _corrupt(folder: Path) -> None:
    (folder / "adapter.safetensors").write_bytes(b"x")


def _foreign(folder: Path) -> None:
    path = folder / "configuration.json"
    content = json.loads(path.read_text())
    content["metadata"]["model"]["sha256"] = "0" * 64
    path.write_text(json.dumps(content))


def _overwrite(folder: Path) -> None:
    """As the worker of another job that took the folder for its own."""
    other = load_adapter_files(folder)
    zeros = {name: torch.zeros_like(tensor) for name, tensor in other.tensors.items()}
    save_adapter(folder, other.configuration, zeros, other.metadata)


@pytest.mark.parametrize(
    ("spoil", "expected"),
    [
        (_corrupt, "adapter.safetensors with .*: restore"),
        (_overwrite, "adapter.safetensors with .*: restore"),
        (_foreign, "configuration.json of another one"),
    ],
)
def test_spoilt_adapter_writes_nothing(
    spoil: Callable[[Path], None], expected: str, bert: Job, tmp_path: Path
) -> None:
    trial, folder = bert.train("ia3")
    spoil(folder)
    with pytest.raises(UserError, match=f"the adapter of trial 4.*{expected}"):
        export(bert.spec, trial, folder, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_export_that_predicts_otherwise_is_withdrawn(
    bert: Job, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An untouched base stands for an export that lost its adapter."""
    trial, folder = bert.train("ranks")
    monkeypatch.setattr(export_module, "reload_form", lambda form, part, base: base().model)
    with pytest.raises(ExportMismatch, match="differs by .* use another form"):
        export(bert.spec, trial, folder, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_each_file_that_a_card_names_has_the_hash_that_sha256sum_prints(
    bert: Job, tmp_path: Path
) -> None:
    trial, folder = bert.train("ranks")
    out = export(bert.spec, trial, folder, tmp_path / "adapter").out
    card = (out / "README.md").read_text()
    told = dict(re.findall(r"^- (\S.*), SHA-256: ([0-9a-f]{64})$", card, re.MULTILINE))
    model, data = Path(bert.spec.model.path), Path(bert.spec.task.train)
    files = {f"this folder's {x.name}": x for x in out.glob("*.safetensors")}
    files |= {f"{model.name}/{x.name}": x for x in model.glob("*.safetensors")}
    files |= {data.name: data}
    assert told.keys() == files.keys() and len(files) >= 3
    command = ["sha256sum", *map(str, files.values())]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert [*map(str.split, said.splitlines())] == [[told[x], f"{y}"] for x, y in files.items()]
    assert card.count("no file has it") == 1 and "weights, SHA-256" not in card


def test_of_a_trial_from_before_files_are_named_where_they_are_the_same(
    bert: Job, tmp_path: Path
) -> None:
    trial, folder = bert.train("ranks")
    known = {x: y for x, y in trial.provenance.items() if x != "data_files"}
    old = replace(trial, provenance=known | {"model": {**known["model"], "files": None}})
    written = json.loads((folder / "configuration.json").read_text())
    written["metadata"] = dict(old.provenance)
    (folder / "configuration.json").write_text(json.dumps(written))
    data = Path(bert.spec.task.train)
    found = export(bert.spec, old, folder, tmp_path / "one").out / "README.md"
    assert f"- {data.name}, SHA-256: {hash_file(data)}" in found.read_text()
    assert "model.safetensors, SHA-256" in found.read_text()


def test_a_finished_job_whose_model_or_data_is_gone_says_how_it_finds_them(
    bert: Job, tmp_path: Path
) -> None:
    trial, folder = bert.train("ranks")
    model = bert.spec.model.model_copy(update={"path": "/nowhere/model"})
    task = bert.spec.task.model_copy(update={"train": "/nowhere/rows.csv"})
    for changed, told in (
        ({"model": model}, "nothing at /nowhere/model; put it back there, or a link"),
        ({"task": task}, "the training data of job"),
    ):
        spec = bert.spec.model_copy(update=changed)
        with pytest.raises(UserError, match="put it back there") as caught:
            export(spec, trial, folder, tmp_path / "out")
        assert told in str(caught.value) and "correct model.path" not in str(caught.value)
        assert ("--model PATH" in str(caught.value)) is ("model" in changed)
    assert not (tmp_path / "out").exists()
