"""The inputs of a job's encoder beside the model's own, in the same rows."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from peftsearch.workers.models.reader import PREFIX

from .batching import Row
from .encodings import Encoded, EncodedChoices, EncodedTexts

_IDS = f"{PREFIX}input_ids"


def join_readers(model: Encoded, reader: Encoded) -> Encoded:
    """Examples with the inputs of both.

    Args:
        model: As the model's own tokenizer encodes the texts.
        reader: The same texts by the tokenizer of the encoder.

    Raises:
        TypeError: A kind of task encodes its texts as something of its own.
    """
    if isinstance(model, EncodedTexts) and isinstance(reader, EncodedTexts):
        padding = model.padding | _renamed(reader.padding)
        return replace(model, rows=_join(model.rows, reader.rows), padding=padding)
    if isinstance(model, EncodedChoices) and isinstance(reader, EncodedChoices):
        padding = model.padding | _renamed(reader.padding)
        return replace(model, rows=_join(model.rows, reader.rows), padding=padding)
    raise TypeError(f"{type(model).__name__} has no room for the inputs of an encoder")


def reader_sides(data: Encoded) -> list[tuple[int]]:
    """Tokens that the encoder reads of each example's longest text, `n`."""
    assert isinstance(data, EncodedTexts | EncodedChoices), "join_readers made it"
    return [(max(len(x[_IDS]) for x in _sequences(row)),) for row in data.rows]


def _sequences(row: Row | Sequence[Row]) -> Sequence[Row]:
    return [row] if isinstance(row, dict) else row


def _join(one: Any, other: Any) -> Any:
    if isinstance(one, dict):
        return one | _renamed(other)
    return [_join(x, y) for x, y in zip(one, other, strict=True)]


def _renamed(named: dict[str, Any]) -> dict[str, Any]:
    return {f"{PREFIX}{name}": x for name, x in named.items()}
