"""What templates say of plain data."""

from peftsearch.report.phrases import commands_markdown, tell_errors, with_commands


def test_commands_between_backticks_are_code_and_all_else_is_escaped() -> None:
    told = with_commands("none; `peftsearch baselines <a>` holds <it>")
    assert told == ("none; <code>peftsearch baselines &lt;a&gt;</code> holds &lt;it&gt;")


def test_commands_stay_code_in_markdown_and_all_else_is_escaped() -> None:
    told = commands_markdown("a_b; `peftsearch baselines a_b` holds *it*")
    assert told == "a\\_b; `peftsearch baselines a_b` holds \\*it\\*"
    assert commands_markdown("one ` alone") == "one \\` alone"


def test_the_error_of_what_is_no_share_is_told_as_such() -> None:
    assert "no share" not in tell_errors("accuracy")
    assert "F1 is no share of right rows" in tell_errors("f1")
