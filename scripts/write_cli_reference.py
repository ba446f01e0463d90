"""Writes docs/cli.md from the commands themselves; `tests/cli/test_cli.py` checks it.

Usage: python scripts/write_cli_reference.py
"""

from pathlib import Path

import typer

from peftsearch.cli.app import app

PATH = Path(__file__).parents[1] / "docs" / "cli.md"


def reference() -> str:
    """The help of every command, as Markdown."""
    group = typer.main.get_command(app)
    context = typer.Context(group, info_name="peftsearch", terminal_width=100)
    parts = ["# The command line", "", "Written by `scripts/write_cli_reference.py`.", ""]
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        inner = typer.Context(command, info_name=name, parent=context, terminal_width=100)
        parts += [f"## `peftsearch {name}`", "", "```text", command.get_help(inner), "```", ""]
    return "\n".join(parts)


if __name__ == "__main__":
    PATH.write_text(reference(), encoding="utf-8")
