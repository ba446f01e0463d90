import json
from pathlib import Path

import pytest
import torch

from peftsearch.errors import UserError
from peftsearch.spaces.families.family import read_anatomy
from peftsearch.workers.models.backbone import Backbone, load_backbone, name_labels, read_config
from tests.workers.tiny import FAMILIES, load, save_model, save_tokenizer, spec_on


@pytest.mark.parametrize("family", FAMILIES)
def test_frozen_in_eval_mode_with_its_head(backbones: dict[str, Backbone], family: str) -> None:
    backbone = backbones[family]
    assert backbone.heads == (("classifier",) if "bert" in family else ("score",))
    assert not backbone.model.training
    assert not any(parameter.requires_grad for parameter in backbone.model.parameters())
    assert backbone.model.config.pad_token_id == backbone.tokenizer.pad_token_id == 0
    assert len(backbone.sha256) == 64


def test_tokenizer_without_pad_takes_eos(tmp_path: Path) -> None:
    backbone = load(save_model(tmp_path / "m", "llama", pad=False))
    assert backbone.tokenizer.pad_token == "</s>"
    assert backbone.model.config.pad_token_id == backbone.tokenizer.eos_token_id


def test_regression_has_one_output(folders: dict[str, Path]) -> None:
    spec = spec_on(folders["bert"], task={"train": "x.csv", "kind": "regression"})
    model = load_backbone(spec, 1, "cpu").model
    assert model.config.num_labels == 1
    assert model.config.problem_type == "regression"


def test_head_of_another_size_is_replaced(folders: dict[str, Path]) -> None:
    backbone = load(folders["bert"], labels=5)
    assert backbone.heads == ("classifier",)
    name_labels(backbone, ["a", "b", "c", "d", "e"])
    assert backbone.model.config.label2id == {"a": 0, "b": 1, "c": 2, "d": 3, "e": 4}


def test_pooler_that_the_weights_lack_belongs_to_the_head(tmp_path: Path) -> None:
    """It would be random in every process otherwise."""
    from transformers import BertConfig, BertModel

    config = BertConfig(
        vocab_size=32,
        hidden_size=32,
        intermediate_size=48,
        num_hidden_layers=2,
        num_attention_heads=4,
    )
    BertModel(config, add_pooling_layer=False).save_pretrained(tmp_path)
    save_tokenizer(tmp_path)
    assert load(tmp_path).heads == ("bert.pooler.dense", "classifier")


def test_load_prints_nothing(folders: dict[str, Path], capfd: pytest.CaptureFixture[str]) -> None:
    load(folders["bert"], labels=4)
    captured = capfd.readouterr()
    assert captured.out == "" and captured.err == ""


def test_unknown_family_is_refused_before_weights_are_read(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"model_type": "mamba"}')
    with pytest.raises(UserError, match="model family among .* got model_type 'mamba'"):
        load(tmp_path)


def test_corrupt_weights(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", "bert")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(UserError, match="loadable model|weights in safetensors"):
        load(folder)


def test_missing_tokenizer(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", "bert")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).unlink(missing_ok=True)
    with pytest.raises(UserError, match="a tokenizer in"):
        load(folder)


def test_weights_that_lack_a_layer(tmp_path: Path) -> None:
    folder = save_model(tmp_path / "m", "bert")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"num_hidden_layers": 4}))
    with pytest.raises(UserError, match=r"none for bert\.encoder\.layer\.3"):
        load(folder)


def test_anatomy_that_the_model_contradicts(folders: dict[str, Path]) -> None:
    anatomy = read_anatomy(read_config(str(folders["bert"])))
    stack = anatomy.stacks[0].model_copy(update={"layer_path": "bert.encoder.layers.{layer}"})
    wrong = anatomy.model_copy(update={"stacks": (stack,)})
    spec = spec_on(folders["bert"])
    spec = spec.model_copy(update={"model": spec.model.model_copy(update={"anatomy": wrong})})
    with pytest.raises(UserError, match="no such tensor; correct model.anatomy"):
        load_backbone(spec, 2, "cpu")


def test_family_that_the_user_described(tmp_path: Path) -> None:
    """A family without a row of ours works once its layers are described."""
    folder = save_model(tmp_path / "m", "electra")
    anatomy = read_anatomy(read_config(str(folder))).model_copy(update={"family": "mine"})
    spec = spec_on(folder, model={"path": str(folder), "anatomy": anatomy.model_dump()})
    assert load_backbone(spec, 2, "cpu").anatomy.family == "mine"


def test_two_loads_are_equal(folders: dict[str, Path]) -> None:
    torch.manual_seed(7)
    first = load(folders["roberta"]).model.state_dict()
    torch.manual_seed(8)
    second = load(folders["roberta"]).model.state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
