"""Passages of a file of plain text, by which it is measured what a model forgets."""

from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.message_text import show_failed

from .text_files import open_text

FEWEST, MOST = 8, 512
"""Passages that tell anything, and that are read in each trial."""
_LONGEST = 100_000_000
"""Characters of a file; a device may have no end."""


def read_passages(path: str) -> list[str]:
    """The lines that are not blank; of more than `MOST` as many, spread evenly over the file.

    Raises:
        UserError: The file is missing, is no text in UTF-8, or has too few lines.
    """
    try:
        with open_text(Path(path)) as file:
            text = file.read(_LONGEST)
    except FileNotFoundError as error:
        raise UserError("a file of plain text", f"no file {path!r}", "check the path") from error
    except (OSError, ValueError, EOFError) as error:
        got = show_failed(path, error)
        raise UserError("a readable file of plain text in UTF-8", got, "check the file") from error
    found = [line.strip() for line in text.splitlines() if line.strip()]
    if len(found) < FEWEST:
        expected, got = f"at least {FEWEST} passages, a line each", f"{len(found)} in {path}"
        raise UserError(expected, got, "bring a longer text")
    return [found[i * len(found) // MOST] for i in range(MOST)] if len(found) > MOST else found
