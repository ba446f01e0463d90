"""What a card, its front matter and the terminal tell of a confirmation."""

import json
from dataclasses import replace
from typing import Any

import pytest
from huggingface_hub import ModelCard

from peftsearch.records.estimates import estimate, estimate_each
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.confirmations.confirmation import TUNED, Arm, Confirmation, Run
from peftsearch.results.confirmations.front_confirmation import FrontConfirmation, claim_together
from peftsearch.results.confirmations.tested_reports import (
    OnTest,
    find_tested,
    tell_moved,
    tell_tested,
)
from peftsearch.results.confirmations.verdict import tell_verdict
from peftsearch.results.exports.card_metadata import front_matter
from peftsearch.results.exports.card_worth import tell_quality, tell_tested_rows
from peftsearch.results.exports.file_facts import list_files
from tests.specs import make_spec

from .made import SPEC, TRIALS, make_reading

PICKED = TRIALS[3]
OWN = Difference(0.9, 0.85, 0.95)
WON, LEVEL = Difference(0.05, 0.01, 0.09, 0.02), Difference(0.01, -0.03, 0.05, 0.02)


def arm(name: str, trial: Any, *values: float) -> Arm:
    runs = tuple(Run({"accuracy": x}, [1.0] * 160, [1.0] * 160) for x in values)
    return Arm(name, None if trial is None else trial.configuration, runs)


def confirm(number: int = 1) -> dict[str, Any]:
    """As the store has it: the picked one, the probe, tuned LoRA and a floor."""
    arms = (
        arm("picked", PICKED, 0.89, 0.91, 0.9),
        arm("linear probe", TRIALS[0], 0.8, 0.8, 0.8),
        arm(TUNED, TRIALS[1], 0.88, 0.89, 0.9),
        arm("TF-IDF", None, 0.85),
    )
    intervals = (OWN,) * 4
    known = (WON, LEVEL, WON), "accuracy", make_reading(number), (), None, intervals
    found = Confirmation(arms, *known)
    words = {"verdict": tell_verdict(found), "sentence": tell_verdict(found, ends=True)}
    kept: dict[str, Any] = json.loads(json.dumps(found.to_json(SPEC) | words))
    return kept


def confirm_front(number: int) -> dict[str, Any]:
    floor, lora = arm("TF-IDF", None, 0.85), arm(TUNED, TRIALS[1], 0.88, 0.89)
    pairs = [[(floor, replace(WON, p_value=0.001)), (lora, replace(LEVEL, p_value=0.6))]]
    compared = claim_together(pairs, "accuracy", 0.05)
    given = (arm("front", PICKED, 0.7, 0.9),), compared, "accuracy", make_reading(number), ()
    kept: dict[str, Any] = json.loads(json.dumps(FrontConfirmation(*given, (OWN,)).to_json(SPEC)))
    return kept


def find(*single: dict[str, Any]) -> OnTest:
    return find_tested(single, [], SPEC)[PICKED.key]


def test_it_is_told_with_interval_rows_seeds_reading_and_how_it_stands() -> None:
    told = " ".join(tell_tested(find(confirm()), SPEC))
    assert told.startswith(
        "On 160 test rows in the first reading of them: accuracy 0.9000 (95 % interval 0.8500 to "
        "0.9500), the mean of 3 trainings of this configuration with seeds of their own (0.8900, "
        "0.9100, 0.9000). The picked point beats the best floor by validation (TF-IDF) by 0.0500 "
        "accuracy"
    )
    assert f"is not told apart from tuned {TUNED}: 0.0100 ahead" in told
    assert "In short" not in told and "ties" not in told


def test_the_last_reading_counts_whether_of_a_point_or_of_the_front() -> None:
    later = find_tested([confirm(1)], [confirm_front(2)], SPEC)[PICKED.key]
    assert later.reading == 2 and later.mean == pytest.approx(0.8)
    assert later.told[0] == ("Beside TF-IDF: +0.0500, 97.5 % interval [+0.0100, +0.0900]: better.")
    assert later.told[1].endswith(": not told apart.")
    assert find_tested([confirm(3)], [confirm_front(2)], SPEC)[PICKED.key].reading == 3


def test_a_reading_of_other_test_rows_is_the_last_though_it_is_the_first_of_them() -> None:
    old, new = confirm_front(2), confirm(1)
    old["reading"]["created"], new["reading"]["created"] = 10.0, 20.0
    assert find_tested([new], [old], SPEC)[PICKED.key].reading == 1


def test_of_a_front_each_lora_is_kept_beside_which_a_member_stands() -> None:
    loras = [arm(TUNED, x, 0.8, 0.8) for x in TRIALS[1:3]]
    pairs = [[(x, replace(LEVEL, p_value=0.6))] for x in loras]
    compared = claim_together(pairs, "accuracy", 0.05)
    arms = arm("front", PICKED, 0.7, 0.9), arm("front", TRIALS[0], 0.6, 0.6)
    told = FrontConfirmation(arms, compared, "accuracy", make_reading(1), ()).to_json(SPEC)
    keys = [x.configuration.key for x in TRIALS[1:3]]
    assert [x["key"] for x in told["references"]] == keys
    assert [x["differences"][0]["versus_key"] for x in told["front"]] == keys


