"""Tiny random models of each family, made in the test; 3 layers, hidden size 32."""

from pathlib import Path
from string import ascii_lowercase
from typing import Any

import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoTokenizer,
    PreTrainedTokenizerFast,
    Qwen2Tokenizer,
)

from peftsearch.spaces.anatomy import read_anatomy
from peftsearch.spaces.jobspec import JobSpec, parse_spec
from peftsearch.workers.backbone import Backbone, load_backbone

WORDS = ("good", "bad", "fine", "poor", "film", "plot", "the", "a", "is", "was", "very", "not")
LAYERS = 3
_COMMON: dict[str, Any] = {
    "vocab_size": 32,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": LAYERS,
    "num_attention_heads": 4,
    "max_position_embeddings": 64,
}
_EXTRA: dict[str, dict[str, Any]] = {
    "bert": {},
    "roberta": {"pad_token_id": 0},
    "electra": {"embedding_size": 32},
    "llama": {"num_key_value_heads": 2},
    "qwen2": {"num_key_value_heads": 2},
}
FAMILIES = ("bert", "roberta", "llama", "qwen2")


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
    wrapped: Any = PreTrainedTokenizerFast
    wrapped(tokenizer_object=tokenizer, **special).save_pretrained(folder)


def save_model(folder: Path, family: str, pad: bool = True, **changes: Any) -> Path:
    """A model folder as a hub repository would have it."""
    sizes = _COMMON | _EXTRA[family] | changes
    config = AutoConfig.for_model(family, **sizes)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(1)
        automatic: Any = AutoModelForSequenceClassification
        model = automatic.from_config(config)
        for name, parameter in model.named_parameters():
            if parameter.dim() == 1:  # biases and norms as after training, not all 0 or 1
                parameter.data += 0.1 * torch.randn(parameter.shape)
            elif "embed" not in name:
                parameter.data *= 5.0
    model.save_pretrained(folder)
    save_tokenizer(folder, family, pad)
    return folder


def make_spec(folder: Path | str, **changes: Any) -> JobSpec:
    """A job on the model in that folder; `changes` replace whole sections."""
    data: dict[str, Any] = {
        "name": "tiny",
        "model": {"path": str(folder)},
        "task": {"train": "unused.csv"},
        "budget": {"trials": 2},
    }
    return parse_spec(data | changes)


def complete(spec: JobSpec) -> JobSpec:
    """With the anatomy of its model."""
    from peftsearch.workers.backbone import read_config

    anatomy = read_anatomy(read_config(spec.model.path))
    return spec.model_copy(update={"model": spec.model.model_copy(update={"anatomy": anatomy})})


def load(folder: Path, labels: int = 2) -> Backbone:
    """The backbone of a saved model."""
    return load_backbone(make_spec(folder), labels, "cpu")


def tokens(folder: Path, n: int = 6) -> dict[str, torch.Tensor]:
    """A batch of `n` texts of different lengths."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    texts = [" ".join(WORDS[i % len(WORDS)] for i in range(k, 2 * k + 2)) for k in range(n)]
    batch = tokenizer(texts, padding=True, return_tensors="pt")
    return {name: batch[name] for name in ("input_ids", "attention_mask")}


def state_of(backbone: Backbone) -> dict[str, torch.Tensor]:
    """A copy of all weights."""
    return {name: tensor.clone() for name, tensor in backbone.model.state_dict().items()}


def shape_of(backbone: Backbone) -> list[tuple[str, type, bool]]:
    """Module structure, and what is trainable."""
    modules = [(name, type(module), False) for name, module in backbone.model.named_modules()]
    flags = [(name, type(x), x.requires_grad) for name, x in backbone.model.named_parameters()]
    return modules + flags
