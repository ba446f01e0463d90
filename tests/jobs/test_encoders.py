"""The encoder that a job file names."""

import json
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.confinement import Confinement
from peftsearch.jobs.jobfile import complete_spec, differing_keys
from peftsearch.results.exports.public_names import find_places
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.spaces.jobspec.stored import document_of, parse_stored

from .folders import CONFIG, write_folder

WIDTH = 8
SIZES = {
    **{"n_embd": 16, "n_layer": 2, "n_head": 2, "vocab_size": 32},
    **{"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2},
    **{"intermediate_size": 32, "image_size": 16, "patch_size": 8},
}
"""Of GPT-2 and of ViT."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_folder(tmp_path)
    for name in ("encoder", "other"):
        (tmp_path / name).mkdir()
        text = json.dumps({**CONFIG, "hidden_size": WIDTH})
        (tmp_path / name / "config.json").write_text(text)
    return tmp_path


def job(folder: Path, encoder: str | None = "encoder", **sections: Any) -> JobSpec:
    model = {"path": "model"} | ({} if encoder is None else {"encoder": encoder})
    data = {
        "name": "reading",
        "model": model,
        "task": {"train": "tickets.csv"},
        "space": {"inputs": ["none", "lopa"]},
        "budget": {"trials": 3},
    }
    return complete_spec(data | sections, folder)


def test_its_path_is_relative_to_the_file_and_its_anatomy_is_read(folder: Path) -> None:
    spec = job(folder)
    assert spec.model.encoder == str(folder / "encoder")
    assert spec.anatomy.encoder is not None and spec.anatomy.encoder.hidden == WIDTH
    assert job(folder, None).anatomy.encoder is None
    assert parse_stored(document_of(spec)) == spec
    assert complete_spec(spec.to_json(), folder) == spec


def test_another_encoder_is_another_job(folder: Path) -> None:
    spec = job(folder)
    assert differing_keys(spec, job(folder, "other")) == ["model.encoder"]
    assert differing_keys(spec, job(folder, None)) == ["model.encoder"]
    assert differing_keys(spec, job(folder)) == []


@pytest.mark.parametrize(
    ("encoder", "told"),
    [
        ("./nowhere", "where no folder is; correct model.encoder"),
        ("encodr", "no such folder; did you mean 'encoder'"),
        ("package:no-such-package", "no package 'no-such-package'"),
    ],
)
def test_what_is_not_there_is_told_before_the_launch(
    encoder: str, told: str, folder: Path
) -> None:
    with pytest.raises(UserError, match=told) as found:
        job(folder, encoder)
    assert found.value.where == "model.encoder"


@pytest.mark.parametrize(
    ("sections", "told"),
    [
        ({"space": {"preset": "lora"}}, r"prompts by model.encoder \(lopa\); got a space without"),
        (
            {"task": {"kind": "causal_lm", "train": "tickets.csv"}, "space": {"preset": "lora"}},
            "where a head answers texts; got causal_lm",
        ),
        (
            {"task": {"kind": "image_classification", "train": "t.csv"}, "space": {}},
            "where a head answers texts; got image_classification",
        ),
    ],
)
def test_an_encoder_that_nothing_asks_is_refused(
    sections: dict[str, Any], told: str, folder: Path
) -> None:
    if "task" in sections:
        family = "gpt2" if "causal" in told else "vit"
        (folder / "model" / "config.json").write_text(json.dumps({"model_type": family, **SIZES}))
    with pytest.raises(UserError, match=told) as found:
        job(folder, **sections)
    assert found.value.where == "model.encoder"


def test_a_try_or_a_closed_list_may_ask_it(folder: Path) -> None:
    lopa = {
        "learning_rate": 1e-2,
        "strata": [{"start": 0.0, "stop": 1.0}],
        "input": {"technique": "lopa", "capacity": 4},
    }
    space = {"preset": "lora"}
    tried: dict[str, Any] = {"space": space, "try": [lopa]}
    assert job(folder, **tried).anatomy.encoder is not None
    assert job(folder, space={"configurations": [lopa]}).anatomy.encoder is not None


def test_a_service_keeps_it_within_its_folders_and_texts_do_not_name_the_path(
    folder: Path,
) -> None:
    spec = job(folder)
    outside = spec.model_copy(
        update={"model": spec.model.model_copy(update={"encoder": "/etc/encoder"})}
    )
    Confinement([folder]).check(spec, folder)
    with pytest.raises(UserError, match="within the service's data folders") as found:
        Confinement([folder]).check(outside, folder)
    assert found.value.where == "model.encoder"
    assert find_places(spec, folder)[str(folder / "encoder")] == "encoder"
