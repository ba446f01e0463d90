"""The command line. Heavy imports wait inside the commands, so that `--help` answers at once."""

import json
import os
import sys
from importlib.metadata import version
from shlex import quote
from typing import Annotated

import typer

from peftsearch.errors import PeftsearchError, UserError
from peftsearch.message_text import one_line, shorten, trace
from peftsearch.passwords import hide_word

from . import house_doors, proof_doors, result_doors, search_doors

app = typer.Typer(
    name="peftsearch",
    help="Find the best parameter-efficient fine-tuning configurations of a transformer.",
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

_INTERRUPTED = 128 + 2
"""Of a shell's convention; typer returns it for Ctrl-C."""
_LONGEST_ARGUMENTS = 250
"""Of what is said of them: a shell may make hundreds of a `*`."""
_MOST_MISTAKES = 20
"""Of one input that are told in one answer, beside the first."""
_HELP = "see `peftsearch --help` and `peftsearch COMMAND --help`"


def _print_version(wanted: bool) -> None:
    if wanted:
        print(f"peftsearch {version('peftsearch')}")
        raise typer.Exit


@app.callback()
def _options(
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks of errors.")] = False,
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
) -> None:
    if debug:
        os.environ["PEFTSEARCH_DEBUG"] = "1"


_COMMANDS = (
    search_doors.init,
    search_doors.run,
    search_doors.import_,
    search_doors.resume,
    search_doors.worker,
    result_doors.jobs,
    result_doors.show,
    result_doors.front,
    result_doors.compare,
    result_doors.note,
    proof_doors.confirm,
    proof_doors.baselines,
    proof_doors.ablate,
    result_doors.export,
    result_doors.report,
    search_doors.stop,
    search_doors.delete,
    house_doors.dashboard,
    result_doors.optuna,
    result_doors.track,
    house_doors.techniques,
    house_doors.doctor,
    house_doors.demo,
)
"""In the order of the help."""
for _command in _COMMANDS:
    app.command(_command.__name__.rstrip("_"))(_command)


def main() -> None:
    """Entry point: errors are one line; 2 for the user's mistakes, 1 for failures."""
    try:
        status = app(sys.argv[1:] or ["--help"], standalone_mode=False)
    except typer.TyperException as error:
        message = shorten(
            _without_passwords(error.format_message()).rstrip("."), _LONGEST_ARGUMENTS
        )
        _fail(UserError("a command and options that exist", message, _HELP), 2)
    except (typer.Abort, KeyboardInterrupt):
        status = _INTERRUPTED
    except PeftsearchError as error:
        _fail(error, error.exit_code)
    except Exception as error:
        _fail(error, 1)
    if status == _INTERRUPTED:
        print("interrupted", file=sys.stderr)
    sys.exit(status or 0)


def _without_passwords(message: str) -> str:
    """What is said of arguments, which as wholes are known to be URLs, spaces and all."""
    for argument in sys.argv[1:]:
        message = message.replace(argument, hide_word(argument))
    return message


def _complete(message: str) -> str:
    """Commands to go on with, in backticks, get the database and the files of this command."""
    parts = message.split("`")
    for i in range(1, len(parts) - 1, 2):
        command = parts[i].split()[:2]
        if command[:1] == ["peftsearch"] and command[1:] in (["resume"], ["show"]):
            given = _given("--storage") + (_given("--files") if command[1] == "resume" else "")
            parts[i] += "" if "--storage" in parts[i] else given
    return "`".join(parts)


def _given(option: str) -> str:
    """An option as this command line has it; nothing where it does not."""
    for word, value in zip(sys.argv, [*sys.argv[1:], ""], strict=True):
        if word == option or word.startswith(f"{option}="):
            told = value if word == option else word.partition("=")[2]
            return f" {option} {quote(hide_word(told))}"
    return ""


def _fail(error: Exception, code: int) -> None:
    if os.environ.get("PEFTSEARCH_DEBUG"):
        print(trace(error), file=sys.stderr)
    if isinstance(error, UserError):
        first = str(error)
    else:
        known = isinstance(error, PeftsearchError)
        text = str(error) if known else f"{type(error).__name__}: {error}"
        first = one_line(next(iter(text.splitlines()), ""))
    first = _complete(first)
    hint = "" if isinstance(error, UserError) else " (peftsearch --debug shows where)"
    others = [_complete(str(x)) for x in getattr(error, "others", ())]
    if "--json" in sys.argv:
        also = {"others": others} if others else {}
        print(json.dumps({"error": first, "exit_code": code} | also))
    for line in (f"{first}{hint}", *others[:_MOST_MISTAKES]):
        print(f"error: {line}", file=sys.stderr)
    if (more := len(others) - _MOST_MISTAKES) > 0:
        print(f"error: {more} more like these", file=sys.stderr)
    sys.exit(code)
