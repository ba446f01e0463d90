"""A report as a folder that appears whole or not at all."""

import shutil
import tempfile
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.workers.files.adapter_files import publish

from .outline import Report
from .rendering import GENERATOR, render_markdown, render_page, render_pictures

PAGE, TEXT = "report.html", "report.md"
_READ = 4096
"""Characters at the beginning of a page, within which it says what made it."""


def check_place(out: Path) -> None:
    """Refuse a folder that holds anything but a report, before any work for one.

    Raises:
        UserError: Says what is there.
    """
    try:
        if out.is_symlink() or (out.exists() and not out.is_dir()):
            raise _taken(out, "a link" if out.is_symlink() else "a file")
        held = sorted(out.iterdir()) if out.is_dir() else []
    except OSError as error:
        raise _unwritable(out, error) from error
    if held and not _is_report(out):
        raise _taken(out, f"a folder with {held[0].name}")
    strange = [x.name for x in held if x.name not in (PAGE, TEXT) and x.suffix != ".svg"]
    if strange:
        raise _taken(out, f"a report with {strange[0]} beside it")


def write_report(report: Report, out: Path) -> list[Path]:
    """Write the page, its Markdown and the pictures; an earlier report there is replaced.

    Returns:
        The files.

    Raises:
        UserError: `out` holds something else, or cannot be written.
    """
    check_place(out)
    files = {PAGE: render_page(report), TEXT: render_markdown(report), **render_pictures(report)}
    part = None
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        part = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
        for name, text in files.items():
            (part / name).write_text(text, encoding="utf-8")
        publish(part, out)
    except OSError as error:
        raise _unwritable(out, error) from error
    finally:
        if part is not None:
            shutil.rmtree(part, ignore_errors=True)
    return [out / name for name in files]


def _is_report(out: Path) -> bool:
    try:
        with (out / PAGE).open(encoding="utf-8") as file:
            return f'name="generator" content="{GENERATOR}"' in file.read(_READ)
    except (OSError, UnicodeDecodeError):
        return False


def _taken(out: Path, what: str) -> UserError:
    expected = "an output folder that is new, empty or an earlier report"
    return UserError(expected, f"{out}, {what}", "name another folder")


def _unwritable(out: Path, error: OSError) -> UserError:
    expected = "a writable place for the output folder"
    return UserError(expected, f"{out}: {error.strerror}", "name another folder")
