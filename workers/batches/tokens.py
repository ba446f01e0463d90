"""Small helpers around a tokenizer."""

from collections.abc import Sequence
from typing import Any


def filler(tokenizer: Any) -> int:
    """Stands for a text without tokens, which a model cannot read."""
    known = (tokenizer.eos_token_id, tokenizer.pad_token_id)
    return next(int(token) for token in known if token is not None)


def tokenise(tokenizer: Any, texts: Sequence[str], special: bool) -> list[list[int]]:
    """Tokens of each text, with or without the special ones that the tokenizer adds."""
    if not texts:
        return []
    ids = tokenizer(list(texts), add_special_tokens=special, padding=False, truncation=False)
    return [list(row) for row in ids["input_ids"]]


def keep_end(ids: Sequence[int], room: int, first: int | None) -> list[int]:
    """The last `room` tokens; a leading token `first` stays, since models lean on it."""
    if len(ids) <= room:
        return list(ids)
    if ids[0] == first and room > 1:
        return [ids[0], *ids[len(ids) - room + 1 :]]
    return list(ids[len(ids) - room :])
