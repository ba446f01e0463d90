from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModel, AutoModelForSequenceClassification

from peftsearch.errors import UserError
from peftsearch.workers.adapters.attachment import attach
from peftsearch.workers.files.adapter_files import save_adapter
from peftsearch.workers.files.loading import load_adapter, merge_adapter
from peftsearch.workers.models.backbone import Backbone
from peftsearch.workers.training.provenance import describe
from tests.specs import make_spec
from tests.workers.mixtures import MIXED
from tests.workers.tiny import save_model, tokens


def _user_model(folder: Path, **arguments: Any) -> Any:
    return AutoModelForSequenceClassification.from_pretrained(folder, **arguments)


@pytest.fixture
def saved(
    tmp_path: Path, backbones: dict[str, Backbone], folders: dict[str, Path]
) -> tuple[Path, torch.Tensor]:
    """A mixed adapter with values away from its start, and what it predicts."""
    backbone = backbones["bert"]
    attachment = attach(backbone, MIXED, seed=2)
    try:
        generator = torch.Generator().manual_seed(0)
        for parameter in attachment.trained.values():
            parameter.data += 0.1 * torch.randn(parameter.shape, generator=generator)
        with torch.no_grad():
            expected = backbone.model(**tokens(folders["bert"])).logits
        metadata = describe(backbone, make_spec(), "data", "float32", 2)
        save_adapter(tmp_path / "adapter", MIXED, attachment.tensors(), metadata)
    finally:
        attachment.detach()
    return tmp_path / "adapter", expected


@pytest.mark.parametrize("load", [load_adapter, merge_adapter])
def test_user_model_predicts_the_same(
    load: Any, saved: tuple[Path, torch.Tensor], folders: dict[str, Path]
) -> None:
    path, expected = saved
    model = load(_user_model(folders["bert"]), path)
    with torch.no_grad():
        logits = model(**tokens(folders["bert"])).logits
    torch.testing.assert_close(logits, expected, atol=1e-5, rtol=1e-5)
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())


def test_merged_model_is_plain(saved: tuple[Path, torch.Tensor], folders: dict[str, Path]) -> None:
    plain = _user_model(folders["bert"])
    names = [(name, type(module)) for name, module in plain.named_modules()]
    merged = merge_adapter(plain, saved[0])
    assert [(name, type(module)) for name, module in merged.named_modules()] == names


def test_other_weights_are_refused(saved: tuple[Path, torch.Tensor], tmp_path: Path) -> None:
    other = _user_model(save_model(tmp_path / "other", "bert", vocab_size=40))
    with pytest.raises(UserError, match="the base model '.*bert' with weights"):
        load_adapter(other, saved[0])


def test_wrong_number_of_labels_leaves_the_model_as_it_was(
    saved: tuple[Path, torch.Tensor], folders: dict[str, Path]
) -> None:
    model = _user_model(folders["bert"], num_labels=5, ignore_mismatched_sizes=True)
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    with pytest.raises(UserError, match=r"classifier\..* of shape"):
        load_adapter(model, saved[0])
    after = model.state_dict()
    assert list(after) == list(before)
    assert all(torch.equal(after[name], before[name]) for name in before)


def test_model_without_a_head(saved: tuple[Path, torch.Tensor], folders: dict[str, Path]) -> None:
    with pytest.raises(UserError, match="AutoModelForSequenceClassification"):
        load_adapter(AutoModel.from_pretrained(folders["bert"]), saved[0])


def test_model_of_another_shape_from_nowhere(saved: tuple[Path, torch.Tensor]) -> None:
    """A model that came from no folder has no hash to compare; its layers still must fit."""
    from transformers import BertConfig, BertForSequenceClassification

    config = BertConfig(
        vocab_size=32,
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=3,
        num_attention_heads=4,
    )
    with pytest.raises(UserError):
        load_adapter(BertForSequenceClassification(config), saved[0])
