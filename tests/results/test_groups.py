"""The metric by groups of rows."""

import pytest

from peftsearch.errors import UserError
from peftsearch.results.confirmations.arm_values import Judge
from peftsearch.results.confirmations.confirmation import Arm, Run
from peftsearch.results.confirmations.groups import find_groups, group_lines, part_groups

JUDGE = Judge("accuracy", "classification", 2)


def make_arm(*right: int, rows: int = 60) -> Arm:
    """Seeds that are right on the first so many rows."""
    runs = [
        Run({"accuracy": x / rows}, [1.0] * x + [0.0] * (rows - x), [1.0] * rows) for x in right
    ]
    return Arm("picked", None, tuple(runs))


def test_the_worst_group_stands_first_with_an_interval_of_all_together() -> None:
    values = ["a"] * 20 + ["b"] * 20 + [""] * 18 + ["few"] * 2
    found = find_groups(JUDGE, make_arm(52, 52), "topic", values, 0.95)
    assert [(x.name, x.rows) for x in found.groups] == [("", 18), ("a", 20), ("b", 20)]
    assert found.groups[0].found.mean == pytest.approx(12 / 18)
    assert [x.found.level for x in found.groups] == pytest.approx([1 - 0.05 / 3] * 3)
    alone = find_groups(JUDGE, make_arm(52, 52), "topic", ["x"] * 40 + [""] * 18 + ["y"] * 2, 0.95)
    assert alone.groups[0].found.width < found.groups[0].found.width
    assert max(x.found.high for x in found.groups) <= 1.0
    text = group_lines(found)
    assert text[0].startswith("by topic") and "(empty)" in text[1]
    assert text[-2] == "  left out, fewer than 5 rows: few 2"
    assert (
        text[-1] == "worst group: (empty), 0.6667 beside 0.8667 of all rows, which may be chance"
    )
    data = found.to_json()
    assert (data["worst"], data["left_out"], len(data["groups"])) == ("", 1, 3)
    assert data["left_out_rows"] == {"too_few_rows": {"few": 2}, "one_class": {}}


def test_a_group_that_is_surely_worse_is_no_chance() -> None:
    values = ["a"] * 200 + ["b"] * 100
    found = find_groups(JUDGE, make_arm(220, 220, rows=300), "topic", values, 0.95)
    assert group_lines(found)[-1] == "worst group: b, 0.2000 beside 0.7333 of all rows"


def test_a_group_of_one_class_is_not_the_worst_of_a_metric_that_compares_classes() -> None:
    judge, references = Judge("f1", "classification", 2), [1.0, 0.0] * 20 + [0.0] * 20
    arm = Arm("picked", None, (Run({"f1": 0.9}, [1.0] * 10 + references[10:], references),))
    found = find_groups(judge, arm, "topic", ["both"] * 40 + ["one"] * 20, 0.95)
    assert [x.name for x in found.groups] == ["both"] and found.single == {"one": 20}
    assert "  left out, rows of one class, of which f1 tells nothing: one 20" in group_lines(found)
    with pytest.raises(UserError, match="rows of several classes in a group, for f1"):
        find_groups(judge, arm, "topic", [f"{x}" for x in references], 0.95)


def test_less_is_better_of_an_error() -> None:
    judge = Judge("mae", "regression", 0)
    run = Run({"mae": 0.5}, [0.0] * 20, [0.1, 0.2] * 5 + [0.9, 0.8] * 5)
    found = find_groups(judge, Arm("picked", None, (run,)), "g", ["s"] * 10 + ["t"] * 10, 0.95)
    assert found.groups[0].name == "t"
    assert found.groups[0].found.mean == pytest.approx(0.85)


@pytest.mark.parametrize("values", [[f"{i}" for i in range(60)], [f"{i // 2}" for i in range(60)]])
def test_a_column_of_too_many_or_too_small_groups_is_refused(values: list[str]) -> None:
    with pytest.raises(UserError, match="name another column"):
        find_groups(JUDGE, make_arm(50), "id", values, 0.95)
    with pytest.raises(UserError, match="name another column"):
        part_groups("id", values)


def test_names_of_the_data_are_one_short_line_each() -> None:
    values = ["\x1b[31mred"] * 20 + ["a\nb"] * 20 + ["x" * 9_000] * 20
    text = group_lines(find_groups(JUDGE, make_arm(52, 52), "the\ncolumn", values, 0.95))
    assert all(line.isprintable() and len(line) < 300 for line in text)
    assert len({line.split()[0] for line in text[1:4]}) == 3
