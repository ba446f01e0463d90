"""Token ids that a model has no embedding for.

A tokenizer may know more tokens than its model, most often a pad token that was added to it alone.
On a CPU such an id ends a training in an index error, on a GPU the whole process.
"""

from typing import Any

from peftsearch.errors import UserError

from .encodings import Encoded


def check_tokens(tokenizer: Any, rows: int, name: str, data: Encoded) -> None:
    """Refuse examples with tokens that an embedding of `rows` rows does not have.

    Args:
        name: Of the split.

    Raises:
        UserError: Names such a token.
    """
    padding, largest = tokenizer.pad_token_id, data.largest_token
    if padding >= rows:
        raise _beyond(rows, f"the pad token {tokenizer.pad_token!r} with id {padding}")
    if largest >= rows:
        token = tokenizer.convert_ids_to_tokens(largest)
        raise _beyond(rows, f"{token!r} with id {largest} in the {name} rows")


def _beyond(rows: int, got: str) -> UserError:
    return UserError(
        f"tokens within the model's embedding of {rows:,} rows",
        got,
        "use the model's own tokenizer, or `resize_token_embeddings` and save the model again",
        "model.path",
    )
