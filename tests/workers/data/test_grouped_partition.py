"""Held-out groups: disjoint, covering, on one side, with every class that can be there."""

import csv
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.workers.data.grouped_partition import hold_out_groups
from peftsearch.workers.data.likeness import fold_text, join_rows
from peftsearch.workers.data.partition import Text, hold_out, subsample
from peftsearch.workers.data.task_data import load_data, load_test
from tests.workers.data.rows import save_jsonl, spec_of, write_csv

FRACTIONS = {"test": 0.2, "validation": 0.15}
ROWS = st.lists(st.tuples(st.integers(0, 30), st.sampled_from("xyz")), min_size=1, max_size=80)


def split(rows: list[tuple[int, str]], seed: int = 0) -> dict[str, list[int]]:
    texts: list[Text] = [(f"text {i}",) for i in range(len(rows))]
    groups = join_rows([[group] for group, _ in rows])
    return hold_out_groups(texts, [x for _, x in rows], groups, FRACTIONS, seed)


@given(ROWS, st.integers(0, 3))
def test_parts_are_disjoint_and_cover_all_rows(rows: list[tuple[int, str]], seed: int) -> None:
    parts = split(rows, seed)
    assert sorted(i for part in parts.values() for i in part) == list(range(len(rows)))


@given(ROWS)
def test_groups_stay_on_one_side(rows: list[tuple[int, str]]) -> None:
    sides: dict[int, set[str]] = {}
    for name, part in split(rows).items():
        for i in part:
            sides.setdefault(rows[i][0], set()).add(name)
    assert all(len(names) == 1 for names in sides.values())


@given(ROWS)
def test_every_class_is_trained_on(rows: list[tuple[int, str]]) -> None:
    assert {rows[i][1] for i in split(rows)["train"]} == {name for _, name in rows}


@given(st.lists(st.sampled_from("wxyz"), min_size=1, max_size=60))
def test_every_class_is_in_every_part_that_it_can_be_in(strata: list[str]) -> None:
    parts = split(list(enumerate(strata)))
    for name, count in Counter(strata).items():
        held = {part: sum(strata[i] == name for i in rows) for part, rows in parts.items()}
        assert held["train"] >= 1
        assert (held["validation"] >= 1) == (count >= 2)
        assert (held["test"] >= 1) == (count >= 3)


@given(st.integers(1, 80), st.permutations(range(80)))
def test_parts_do_not_depend_on_the_order_of_rows(count: int, order: list[int]) -> None:
    texts: list[Text] = [(f"text {i}",) for i in range(count)]
    strata, order = ["xy"[i % 2] for i in range(count)], [i for i in order if i < count]
    marks = [[i // 3] for i in range(count)]
    moved = hold_out_groups(
        [texts[i] for i in order],
        [strata[i] for i in order],
        join_rows([marks[i] for i in order]),
        FRACTIONS,
    )
    back = {name: sorted(order[i] for i in part) for name, part in moved.items()}
    assert back == hold_out_groups(texts, strata, join_rows(marks), FRACTIONS)


def test_of_large_classes_of_distinct_texts_the_rows_are_those_of_before() -> None:
    rows = [(i, "xyz"[i % 3]) for i in range(1000)]
    texts: list[Text] = [(f"text {i}",) for i in range(1000)]
    assert split(rows) == hold_out(texts, [x for _, x in rows], FRACTIONS)


def test_another_seed_holds_out_other_rows() -> None:
    rows = [(i, "x") for i in range(300)]
    assert len({tuple(split(rows, seed)["validation"]) for seed in range(5)}) == 5


def test_subsample_of_every_class() -> None:
    texts: list[Text] = [(str(i),) for i in range(500)]
    strata = [str(i % 100) for i in range(400)] + ["100"] * 100
    kept = subsample(texts, strata, 120, every=True)
    assert len(kept) == 120 and {strata[i] for i in kept} == set(strata)
    assert len(subsample(texts, strata, 50, every=True)) == 50


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Good film!", "good  film"),
        ("a,b", "A b"),
        ("Straße", "STRASSE"),
        ("it's\n", " IT S "),
        ("caf\u00e9", "cafe\u0301"),
        ("\ufb01lm \uff11", "film 1"),
    ],
)
def test_near_identical_texts(one: str, other: str) -> None:
    assert fold_text(one) == fold_text(other)


@pytest.mark.parametrize(("one", "other"), [("text 1", "text 11"), ("?!", "!?"), ("ab", "a b")])
def test_texts_that_differ(one: str, other: str) -> None:
    assert fold_text(one) != fold_text(other)


def sides(spec: Any) -> list[set[Text]]:
    data = load_data(spec)
    return [set(part.texts) for part in (data.train, data.validation, load_test(spec))]


def test_near_identical_texts_stay_on_one_side_and_are_told(tmp_path: Path) -> None:
    rows = [
        {"text": text, "label": "xy"[i % 2]}
        for i in range(60)
        for text in (f"text {i}", f"Text  {i}!", f"TEXT {i}...")
    ]
    spec = spec_of(write_csv(tmp_path / "d.csv", rows))
    parts = [{fold_text(text) for (text,) in part} for part in sides(spec)]
    assert len(set().union(*parts)) == sum(map(len, parts)) == 60
    assert load_data(spec).notes == (
        "120 rows of the training data repeat an earlier one but for case, spaces or punctuation; "
        "they stay on its side",
    )
    before = [
        {fold_text(text) for (text,) in part}
        for part in sides(spec_of(spec.task.train, reading=1))
    ]
    assert sum(map(len, before)) > 60


