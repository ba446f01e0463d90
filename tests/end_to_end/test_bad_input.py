"""Mistakes get one line that says what was expected, what came, what to do; exit code 2."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .programs import call, errors


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def one_class(job: Path) -> None:
    data = job.parent / "one.csv"
    data.write_text("text,label\n" + "the film was fine,good\n" * 60)
    line = next(line for line in job.read_text().splitlines() if line.startswith("train ="))
    edit(job, line, 'train = "one.csv"')


def unknown_family(job: Path) -> None:
    folder = job.parent / "novel"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps({"model_type": "novel"}))
    line = next(line for line in job.read_text().splitlines() if line.startswith("path ="))
    edit(job, line, 'path = "novel"')


CASES: dict[str, tuple[Callable[[Path], None], str]] = {
    "missing data": (lambda job: edit(job, "data.csv", "none.csv"), "none.csv"),
    "wrong column": (lambda job: edit(job, "[task]", "[task]\nlabel = 'lable'"), "label"),
    "one class": (one_class, "class"),
    "unknown key": (lambda job: edit(job, "epochs", "epoch"), "did you mean 'epochs'"),
    "unknown technique": (
        lambda job: edit(job, "[budget]", "[space]\nbundles = ['lorra']\n[budget]"),
        "the name of a technique",
    ),
    "unknown family": (unknown_family, "model_type 'novel'"),
    "boundary outside": (
        lambda job: edit(job, "[budget]", "[space]\nboundaries = [[0, 1], [1, 12]]\n[budget]"),
        "the model's 2 layers",
    ),
    "budget of zero": (lambda job: edit(job, "trials = 8", "trials = 0"), "budget.trials"),
    "missing model": (lambda job: edit(job, "/model", "/modell"), "modell"),
}


@pytest.mark.parametrize("name", CASES)
def test_mistakes_in_a_job_file(job_file: Path, name: str) -> None:
    spoil, part = CASES[name]
    spoil(job_file)
    before = {path.name for path in job_file.parent.iterdir()}
    done = call("run", job_file, folder=job_file.parent)
    assert done.returncode == 2, done.stderr
    (error,) = errors(done.stderr)
    assert error.startswith("error: expected ") and part in error
    assert {path.name for path in job_file.parent.iterdir()} == before


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["run", "none.toml"], "no file 'none.toml'"),
        (["front", "small"], "launch a job"),
        (["jobs", "--storage", "nonsense://"], "a database such as"),
        (["jobs", "--storage", "job.toml"], "job.toml"),
        (["run", "job.toml", "--workers", "-1"], "--workers"),
        (["fly"], "fly"),
    ],
)
def test_mistakes_on_the_command_line(job_file: Path, arguments: list[str], part: str) -> None:
    done = call(*arguments, folder=job_file.parent)
    assert done.returncode == 2
    assert part in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_unwritable_folder(job_file: Path) -> None:
    folder = job_file.parent / "closed"
    folder.mkdir(mode=0o500)
    done = call("run", job_file, "--storage", folder / "x.db", folder=job_file.parent)
    assert done.returncode == 2 and len(errors(done.stderr)) == 1


def test_folder_that_is_a_file(job_file: Path) -> None:
    """Also for root, who may write everywhere: a path below a file can be made by nobody."""
    (job_file.parent / "file").write_text("")
    done = call("run", job_file, "--files", "file/below", folder=job_file.parent)
    assert done.returncode == 2
    (error,) = errors(done.stderr)
    assert "a writable folder" in error


def test_corrupt_adapter(tmp_path: Path) -> None:
    """`load_adapter` names the file; nothing of the model is touched."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    import peftsearch
    from peftsearch.errors import UserError

    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter.safetensors").write_bytes(b"not safetensors")
    (folder / "configuration.json").write_text("{}")
    config = BertConfig(
        hidden_size=8, num_hidden_layers=1, num_attention_heads=1, intermediate_size=8
    )
    model = BertForSequenceClassification(config)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(UserError) as caught:
        peftsearch.load_adapter(model, folder)
    assert "\n" not in str(caught.value)
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
