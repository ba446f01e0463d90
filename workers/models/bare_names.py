"""Names without an owner: mostly misspelt folders, which the hub is not asked about."""

import difflib
from pathlib import Path

from peftsearch.errors import UserError


def check_bare_name(path: str, folder: Path) -> None:
    """Refuse `vitt` at once, where the hub's client would try for half a minute without a network.

    Args:
        path: The model as the job names it. What has a `/` or a `:` may be had elsewhere.
        folder: Where relative paths begin.

    Raises:
        UserError: It is a bare name, no such folder is there, and the hub's cache holds none.
    """
    if "/" in path or ":" in path or Path(path).is_dir() or _is_cached(path):
        return
    near = difflib.get_close_matches(path, _folders(folder), 1)
    raise UserError(
        "a model folder, package:NAME or a hub id OWNER/NAME",
        f"{path!r}, and no such folder",
        f"did you mean {near[0]!r}?" if near else "correct model.path",
    )


def _folders(folder: Path) -> list[str]:
    try:
        return sorted(x.name for x in folder.iterdir() if x.is_dir())
    except OSError:
        return []


def _is_cached(hub_id: str) -> bool:
    """A few old models of the hub, such as `gpt2`, have no owner: jobs on them still resume."""
    from huggingface_hub import try_to_load_from_cache

    try:
        return isinstance(try_to_load_from_cache(hub_id, "config.json"), str)
    except ValueError:  # no name that the hub would give
        return False
