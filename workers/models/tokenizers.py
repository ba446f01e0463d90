"""Tokenizers of models, by their folders."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from peftsearch.errors import UserError

from .checkpoints import reason

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase

_VOCABULARIES = ("tokenizer.json", "vocab.*", "*.model")


def load_tokenizer(folder: Path) -> PreTrainedTokenizerBase:
    """The tokenizer of a model's folder, with a pad token.

    Raises:
        UserError: There is none, it does not load, or it has neither a pad nor an eos token.
    """
    from transformers import AutoTokenizer

    if not any(file for pattern in _VOCABULARIES for file in folder.glob(pattern)):
        # transformers would make up a tokenizer that knows nothing but special tokens
        raise UserError(
            f"a tokenizer in {folder}", "no vocabulary", "save it there with `save_pretrained`"
        )
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False
        )
    except Exception as error:
        raise UserError(
            f"a tokenizer in {folder}", reason(error), "save it there with `save_pretrained`"
        ) from error
    if tokenizer.pad_token_id is None:
        if tokenizer.eos_token is None:
            raise UserError(
                "a tokenizer with a pad or an eos token", "neither", "set one and save it again"
            )
        tokenizer.pad_token = tokenizer.eos_token
    return tokenizer


def has_beyond(tokenizer: Any, rows: int) -> bool:
    """Whether a tokenizer knows a token beyond an embedding of so many rows."""
    return max(tokenizer.get_vocab().values(), default=-1) >= rows
