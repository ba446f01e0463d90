"""What may be the encoder of a job, and what is told of the rest."""

import copy
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from peftsearch.errors import UserError
from peftsearch.workers.models.encoders import KEY
from peftsearch.workers.models.reader import PREFIX, load_reader
from tests.workers.encoders import WIDTH, save_encoder
from tests.workers.families import SIZES, save_model


def refused(path: Path | str) -> UserError:
    with pytest.raises(UserError) as found:
        load_reader(str(path), "cpu")
    assert found.value.where == KEY and "model.path" not in str(found.value)
    assert "\n" not in str(found.value)
    return found.value


def test_no_such_folder(tmp_path: Path) -> None:
    assert "where no folder is; correct model.encoder" in str(refused(tmp_path / "nowhere"))
    assert "no package 'no-such'" in str(refused("package:no-such"))


def test_a_folder_without_a_model_or_a_tokenizer(tmp_path: Path) -> None:
    assert "none in" in str(refused(tmp_path))
    folder = save_encoder(tmp_path / "encoder")
    (folder / "tokenizer.json").unlink()
    assert "a tokenizer in" in str(refused(folder))


@pytest.mark.parametrize(
    ("family", "kind"),
    [("llama", "causal_lm"), ("t5", "seq2seq"), ("vit", "image_classification")],
)
def test_what_is_no_encoder_of_texts(family: str, kind: str, tmp_path: Path) -> None:
    folder = save_model(tmp_path / family, family, kind=kind)
    assert (
        f"an encoder of texts, such as BERT, RoBERTa or ModernBERT; got model_type {family!r}"
        in (str(refused(folder)))
    )


def test_weights_that_lack_a_tensor(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "encoder")
    file = folder / "model.safetensors"
    tensors = load_file(file)
    kept = {name: x for name, x in tensors.items() if "layer.1.ffn" not in name}
    save_file(kept, file, metadata={"format": "pt"})
    assert "every tensor of the encoder; got none for transformer.layer.1" in str(refused(folder))


def test_tokens_that_it_has_no_embedding_for(tmp_path: Path) -> None:
    folder = save_encoder(tmp_path / "encoder", vocab_size=10)
    assert "tokens below 10" in str(refused(folder))


@pytest.mark.parametrize("family", sorted(x for x in SIZES if "bert" in x or x == "mpnet"))
def test_each_family_of_encoders_reads(family: str, tmp_path: Path) -> None:
    reader = load_reader(str(save_model(tmp_path / family, family)), "cpu")
    model = torch.nn.Identity()
    reader.watch(model)
    given = reader.tokenizer(["good film", "bad"], padding=True, return_tensors="pt")
    model.register_forward_pre_hook(lambda _, args, kwargs: (args, {}), with_kwargs=True)
    kept = {k: x for k, x in given.items() if k != "token_type_ids" or family == "bert"}
    model(torch.zeros(1), **{f"{PREFIX}{name}": x for name, x in kept.items()})
    states, mask = reader.read()
    assert states.shape[::2] == (2, reader.anatomy.hidden) and mask.shape == states.shape[:2]


def test_it_watches_a_model_once_and_a_copy_shares_it(tmp_path: Path) -> None:
    reader = load_reader(str(save_encoder(tmp_path / "encoder")), "cpu")
    model = torch.nn.Linear(2, 2)
    reader.watch(model)
    reader.watch(model)
    assert len(model._forward_pre_hooks) == 1 and reader.anatomy.hidden == WIDTH
    twin = copy.deepcopy(model)
    reader.watch(twin)
    assert len(twin._forward_pre_hooks) == 1
    shutil.rmtree(tmp_path / "encoder")
