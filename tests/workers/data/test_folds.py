"""Folds: each row is held out once, with its group, and every class in turn."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from peftsearch.errors import UserError
from peftsearch.workers.data.folds import split_folds
from peftsearch.workers.data.task_data import TaskData, load_data, load_test
from tests.specs import make_spec


@given(
    st.lists(st.tuples(st.sampled_from("aab"), st.integers(0, 12)), min_size=20, max_size=60),
    st.integers(2, 5),
)
@settings(max_examples=40)
def test_folds_are_disjoint_and_keep_groups(rows: list[tuple[str, int]], folds: int) -> None:
    texts = [(f"text {i}",) for i in range(len(rows))]
    strata, groups = [x for x, _ in rows], [x for _, x in rows]
    alone = {
        group
        for name in set(strata)
        if len(held := {x for y, x in rows if y == name}) == 1
        for group in held
    }
    free = [i for i in range(len(rows)) if groups[i] not in alone]
    if len({groups[i] for i in free}) < folds or len(free) < 2 * folds:
        return
    most = max(Counter(strata[i] for i in free).values())
    if most < folds:
        return
    found = split_folds(texts, strata, groups, range(len(rows)), folds)
    assert sorted(i for fold in found for i in fold) == free
    for fold in found:
        assert not {groups[i] for i in fold} & {groups[i] for i in free if i not in fold}
    order = sorted(range(len(rows)), reverse=True)
    again = split_folds(
        [texts[i] for i in order],
        [strata[i] for i in order],
        [groups[i] for i in order],
        range(len(rows)),
        folds,
    )
    assert [sorted(order[i] for i in fold) for fold in again] == found
    assert split_folds(texts, strata, groups, range(len(rows)), folds, seed=1) is not found


def write(path: Path, rows: int = 120) -> str:
    """Texts of speakers with four texts each; a tenth is of a rare class."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "label", "speaker"])
        for i in range(rows):
            label = "rare" if i % 40 < 4 else ("a", "b")[i // 4 % 2]
            writer.writerow([f"sentence number {i} of some words", label, i // 4])
    return str(path)


def open_data(path: Path, **task: object) -> TaskData:
    return load_data(make_spec(task={"train": write(path), "folds": 5, **task}))


def test_each_row_is_held_out_once_and_no_test_row_ever(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    data = open_data(path, group="speaker")
    spec = make_spec(task={"train": str(path), "folds": 5, "group": "speaker"})
    test = {text for (text,) in load_test(spec).texts}
    held = [text for fold in data.folds for (text,) in fold.validation.texts]
    assert len(data.folds) == 5 and len(held) == len(set(held)) == data.held_out
    assert len(held) + len(test) == 120 and not test & set(held)
    for fold in data.folds:
        trained = {text for (text,) in fold.train.texts}
        assert trained | {text for (text,) in fold.validation.texts} == set(held)
        assert not trained & {text for (text,) in fold.validation.texts}
        speakers = [
            {int(x.split()[2]) // 4 for (x,) in split.texts}
            for split in (fold.train, fold.validation)
        ]
        assert not speakers[0] & speakers[1]
        assert 17 <= len(fold.validation.texts) <= 25
        names = {data.label_names[int(x)] for x in fold.train.labels}
        assert names == {"a", "b", "rare"}


def test_another_seed_gives_other_folds(tmp_path: Path) -> None:
    first, second = (open_data(tmp_path / "data.csv", split_seed=x) for x in (0, 1))
    assert first.validation.texts != second.validation.texts


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"validation": "other.csv"}, "task.validation beside it"),
        ({"reading": 1}, "task.reading beside it"),
        ({"folds": 21}, "a whole number of at most 20"),
    ],
)
def test_what_does_not_go_with_folds(tmp_path: Path, task: dict[str, object], words: str) -> None:
    with pytest.raises(UserError, match=words):
        open_data(tmp_path / "data.csv", **task)


def test_too_few_rows(tmp_path: Path) -> None:
    path = write(tmp_path / "data.csv", 40)
    with pytest.raises(UserError, match="task.folds.*ask for fewer"):
        load_data(make_spec(task={"train": path, "folds": 20}))
