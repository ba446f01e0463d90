"""The encoder of a job: a second frozen model that reads each text. Imports no torch."""

from collections.abc import Iterator
from contextlib import contextmanager

from peftsearch.errors import UserError
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.families.family import FAMILIES, read_anatomy

from .locations import read_config

KEY = "model.encoder"
_MODEL = "model.path"
_KIND = "classification"
"""Of the tasks, one that every encoder of text can do."""
_EXPECTED = "an encoder of texts, such as BERT, RoBERTa or ModernBERT"


def read_encoder(path: str) -> Anatomy:
    """The anatomy of an encoder, by its `config.json` alone.

    Args:
        path: As `model.path` names a model.

    Raises:
        UserError: There is no such model, or it is no encoder of texts of a family that we know.
    """
    with named_as_encoder():
        config = read_config(path)
        family = str(config.get("model_type"))
        row = FAMILIES.get(family)
        if row is None or _KIND not in row.kinds:
            raise _refuse(f"model_type {family!r}")
        anatomy = read_anatomy(config, _KIND)
        if anatomy.causal or len(anatomy.stacks) > 1 or anatomy.embedding is None:
            raise _refuse(f"model_type {family!r}, which writes texts")
        return anatomy


@contextmanager
def named_as_encoder() -> Iterator[None]:
    """Errors within are about the encoder of a job, and not about the model beside it."""
    try:
        yield
    except UserError as error:
        hint, where = error.hint.replace(_MODEL, KEY), (error.where or KEY).replace(_MODEL, KEY)
        raise UserError(error.expected, error.got, hint, where) from error


def _refuse(got: str) -> UserError:
    return UserError(_EXPECTED, got, f"name another as {KEY}")
