"""Options that several commands share."""

from peftsearch.cli.shared_options import DEFAULT_PICK
from peftsearch.results.picks.rules import ONE_SE


def test_the_pick_of_the_command_line_is_the_one_that_results_propose() -> None:
    assert DEFAULT_PICK == ONE_SE
