"""Where an export may be written; asked before anything heavy is loaded."""

from pathlib import Path

from peftsearch.errors import UserError


def check_free(out: Path) -> None:
    """Refuse a place that holds something.

    Raises:
        UserError: It is a file, or a folder with files.
    """
    if out.is_dir() and not any(out.iterdir()):
        return
    if out.exists() or out.is_symlink():
        kind = "a folder with files" if out.is_dir() else "a file"
        raise UserError(
            "an output folder that is new or empty", f"{out}, {kind}", "name another folder"
        )
