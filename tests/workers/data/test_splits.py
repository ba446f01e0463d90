"""Which split of a source is trained on, validated on and tested on."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.data.task_data import load_data, load_test
from tests.workers.data.rows import Row, make_rows, save_splits, spec_of


def named(*splits: str) -> dict[str, list[Row]]:
    return {
        split: [row | {"text": f"{split} {row['text']}"} for row in make_rows(40)]
        for split in splits
    }


def taken(folder: Path, *splits: str, **task: object) -> tuple[str, str, str]:
    """The splits that the three parts are from."""
    spec = spec_of(save_splits(folder, **named(*splits)), **task)
    data = load_data(spec)
    first, second, third = (
        part.texts[0][0].split()[0] for part in (data.train, data.validation, load_test(spec))
    )
    return first, second, third


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        (("train_extra", "train", "test"), ("train", "train", "test")),
        (("test_old", "dev", "validation", "test", "train"), ("train", "validation", "test")),
        (("train", "eval"), ("train", "eval", "train")),
        (("Train", "dev", "Test"), ("Train", "dev", "Test")),
        (("train_sft", "test_sft"), ("train_sft", "train_sft", "test_sft")),
        (("train", "validation_matched", "validation_mismatched"),
         ("train", "validation_matched", "train")),
        (("train", "trainer", "evaluated", "testify"), ("train", "train", "train")),
    ],
)  # fmt: skip
def test_exact_names_win(
    tmp_path: Path, splits: tuple[str, ...], expected: tuple[str, str, str]
) -> None:
    assert taken(tmp_path, *splits) == expected


def test_a_key_chooses(tmp_path: Path) -> None:
    keys = {"train_split": "b", "validation_split": "a", "test_split": "d"}
    assert taken(tmp_path, "a", "b", "train", "d", **keys) == ("b", "a", "d")


def test_a_key_chooses_of_an_explicit_source(tmp_path: Path) -> None:
    other = save_splits(tmp_path, **named("train", "dev", "gold"))
    (tmp_path / "own").mkdir()
    source = save_splits(tmp_path / "own", **named("train"))
    spec = spec_of(source, validation=other, validation_split="gold")
    data = load_data(spec)
    assert data.validation.texts[0][0].startswith("gold")
    assert f"splits of {other} that are not used: train, dev" in data.notes[0]


def test_splits_that_are_not_used_are_named(tmp_path: Path) -> None:
    source = save_splits(tmp_path, **named("train", "train_extra", "test", "gold"))
    assert load_data(spec_of(source)).notes[:1] == (
        f"splits of {source} that are not used: train_extra, gold; "
        "task.train_split, task.validation_split and task.test_split choose",
    )


def test_an_unused_split_may_lack_the_columns(tmp_path: Path) -> None:
    splits = named("train") | {"unlabelled": [{"text": "x", "label": None}]}
    assert len(load_data(spec_of(save_splits(tmp_path, **splits))).train.texts) == 28


def test_an_own_split_without_a_column_is_told(tmp_path: Path) -> None:
    splits = named("train") | {"test": [{"text": f"x {i}"} for i in range(9)]}
    spec = spec_of(save_splits(tmp_path, **splits))
    assert load_test(spec).texts[0][0].startswith("train")
    assert load_data(spec).notes[0].startswith("the split 'test' is not used: a column among text")
    chosen = {"train": spec.task.train, "test_split": "test"}
    with pytest.raises(UserError, match="a column among text"):
        load_data(spec_of(**chosen))


def test_secret_labels_are_told(tmp_path: Path) -> None:
    splits = named("train") | {"test": [row | {"label": None} for row in make_rows(9)]}
    spec = spec_of(save_splits(tmp_path, **splits))
    assert load_test(spec).texts[0][0].startswith("train")
    assert load_data(spec).notes[:1] == (
        "the split 'test' has no labels, so rows of the training data are held out",
    )


@pytest.mark.parametrize(
    ("splits", "keys", "words"),
    [
        (("train_a", "train_b"), {}, "got splits train_a, train_b; name one as task.train_split"),
        (("train", "gold"), {"validation_split": "silver"}, "a split 'silver'"),
        (("train", "gold"), {"validation_split": "train"}, "a split 'train'"),
        (("train", "gold"), {"train_split": "silver"}, "got splits train, gold"),
    ],
)
def test_no_split_is_guessed(
    tmp_path: Path, splits: tuple[str, ...], keys: dict[str, str], words: str
) -> None:
    with pytest.raises(UserError, match=words):
        taken(tmp_path, *splits, **keys)


def test_jobs_of_before_keep_their_splits(tmp_path: Path) -> None:
    found = taken(tmp_path, "train_extra", "train", "test", reading=1)
    assert found == ("train_extra", "train_extra", "test")
