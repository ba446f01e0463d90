"""What templates say of plain data."""

from peftsearch.report.phrases import with_commands


def test_commands_between_backticks_are_code_and_all_else_is_escaped() -> None:
    told = with_commands("none; `peftsearch baselines <a>` holds <it>")
    assert told == ("none; <code>peftsearch baselines &lt;a&gt;</code> holds &lt;it&gt;")
