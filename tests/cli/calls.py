"""The command line in the process of the test."""

import sys

import pytest

from peftsearch.cli import app as cli


def call(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run in this process; the exit code."""
    monkeypatch.setattr(sys, "argv", ["peftsearch", *arguments])
    try:
        cli.main()
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0