def test_reports_of_before_have_no_interval_and_damaged_ones_are_passed_over() -> None:
    old = confirm()
    for name in ("reading", "level", "sentence"):
        del old[name]
    for one in old["arms"]:
        del one["interval"]
    found = find(old, {"arms": []}, {"arms": [{"configuration": None}]}, {})
    assert (found.interval, found.reading, found.level) == (None, None, 0.95)
    assert "accuracy 0.9000, the mean of 3" in tell_tested(found, SPEC)[0]


def test_a_card_leads_with_the_test_rows_and_names_the_others() -> None:
    section = tell_tested_rows(find(confirm()), ["the adapter of trial 3: so and so"], SPEC)
    assert section.startswith("\n## On the test rows\n\nOn 160 test rows")
    assert section.count("beats the best floor") == 1
    assert "`peftsearch confirm`: the adapter of trial 3: so and so." in section
    assert tell_tested_rows(None, [], SPEC) == ""
    trained = estimate([PICKED])
    quality = tell_quality(PICKED, SPEC, [], "held", None, trained, confirmed=True)
    assert "400 validation rows" in " ".join(quality.split())
    assert "the test rows above had no part in that" in " ".join(quality.split())


def test_the_front_matter_has_the_test_split_first() -> None:
    trained = estimate([PICKED])
    text = front_matter(SPEC, PICKED, "peft", 0.02, trained, confirmed=find(confirm(2)))
    data: Any = ModelCard(f"{text}\n# Title\n").data
    tested, searched = data.eval_results
    assert (tested.dataset_split, searched.dataset_split) == ("test", "validation")
    assert (tested.metric_type, tested.metric_value) == ("accuracy", pytest.approx(0.9))
    assert tested.metric_name == "accuracy (mean of 3 new trainings)"
    assert tested.metric_args == {
        "trainings": 3,
        "rows": 160,
        "interval": [0.85, 0.95],
        "level": 0.975,
        "reading_of_the_split": 2,
    }


def test_the_front_matter_tells_this_adapter_from_the_mean_of_new_trainings() -> None:
    """The first of each split is what is honest of these files: the test rows chose nothing."""
    kept = confirm() | {"calibration": {"trial": 3, "quality": {"accuracy": 0.875}, "told": []}}
    text = front_matter(SPEC, PICKED, "peft", 0.02, estimate([PICKED]), confirmed=find(kept))
    data: Any = ModelCard(f"{text}\n# Title\n").data
    own, mean, _ = data.eval_results
    assert (own.metric_name, own.metric_value) == ("accuracy (this adapter)", 0.875)
    assert own.dataset_split == "test"
    assert own.metric_args == {"rows": 160, "reading_of_the_split": 1}
    assert (mean.metric_name, mean.metric_value) == (
        "accuracy (mean of 3 new trainings)",
        pytest.approx(0.9),
    )
    other = replace(PICKED, number=4)
    text = front_matter(SPEC, other, "peft", 0.02, estimate([other]), confirmed=find(kept))
    assert "0.875" not in text


def test_the_test_rows_and_their_file_are_told_by_their_hashes() -> None:
    spec = make_spec(task={"train": "train.csv", "test": "/home/ann/test.csv"})
    found = find(confirm() | {"test_file": "f" * 64})
    facts = dict(list_files(spec, {}, found))
    assert facts["test.csv, SHA-256"] == "f" * 64
    told = facts["test rows as they were read, fingerprint"]
    assert told.startswith("a" * 64) and "no file has it" in told
    assert not any("test" in name for name, _ in list_files(spec, {}))
    before = list_files(spec, {}, find(confirm()))
    assert [name for name, _ in before if "test" in name] == [
        "test rows as they were read, fingerprint"
    ]


def test_a_confirmation_of_another_configuration_is_named_with_what_is_proposed() -> None:
    tried, found = estimate_each(TRIALS), {PICKED.key: find(confirm())}
    other = next(x for x in tried if x.key == TRIALS[1].key)
    (told,) = tell_moved(found, tried, other, SPEC, "proposed")
    assert told == (
        "The confirmation on the test rows is of trial 3, and what is proposed now is trials 1, "
        "4, of which they said nothing: the pick 'trial 1' of `peftsearch confirm job` asks "
        "them, as a further reading."
    )
    same = next(x for x in tried if x.key == PICKED.key)
    assert tell_moved(found, tried, same, SPEC, "picked") == []
    assert tell_moved({}, tried, other, SPEC, "picked") == []


def test_an_interval_that_is_wide_by_too_few_seeds_says_so() -> None:
    few = confirm()
    picked = few["arms"][0]
    picked |= {"values": [0.88, 0.92], "mean": 0.9, "interval": [0.64, 1.0]}
    told = " ".join(tell_tested(find(few), SPEC))
    assert "comes from there being only 2 trainings (Student's t 12.7): more seeds" in told
    picked |= {"values": [0.899, 0.901]}  # then it is by the rows
    assert "Student" not in " ".join(tell_tested(find(few), SPEC))
