"""Tokens without an embedding are found by the dry run, and before the first trial."""

from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import AutoTokenizer

from peftsearch.errors import UserError
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.data.task_data import load_data
from peftsearch.workers.training.rehearsal import open_processor
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.tiny import WORDS, complete, save_model, spec_on

KNOWN = 4 + len(WORDS)
"""Ids of the tiny tokenizer."""


def rehearse(spec: JobSpec) -> None:
    """As `run --dry-run` does."""
    open_processor(spec, load_data(spec))


def start(spec: JobSpec) -> None:
    """As a worker does."""
    TrialRunner.open(spec, "cpu")


def make_job(tmp_path: Path, word: str, **tokens: str) -> JobSpec:
    """A job whose 50th text has that word, on a model without room for new tokens."""
    folder = save_model(tmp_path / "m", "llama", vocab_size=KNOWN)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    tokenizer.add_tokens(["novel"])
    tokenizer.add_special_tokens(dict(tokens))
    tokenizer.save_pretrained(folder)
    rows = [f"the {WORDS[i % 12]} {WORDS[i * 5 % 12]},{'ab'[i % 2]}" for i in range(80)]
    rows[50] = f"{word} {rows[50]}"
    (tmp_path / "data.csv").write_text("\n".join(["text,label", *rows]))
    return complete(spec_on(folder, task={"train": str(tmp_path / "data.csv"), "max_length": 8}))


@pytest.mark.parametrize("use", [rehearse, start])
def test_a_token_beyond_the_embedding(tmp_path: Path, use: Callable[[JobSpec], None]) -> None:
    spec = make_job(tmp_path, "novel")
    with pytest.raises(UserError, match=f"'novel' with id {KNOWN} in the .* rows"):
        use(spec)


@pytest.mark.parametrize("use", [rehearse, start])
def test_a_pad_token_beyond_the_embedding(tmp_path: Path, use: Callable[[JobSpec], None]) -> None:
    spec = make_job(tmp_path, "good", pad_token="[PAD]")
    with pytest.raises(UserError, match=r"the pad token '\[PAD\]' with id"):
        use(spec)


@pytest.mark.parametrize("use", [rehearse, start])
def test_a_larger_tokenizer_is_no_fault(tmp_path: Path, use: Callable[[JobSpec], None]) -> None:
    use(make_job(tmp_path, "good"))
