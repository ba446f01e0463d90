"""A tiny encoder beside a tiny model: of another width, and with a tokenizer of its own."""

from pathlib import Path
from typing import Any

from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from peftsearch.spaces.configurations.configuration import Configuration, Module, Stratum
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.training.trial_runner import TrialRunner

from .families import WORDS, save_model
from .runners import write_texts
from .tiny import LAYERS, spec_on

WIDTH = 24
LOPA = Configuration((Stratum(0, LAYERS),), 1e-2, Module("lopa", 4))


def save_encoder(folder: Path, **changes: Any) -> Path:
    """A DistilBERT that numbers words the other way round."""
    changes = {"dim": WIDTH, "hidden_dim": 40, "n_heads": 2, "n_layers": 2} | changes
    save_model(folder, "distilbert", **changes)
    units = ["<pad>", "<s>", "</s>", "<unk>", *WORDS[::-1]]
    vocabulary = {unit: i for i, unit in enumerate(units)}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    named = {"eos_token": "</s>", "bos_token": "<s>", "unk_token": "<unk>", "pad_token": "<pad>"}
    wrapped: Any = PreTrainedTokenizerFast
    wrapped(tokenizer_object=tokenizer, **named).save_pretrained(folder)
    return folder


def reading_spec(tmp_path: Path, family: str = "bert", **sections: Any) -> JobSpec:
    """A job whose prompts an encoder makes, on 160 texts."""
    from peftsearch.jobs.jobfile import complete_spec

    model, encoder = tmp_path / "model", tmp_path / "encoder"
    if not model.exists():
        save_model(model, family, kind=sections.get("task", {}).get("kind", "classification"))
    if not encoder.exists():
        save_encoder(encoder)
    given = {
        "model": {"path": str(model), "encoder": "encoder"},
        "task": {"train": str(write_texts(tmp_path / "data.csv"))},
        "space": {"inputs": ["none", "lopa"], "bundles": ["frozen", "lora"]},
        "training": {"batch_size": 8, "epochs": 4, "precision": "float32"},
    }
    return complete_spec(spec_on(model, **(given | sections)).to_json(), tmp_path)


def open_reading(tmp_path: Path, family: str = "bert", **sections: Any) -> TrialRunner:
    """Of that job."""
    return TrialRunner.open(reading_spec(tmp_path, family, **sections), "cpu")
