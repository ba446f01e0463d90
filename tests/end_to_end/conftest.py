"""A tiny model and a small data set, so that whole jobs run in seconds; all parts are real."""

import random
from pathlib import Path

import pytest

GOOD = ("fine", "great", "lovely", "superb")
BAD = ("poor", "awful", "dull", "weak")
FILLER = ("the", "film", "was", "plot", "and", "cast", "a", "very", "rather", "it")


def write_model(folder: Path, spread: float = 0.02) -> Path:
    """A random BERT of 2 layers with a word tokenizer that knows the data's words.

    Args:
        spread: Of its weights; from 0.1 on its adapters learn in a second.
    """
    import torch
    from transformers import BertConfig, BertForSequenceClassification, BertTokenizer

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *GOOD, *BAD, *FILLER]
    folder.mkdir(parents=True)
    (folder / "vocab.txt").write_text("\n".join(words))
    tokenizer = BertTokenizer(str(folder / "vocab.txt"))
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=160,
        initializer_range=spread,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def write_data(path: Path, rows: int = 400) -> Path:
    """Sentences whose label is which kind of adjective they hold."""
    rng = random.Random(0)
    lines = ["text,label"]
    for _ in range(rows):
        label = rng.randrange(2)
        words = [rng.choice(FILLER) for _ in range(rng.randrange(4, 12))]
        words.insert(rng.randrange(len(words)), rng.choice(GOOD if label else BAD))
        lines.append(f"{' '.join(words)},{('bad', 'good')[label]}")
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module", autouse=True)
def warm_programs(warm_start: None) -> None:
    """Programs start with their libraries loaded."""


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `model/` and `data.csv`, shared by all tests, read only."""
    folder = tmp_path_factory.mktemp("workshop")
    write_model(folder / "model")
    write_data(folder / "data.csv")
    return folder


def write_job(folder: Path, workshop: Path, epochs: int, trials: int = 8) -> Path:
    """A job on the workshop."""
    path = folder / "job.toml"
    path.write_text(
        f"""
name = "small"
[model]
path = "{workshop}/model"
[task]
train = "{workshop}/data.csv"
max_length = 16
[training]
epochs = {epochs}
[budget]
trials = {trials}
"""
    )
    return path


@pytest.fixture
def job_file(workshop: Path, tmp_path: Path) -> Path:
    """A job of 8 trials, in a folder of its own."""
    return write_job(tmp_path, workshop, epochs=2)
