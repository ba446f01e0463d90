"""Held-out rows: disjoint, covering, stratified, and the same for every order of the rows."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from peftsearch.workers.data.partition import Text, hold_out, subsample

FRACTIONS = {"test": 0.2, "validation": 0.15}
ROWS = st.lists(
    st.tuples(st.text("ab", max_size=4), st.sampled_from("xyz")), min_size=1, max_size=80
)


def distinct(count: int, classes: str) -> tuple[list[Text], list[str]]:
    texts: list[Text] = [(f"text {i}",) for i in range(count)]
    return texts, [classes[i % len(classes)] for i in range(count)]


@given(ROWS)
def test_parts_are_disjoint_and_cover_all_rows(rows: list[tuple[str, str]]) -> None:
    parts = hold_out([(text,) for text, _ in rows], [x for _, x in rows], FRACTIONS)
    assert sorted(i for part in parts.values() for i in part) == list(range(len(rows)))


@given(ROWS)
def test_identical_texts_stay_on_one_side(rows: list[tuple[str, str]]) -> None:
    parts = hold_out([(text,) for text, _ in rows], [x for _, x in rows], FRACTIONS)
    sides: dict[str, set[str]] = {}
    for name, part in parts.items():
        for i in part:
            sides.setdefault(rows[i][0], set()).add(name)
    assert all(len(names) == 1 for names in sides.values())


@given(st.integers(1, 80), st.permutations(range(80)))
def test_parts_do_not_depend_on_the_order_of_rows(count: int, order: list[int]) -> None:
    texts, strata = distinct(count, "xy")
    order = [i for i in order if i < count]
    moved = hold_out([texts[i] for i in order], [strata[i] for i in order], FRACTIONS)
    back = {name: sorted(order[i] for i in part) for name, part in moved.items()}
    assert back == hold_out(texts, strata, FRACTIONS)


@given(st.lists(st.sampled_from("wxyz"), min_size=1, max_size=200))
def test_distinct_texts_are_stratified_and_each_class_stays_in_train(strata: list[str]) -> None:
    texts: list[Text] = [(str(i),) for i in range(len(strata))]
    parts = hold_out(texts, strata, FRACTIONS)
    for stratum, count in Counter(strata).items():
        held = {name: sum(strata[i] == stratum for i in part) for name, part in parts.items()}
        assert held["train"] >= 1
        assert abs(held["test"] - 0.2 * count) <= 1
        assert held["validation"] <= 0.15 * count + 1


def test_sizes_are_the_rounded_fractions() -> None:
    texts, strata = distinct(1000, "xyz")
    parts = hold_out(texts, strata, FRACTIONS)
    assert {name: len(part) for name, part in parts.items()} == {
        "test": 200,
        "validation": 150,
        "train": 650,
    }


def test_many_small_classes_fill_the_parts_too() -> None:
    texts = [(str(i),) for i in range(500)]
    parts = hold_out(texts, [str(i % 100) for i in range(500)], FRACTIONS)
    assert len(parts["test"]) == 100
    assert len(parts["validation"]) == 75


def test_test_rows_do_not_depend_on_the_validation_fraction() -> None:
    texts, strata = distinct(300, "xy")
    small = hold_out(texts, strata, {"test": 0.2, "validation": 0.1})
    large = hold_out(texts, strata, {"test": 0.2, "validation": 0.4})
    assert small["test"] == large["test"]


def test_held_out_rows_are_not_the_first_ones() -> None:
    texts, strata = distinct(300, "x")
    held = hold_out(texts, strata, {"test": 0.2})["test"]
    assert held != list(range(60))
    assert 100 < sum(held) / 60 < 200


def test_pairs_that_join_to_the_same_string_differ() -> None:
    texts: list[Text] = [("a b", "c"), ("a", "b c")] * 30
    parts = hold_out(texts, ["x"] * 60, {"test": 0.49})
    assert parts["train"] == list(range(60))
    assert parts["test"] == []


@given(ROWS, st.integers(1, 90))
def test_subsample_has_the_size_and_the_classes(rows: list[tuple[str, str]], n: int) -> None:
    texts: list[Text] = [(text,) for text, _ in rows]
    strata = [stratum for _, stratum in rows]
    kept = subsample(texts, strata, n)
    assert kept == sorted(set(kept))
    assert len(kept) == min(n, len(rows))
    counts, whole = Counter(strata[i] for i in kept), Counter(strata)
    share = len(kept) / len(rows)
    assert all(abs(counts[x] - share * whole[x]) <= 1 for x in whole)


@pytest.mark.parametrize("n", [10, 50, 99])
def test_smaller_subsample_of_one_stratum_is_part_of_a_larger_one(n: int) -> None:
    texts, strata = distinct(200, "x")
    assert set(subsample(texts, strata, n)) < set(subsample(texts, strata, n + 1))
