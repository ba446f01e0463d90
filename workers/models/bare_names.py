"""Names without an owner beside a folder of nearly that name: misspelt folders."""

import difflib
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.message_text import suggest


def check_bare_name(path: str, folder: Path) -> None:
    """Refuse `vitt` beside a folder `vit` at once: the hub's client would try for half a minute
    without a network. Without such a folder it may be an old model of the hub, which have no
    owner: `gpt2`, `bert-base-uncased`.

    Args:
        path: The model as the job names it. What has a `/` or a `:` may be had elsewhere.
        folder: Where relative paths begin.

    Raises:
        UserError: It is a bare name, no folder has it, and one has nearly that name.
    """
    if "/" in path or ":" in path or Path(path).is_dir() or (folder / path).is_dir():
        return
    if near := difflib.get_close_matches(path, _folders(folder), 1):
        expected = "a model folder, package:NAME or a hub id OWNER/NAME"
        raise UserError(expected, f"{path!r}, and no such folder", suggest(path, near, ""))


def _folders(folder: Path) -> list[str]:
    try:
        return sorted(x.name for x in folder.iterdir() if x.is_dir())
    except OSError:
        return []
