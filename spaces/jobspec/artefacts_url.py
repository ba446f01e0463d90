"""Where a job's adapters go beside the folder of its files: a URL that holds no secret."""

import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from peftsearch.errors import UserError
from peftsearch.message_text import show

WHERE = "artefacts"
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*+://")
_FILE = "file://"
_EXPECTED = "artefacts: s3://bucket/prefix, gs://bucket/prefix, or a folder that all machines see"


def is_url(text: str) -> bool:
    """Whether it begins as a URL does."""
    return _SCHEME.match(text) is not None


def check_url(said: str) -> str:
    """The same without slashes at its end. It is kept in the database and shown: a login, or
    parameters, are refused.

    Raises:
        UserError: It has some, or is neither a URL nor a path.
    """
    if not said.strip() or not said.isprintable() or "\\" in said:
        raise UserError(_EXPECTED, show(said), "correct it", WHERE)
    if not is_url(said):
        if "://" in said or "@" in said:
            raise UserError(_EXPECTED, "something else with a login or ://", "correct it", WHERE)
        return said.rstrip("/") or "/"
    scheme, _, place = said.partition("://")
    if any(mark in place for mark in "@?#"):
        hint = "leave it out: credentials stand where its package looks, such as AWS_PROFILE"
        raise UserError(_EXPECTED, f"{scheme}:// with one of @, ? and #", hint, WHERE)
    if not place.strip("/") or (scheme == "file" and not place.startswith("/")):
        raise UserError(_EXPECTED, show(said), "name a bucket, or a whole path", WHERE)
    return said.rstrip("/")


def resolve_url(said: str, folder: Path) -> str:
    """A path as the URL of a folder; other URLs as they are.

    Args:
        folder: Where relative paths begin.
    """
    path = Path(said.removeprefix(_FILE)).expanduser()
    return said if is_url(said) and not said.startswith(_FILE) else _name(folder / path)


def _name(path: Path) -> str:
    """Not `Path.as_uri`, which writes spaces as `fsspec` does not read them."""
    return f"{_FILE}{path.resolve()}"


ArtefactsUrl = Annotated[str, AfterValidator(check_url)]
