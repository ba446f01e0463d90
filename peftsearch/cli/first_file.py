"""`init`: a first job file, and what to type next."""

from pathlib import Path
from shlex import quote

from peftsearch.errors import UserError
from peftsearch.message_text import shorten
from peftsearch.notebook.first_job import FirstJob, draft_job
from peftsearch.notebook.named_columns import Named

from .console import console, print_json


def write_first(
    data: str | None, model: str | None, test: str | None, named: Named, out: Path, as_json: bool
) -> None:
    """Write it, unless a file is there.

    Args:
        test: Rows that `confirm` alone reads.
        named: Columns that need no guess.

    Raises:
        UserError: A file is there, or the data, the model or the folder cannot be used.
    """
    if out.exists():
        hint = "give another with --out, or remove it"
        raise UserError("a new file for the job", f"{str(out)!r}, which is there already", hint)
    found = draft_job(data, model, out, test, named)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        with out.open("x", encoding="utf-8") as file:
            file.write(found.text)
    except OSError as error:
        got = f"{str(out)!r} ({error.strerror})"
        raise UserError("a place for the job file", got, "give another with --out") from error
    next_steps = [f"peftsearch run {quote(str(out))}{x}" for x in (" --dry-run", "")]
    if as_json:
        columns = {key: x.column for key, x in found.columns.items()}
        kind = found.kind and found.kind.name
        told = {"job_file": str(out), "kind": kind, "columns": columns}
        beside = {"unfilled": list(found.unfilled), "passed_over": list(found.passed)}
        print_json(told | beside | {"notes": list(found.notes), "next": next_steps})
        return
    lines = f"{out}: {_tell(found)}", *_tell_beside(found), *_tell_next(found, next_steps)
    for line in lines:
        console.print(line, highlight=False, soft_wrap=True)


def _tell(found: FirstJob) -> str:
    if found.kind is None:
        return "a job file to fill in"
    known = [f"{key} = {x.column!r}" for key, x in found.columns.items() if x.column]
    doubtful = any(x.others for x in found.columns.values())
    look = "; the file names other columns that it may be" if doubtful else ""
    return ", ".join([found.kind.title, *known]) + look


def _tell_beside(found: FirstJob) -> list[str]:
    passed = shorten(", ".join(map(repr, found.passed)))
    told = [f"passed over, since they tell rows apart or are days: {passed}"] if passed else []
    return [*told, *(f"note: {x}" for x in found.notes)]


def _tell_next(found: FirstJob, steps: list[str]) -> list[str]:
    first = [f"first: fill in {', '.join(found.unfilled)}"] if found.unfilled else []
    return [*first, f"next:  {steps[0]}", f"then:  {steps[1]}"]
