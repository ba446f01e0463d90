import json
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import complete_spec, differing_keys, read_spec
from peftsearch.spaces.jobspec.spec import JobSpec

from .folders import CONFIG, JOB, write_folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_folder(tmp_path)


def test_paths_are_relative_to_the_file(folder: Path) -> None:
    spec = read_spec(folder / "job.toml")
    assert spec.task.train == str(folder / "tickets.csv")
    assert spec.model.path == str(folder / "model")


def test_a_misspelt_model_folder_is_told_with_the_near_one(folder: Path) -> None:
    (folder / "job.toml").write_text(JOB.replace('"model"', '"modell"'))
    with pytest.raises(UserError, match="no such folder; did you mean 'model'") as refused:
        read_spec(folder / "job.toml")
    assert refused.value.where == "model.path"


def test_anatomy_is_filled_in(folder: Path) -> None:
    assert read_spec(folder / "job.toml").anatomy.layers == 2


def test_written_anatomy_serves_an_unknown_family(folder: Path) -> None:
    (folder / "model" / "config.json").write_text(json.dumps({"model_type": "novel"}))
    with pytest.raises(UserError, match=r"model_type 'novel'; describe its layers under"):
        read_spec(folder / "job.toml")
    written = {
        "family": "novel",
        "layers": 3,
        "hidden": 4,
        "layer_path": "encoder.block.{layer}",
        "linears": {"query": {"path": "q", "inputs": 4, "outputs": 4, "bias": False}},
        "norms": [],
    }
    data = {
        "name": "x",
        "model": {"path": "model", "anatomy": written},
        "task": {"train": "tickets.csv"},
        "space": {"preset": "lora", "roles": ["query"]},
        "budget": {"trials": 1},
    }
    assert complete_spec(data, folder).anatomy.layers == 3


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("[task", "TOML in"),
        ("[modle]", "did you mean 'model'"),
        ("[space]\nrank = [1]", "did you mean 'ranks'"),
        ("[space]\nbundles = ['lorra']", "the name of a technique"),
        ("[space]\nboundaries = [[0, 2], [1, 9]]", "the model's 2 layers"),
        ("[search]\nsampler = 'best'", "search.sampler"),
        (
            "[objectives]\nbounds = ['accuracy <= 0.5']",
            "a lower bound on accuracy",
        ),
        ("[objectives]\nbounds = ['adaptor_bytes <= 5 KB']", "did you mean 'adapter_bytes'?"),
        ("[objectives]\nbounds = ['train_memory <= 5 GB']", "did you mean 'training_memory'?"),
        ("[objectives]\nbounds = ['sise <= 5 KB']", "did you mean 'size'?"),
        ("[objectives]\ncost = 'adaptor_bytes'", "did you mean 'adapter_bytes'?"),
        ("[objectives]\nbounds = ['size >= 5 KB']", "write it with <="),
        (
            "[training]\nbatch_size = [8, 16]\n[[try]]\nrecipe = 'lora'\nbatch_size = 32",
            "batch_size among 8, 16 in a [[try]]; got 32; add it to training.batch_size",
        ),
        (
            "[training]\nepochs = [1, 2]\n[[try]]\nrecipe = 'lora'\nepochs = 0.5",
            "epochs among 1, 2 in a [[try]]; got 0.5",
        ),
        (
            "[training]\ndropout = [0.0, 0.1]\n[[try]]\nrecipe = 'lora'\ndropout = 0.2",
            "dropout among 0, 0.1 in a [[try]]; got 0.2",
        ),
        ("[[try]]\nlearning_rate = 1e-3\nstrata = [{start = 0, stop = 3}]", "tile the model"),
        ("[[try]]\nlearning_rate = 1e-3", "a configuration with learning_rate and strata"),
    ],
)
def test_mistakes_get_one_clear_line(folder: Path, line: str, part: str) -> None:
    (folder / "job.toml").write_text(JOB + line)
    with pytest.raises(UserError) as caught:
        read_spec(folder / "job.toml")
    assert part in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_try_without_dropout_needs_no_value_of_it(folder: Path) -> None:
    tried = "[training]\ndropout = [0.1, 0.2]\n[[try]]\nrecipe = 'bitfit'"
    (folder / "job.toml").write_text(JOB + tried)
    assert len(read_spec(folder / "job.toml").tries) == 1


def test_zero_budget(folder: Path) -> None:
    (folder / "job.toml").write_text(JOB.replace("trials = 5", "trials = 0"))
    with pytest.raises(UserError, match=r"budget\.trials"):
        read_spec(folder / "job.toml")


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        read_spec(tmp_path / "none.toml")


def test_differing_keys_leave_the_budget_out(folder: Path) -> None:
    spec = read_spec(folder / "job.toml")
    (folder / "job.toml").write_text(JOB.replace("trials = 5", "trials = 9"))
    assert differing_keys(spec, read_spec(folder / "job.toml")) == []
    (folder / "job.toml").write_text(JOB + "[search]\nrepeats = 0.5")
    assert differing_keys(spec, read_spec(folder / "job.toml")) == ["search.repeats"]


def test_of_another_model_only_what_the_user_wrote_differs(folder: Path) -> None:
    spec = read_spec(folder / "job.toml")
    (folder / "other").mkdir()
    deeper = CONFIG | {"num_hidden_layers": 3, "hidden_size": 16}
    (folder / "other" / "config.json").write_text(json.dumps(deeper))
    (folder / "job.toml").write_text("seed = 1\n" + JOB.replace('"model"', '"other"'))
    assert differing_keys(spec, read_spec(folder / "job.toml")) == ["model.path", "seed"]


def test_what_a_later_version_knows_of_a_family_does_not_stop_a_job(folder: Path) -> None:
    spec = read_spec(folder / "job.toml")
    assert spec.model.anatomy is not None
    (stack,) = spec.anatomy.stacks

    def change(**fields: Any) -> JobSpec:
        changed = stack.model_copy(update=fields)
        anatomy = spec.anatomy.model_copy(update={"stacks": (changed,), "positions": None})
        model = spec.model.model_copy(update={"anatomy": anatomy})
        return spec.model_copy(update={"model": model})

    assert differing_keys(change(attention=None), spec) == []
    assert differing_keys(change(layers=5), spec) == ["model.anatomy.0.layers"]


def test_a_file_may_begin_with_a_byte_order_mark(folder: Path) -> None:
    expected = read_spec(folder / "job.toml")
    (folder / "job.toml").write_text(JOB, encoding="utf-8-sig")
    assert read_spec(folder / "job.toml") == expected
