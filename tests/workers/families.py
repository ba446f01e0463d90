"""Tiny random models of every family and kind of task, as a hub repository would have them."""

import copy
import shutil
from collections.abc import Mapping
from pathlib import Path
from string import ascii_lowercase
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors
from transformers import (
    AutoConfig,
    AutoTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
    ViTImageProcessorPil,
)

from peftsearch.spaces.kinds.kind_table import KINDS

WORDS = ("good", "bad", "fine", "poor", "film", "plot", "the", "a", "is", "was", "very", "not")
LAYERS = 3
IMAGE_SIZE = 16
CLASSES: Mapping[str, str] = {x.name: x.form.automatic for x in KINDS.own.values()}
_IMAGES: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "image_size": IMAGE_SIZE,
    "patch_size": 8,
}
_TEXT: dict[str, Any] = {
    "vocab_size": 32,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "max_position_embeddings": 160,
}
_IDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
"""Of the tokenizer below, for families whose own defaults lie outside its vocabulary."""
_RELATIVE = {"relative_attention": True, "pos_att_type": "p2c|c2p"}
_GROUPED = {"num_key_value_heads": 2}
_HEADED = {"num_key_value_heads": 2, "head_dim": 12}
_T5: dict[str, Any] = {
    "vocab_size": 32,
    "d_model": 32,
    "d_kv": 6,
    "d_ff": 48,
    "num_heads": 4,
    "num_layers": 2,
    "num_decoder_layers": 3,
    "pad_token_id": 0,
    "eos_token_id": 2,
    "decoder_start_token_id": 0,
}
SIZES: dict[str, dict[str, Any]] = {
    "bert": _TEXT,
    "roberta": _TEXT | {"pad_token_id": 0},
    "xlm-roberta": _TEXT | {"pad_token_id": 0},
    "distilbert": {
        "vocab_size": 32,
        "dim": 32,
        "hidden_dim": 48,
        "n_layers": LAYERS,
        "n_heads": 4,
        "max_position_embeddings": 160,
    },
    "mpnet": _TEXT | _IDS,
    "electra": _TEXT | {"embedding_size": 32},
    "deberta": _TEXT | _RELATIVE,
    "deberta-v2": _TEXT | _RELATIVE | {"share_att_key": True, "position_buckets": 8},
    "modernbert": _TEXT | _IDS | {"cls_token_id": 1, "sep_token_id": 2},
    "llama": _TEXT | _GROUPED,
    "mistral": _TEXT | _GROUPED,
    "qwen2": _TEXT | _GROUPED,
    "qwen3": _TEXT | _IDS | _HEADED,
    "gemma": _TEXT | _IDS | _HEADED,
    "gemma2": _TEXT | _IDS | _HEADED,
    "gemma3_text": _TEXT | _IDS | _HEADED,
    "phi3": _TEXT | _IDS | _GROUPED,
    "gpt2": {
        "vocab_size": 32,
        "n_embd": 32,
        "n_inner": 48,
        "n_layer": LAYERS,
        "n_head": 4,
        "n_positions": 160,
        "bos_token_id": 1,
        "eos_token_id": 2,
    },
    "t5": _T5,
    "mt5": _T5,
    "vit": _IMAGES | {"intermediate_size": 48},
    "dinov2": _IMAGES | {"mlp_ratio": 2},
}
VISION = ("vit", "dinov2")
ENCODER_DECODERS = ("t5", "mt5")
_BUILT: dict[str, Any] = {}
_SAVED: dict[str, TemporaryDirectory[str]] = {}


def make_config(family: str, **changes: Any) -> Any:
    return AutoConfig.for_model(family, **(SIZES[family] | changes))


def build_model(family: str, kind: str = "classification", **changes: Any) -> Any:
    """A random model of the class that the kind of task asks for; `changes` go to its config.

    It is a copy of one that each process makes once, which takes several times as long.
    """
    key = repr((family, kind, changes))
    if key not in _BUILT:
        _BUILT[key] = _build_model(family, kind, **changes)
    return copy.deepcopy(_BUILT[key])


def _build_model(family: str, kind: str, **changes: Any) -> Any:
    config = make_config(family, **changes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        model = getattr(transformers, CLASSES[kind]).from_config(config)
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:  # biases and norms as after training, not all 0 or 1
                parameter.data += 0.1 * torch.randn(parameter.shape)
            elif "embed" not in name and parameter.std() < 0.05:  # T5 starts large
                parameter.data *= 5.0
    return model


def save_model(
    folder: Path, family: str, pad: bool = True, kind: str = "classification", **changes: Any
) -> Path:
    """A model folder as a hub repository would have it, of the class of that kind of task."""
    key = repr((family, pad, kind, changes))
    if key not in _SAVED:
        _SAVED[key] = TemporaryDirectory()
        _save_model(Path(_SAVED[key].name), family, pad, kind, **changes)
    shutil.copytree(_SAVED[key].name, folder, dirs_exist_ok=True)
    return folder


def _save_model(folder: Path, family: str, pad: bool, kind: str, **changes: Any) -> None:
    build_model(family, kind, **changes).save_pretrained(folder)
    if family in VISION:
        save_image_processor(folder)
    else:
        save_tokenizer(folder, family, pad)


def save_image_processor(folder: Path) -> None:
    """Resizes to the tiny models' size. This class needs no torchvision."""
    processor: Any = ViTImageProcessorPil
    processor(size={"height": IMAGE_SIZE, "width": IMAGE_SIZE}).save_pretrained(folder)


def save_tokenizer(folder: Path, family: str = "bert", pad: bool = True) -> None:
    """A tokenizer of words, or of characters for qwen2, which takes no other than its own."""
    special = {"eos_token": "</s>", "bos_token": "<s>", "unk_token": "<unk>"}
    special |= {"pad_token": "<pad>"} if pad else {}
    units = [*ascii_lowercase, "\u0120"] if family == "qwen2" else WORDS
    vocabulary = {unit: i for i, unit in enumerate(["<pad>", "<s>", "</s>", "<unk>", *units])}
    if family == "qwen2":
        Qwen2Tokenizer(vocab=vocabulary, merges=[], **special).save_pretrained(folder)
        return
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    if family in ENCODER_DECODERS:  # their classifiers read the state at the one end token
        tokenizer.post_processor = processors.TemplateProcessing(
            single="$A </s>", pair="$A $B </s>", special_tokens=[("</s>", 2)]
        )
    wrapped: Any = PreTrainedTokenizerFast
    wrapped(tokenizer_object=tokenizer, **special).save_pretrained(folder)


def tokens(folder: Path, n: int = 6) -> dict[str, torch.Tensor]:
    """A batch of `n` texts of different lengths."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [" ".join(WORDS[i % len(WORDS)] for i in range(k, 2 * k + 2)) for k in range(n)]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    return {name: batch[name] for name in ("input_ids", "attention_mask")}
