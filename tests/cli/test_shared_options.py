"""Options that several commands share."""

import pytest

from peftsearch.cli.shared_options import DEFAULT_PICK
from peftsearch.results.picks.rules import ONE_SE

from .calls import call


def test_the_pick_of_the_command_line_is_the_one_that_results_propose() -> None:
    assert DEFAULT_PICK == ONE_SE


@pytest.mark.parametrize("command", ["export", "report", "confirm"])
def test_the_help_of_a_pick_has_what_commands_advise(
    command: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    call(monkeypatch, command, "--help")
    told = " ".join(capsys.readouterr().out.split())
    assert "a row of the front, 'trial 17', a trial's name, or" in told