def test_pairs_that_share_a_side_stay_on_one_side(tmp_path: Path) -> None:
    rows = [
        {"text": f"premise {i // 3}", "other": f"claim {i}", "label": "xy"[i % 2]}
        for i in range(120)
    ]
    rows += [{"text": f"alone {i}", "other": f"Claim {i}.", "label": "x"} for i in range(10)]
    spec = spec_of(write_csv(tmp_path / "d.csv", rows), text=["text", "other"])
    for column in (0, 1):
        parts = [{fold_text(text[column]) for text in part} for part in sides(spec)]
        assert len(set().union(*parts)) == sum(map(len, parts))
    assert any("share a text with an earlier one" in note for note in load_data(spec).notes)


def test_pairs_that_all_hang_together_are_held_out_one_by_one(tmp_path: Path) -> None:
    rows = [
        {"text": f"question {i}", "other": "yes" if i % 2 else "no", "label": "xy"[i % 3 == 0]}
        for i in range(100)
    ]
    spec = spec_of(write_csv(tmp_path / "d.csv", rows), text=["text", "other"])
    assert [len(part) for part in sides(spec)] == [70, 15, 15]
    assert "50 of 100 rows hang together by texts that they share" in load_data(spec).notes[0]


def test_choices_of_one_context_stay_on_one_side(tmp_path: Path) -> None:
    rows = [
        {"text": f"story {i // 4}", "choices": ["yes", "no", f"{i}"], "label": i % 3}
        for i in range(120)
    ]
    parts = [
        {text[0] for text in part}
        for part in sides(spec_of(save_jsonl(tmp_path, rows), kind="multiple_choice"))
    ]
    assert len(set().union(*parts)) == sum(map(len, parts)) == 30


def test_rows_of_a_group_stay_on_one_side(tmp_path: Path) -> None:
    rows = [
        {"text": f"text {i}", "label": "xy"[i % 2], "speaker": f"s{i // 5}"} for i in range(200)
    ]
    path = write_csv(tmp_path / "d.csv", rows)
    spec = spec_of(path, group="speaker")
    parts = [{int(text.split()[1]) // 5 for (text,) in part} for part in sides(spec)]
    assert len(set().union(*parts)) == sum(map(len, parts)) == 40
    assert load_data(spec).notes == ("rows are held out by 'speaker': 40 groups of 200 rows",)
    rows[7]["text"] = rows[3]["text"].upper()
    joined = load_data(spec_of(write_csv(tmp_path / "j.csv", rows), group="speaker"))
    assert joined.notes == (
        "rows are held out by 'speaker', and the same text in two of them joins them: "
        "39 groups of 200 rows",
    )
    held = write_csv(
        tmp_path / "v.csv", [{"text": f"v {i}", "label": "xy"[i % 2]} for i in range(20)]
    )
    assert len(load_data(spec_of(path, group="speaker", validation=held)).validation.texts) == 20


def test_spellings_of_one_number_are_one_group(tmp_path: Path) -> None:
    rows = [
        {"text": f"text {i}", "label": "xy"[i % 2], "speaker": f"{i // 5}" + ".0" * (i % 3 == 0)}
        for i in range(200)
    ]
    spec = spec_of(write_csv(tmp_path / "d.csv", rows), group="speaker")
    parts = [{int(text.split()[1]) // 5 for (text,) in part} for part in sides(spec)]
    assert len(set().union(*parts)) == sum(map(len, parts)) == 40


def test_groups_of_other_files_are_counted_and_none_is_said_to_be_held_out(tmp_path: Path) -> None:
    def write(name: str, first: int, **columns: str) -> str:
        rows = [
            {"text": f"{name} {i}", "label": "xy"[i % 2]}
            | {column: f"{value}{first + i // 6}" for column, value in columns.items()}
            for i in range(60)
        ]
        return write_csv(tmp_path / f"{name}.csv", rows)

    train, test = write("train", 0, speaker="s"), write("test", 7, speaker="s")
    spec = spec_of(train, validation=write("v", 0, speaker="s"), test=test, group="speaker")
    assert load_data(spec).notes == (
        "60 of 60 validation rows are of 10 groups by 'speaker' that the training split has too",
    )
    assert load_test(spec).notes == tuple(
        f"18 of 60 test rows are of 3 groups by 'speaker' that the {other} split has too"
        for other in ("training", "validation")
    )
    lacking = spec_of(train, validation=write("lacking", 0), test=test, group="speaker")
    (note,) = load_data(lacking).notes
    assert note.startswith("validation rows are not compared with others by 'speaker': expected")


def test_sides_of_pairs_that_files_share_are_counted(tmp_path: Path) -> None:
    def write(name: str) -> str:
        rows = [
            {"text": f"Premise {i // 3}", "other": f"{name} {i}", "label": "xy"[i % 2]}
            for i in range(60)
        ]
        return write_csv(tmp_path / f"{name}.csv", rows)

    train, text = write("claim"), ["text", "other"]
    other = load_data(spec_of(train, validation=write("other"), test=train, text=text))
    assert other.notes == ("60 of 60 validation rows share a text with the training split",)
    same = load_data(spec_of(train, validation=train, test=train, text=text))
    assert same.notes == ("60 of 60 validation texts also occur in the training split",)


def test_rare_classes_are_validated_and_counted(tmp_path: Path) -> None:
    rows = [{"text": f"text {i}", "label": "usual"} for i in range(196)]
    rows += [{"text": f"odd {i}", "label": "rare"} for i in range(4)]
    path = tmp_path / "d.csv"
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, ["text", "label"])
        writer.writeheader()
        writer.writerows(rows)
    data = load_data(spec_of(str(path)))
    assert Counter(data.validation.labels)[data.label_names.index("rare")] == 1
    assert data.notes == ("classes with fewer than 10 validation rows: 'rare' 1",)
