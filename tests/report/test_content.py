"""What a report says of jobs of every kind; each number is one of the records."""

import json
import os
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import NotFoundError
from peftsearch.jobs.companions import ensure
from peftsearch.records.job import JobState
from peftsearch.report.content import make_report
from peftsearch.report.reading import mark_records, read_records
from peftsearch.report.rendering import render_markdown, render_page
from peftsearch.results.search_result import load_result
from peftsearch.storage.store import Store
from tests.floors import prepare
from tests.service.beside import (
    PICKED,
    SPEC,
    end_beside,
    fill_ablation,
    fill_baselines,
    plan_beside,
)
from tests.service.records import PROBE, Filler, count_base, fill_example, fill_repeated, lora
from tests.specs import make_spec

from .jobs import comparison, head_of, report_on

BEST = "the best floor by validation (TF-IDF)"


@pytest.fixture
def store(new_sqlite: Any) -> Any:
    with Store.open(new_sqlite()) as store:
        yield store


def prepared(store: Store, floor: float) -> Filler:
    """The example, with floors."""
    filler = fill_example(store)
    store.prepare(filler.job.id, prepare(floor))
    return filler


def test_one_sentence_says_what_how_good_at_which_cost(store: Store) -> None:
    fill_example(store)
    report = report_on(store, "best")
    assert head_of(report).startswith(
        "Chosen is the best of the front, trial 2, at 73,728 trainable parameters and file size "
    )
    assert (
        "By the validation rows, by which the search chose among 4 configurations and which "
        "flatter those that lead: accuracy 0.8000 ± 0.0200 (one standard error of 400 validation "
        "rows); there is no floor"
    ) in head_of(report)
    assert "there is no floor to hold it against" in head_of(report)
    assert head_of(report).endswith(
        "No test row was read for it: `peftsearch confirm` does that. LoRA of each rank was never "
        "trained beside it (`peftsearch baselines job` does)."
    )
    chosen = report["chosen"]
    assert chosen is not None and chosen["values"]["accuracy"] == 0.80
    assert [x["row"] for x in report["front"]["rows"] if x["chosen"]] == [chosen["row"]]
    assert [x["values"]["accuracy"] for x in report["front"]["rows"]] == [0.60, 0.75, 0.80]
    off = {"accuracy": 0.70, "trainable_parameters": 3 * 2 * 4 * (384 + 384)}
    assert report["front"]["others"] == [off]


@pytest.mark.parametrize(
    ("floor", "told"),
    [
        (0.70, "it beats the best floor, logistic regression on frozen features, by more than"),
        (0.79, "it does not beat the best floor, logistic regression on frozen features, by more"),
        (0.90, "it is worse than the best floor, logistic regression on frozen features (−0.1000"),
    ],
)
def test_the_floor_is_told_however_it_stands(store: Store, floor: float, told: str) -> None:
    prepared(store, floor)
    report = report_on(store, "best")
    assert told in head_of(report)
    assert [x["value"] for x in report["front"]["floors"]] == sorted([floor, 0.65], reverse=True)
    nothing = "Nothing here beats the floor"
    assert nothing not in " ".join(report["warnings"])  # the head has told it of the best
    beside = " ".join(report_on(store, "1")["warnings"])
    assert (nothing in beside) is (floor > 0.75)


@pytest.mark.parametrize("front_first", [True, False])
def test_the_last_confirmation_is_told_whether_of_a_point_or_of_the_front(
    store: Store, front_first: bool
) -> None:
    """The last reading is: what is kept last may have begun first."""
    filler = fill_example(store)
    times = (1.0, 2.0) if front_first else (2.0, 1.0)
    readings = [{"reading": {"number": int(x), "created": x}} for x in times]
    member = {
        "configuration": PROBE.to_json(),
        "values": [0.72, 0.74],
        "mean": 0.73,
        "differences": [],
    }
    front = {"test_rows": 500, "front": [member], **readings[0]}
    store.save_report(filler.job.id, "confirm-front", front)
    store.save_report(filler.job.id, "confirm", comparison(PROBE, lora(8), 0.03) | readings[1])
    report = report_on(store, "1")
    chosen = report["chosen"]
    assert chosen is not None and (chosen["comparison"] is not None) is front_first
    assert ("it beats tuned uniform LoRA r=8 by 0.0300" in head_of(report)) is front_first
    for text in (render_page(report), render_markdown(report)):
        assert ("the mean of 2 trainings" in text) is not front_first
        assert ("the mean of 3 trainings" in text) is front_first


@pytest.mark.parametrize(
    ("over", "told"),
    [
        (
            0.05,
            f"The picked point beats {BEST} by 0.0500 accuracy, 10.0",
        ),
        (
            0.004,
            f"The picked point is not told apart from {BEST}: 0.0040 ahead",
        ),
        (
            -0.05,
            f"The picked point is beaten by {BEST} by 0.0500 accuracy",
        ),
    ],
)
def test_the_head_leads_with_the_test_rows_and_says_what_the_validation_rows_are(
    store: Store, over: float, told: str
) -> None:
    filler = prepared(store, 0.70)
    store.save_report(filler.job.id, "confirm", comparison(lora(8), lora(4), 0.03, over))
    report = report_on(store, "best")
    choice, test, held = report["verdict"]
    assert "accuracy" not in choice and "standard error" not in choice.partition(", trial")[2]
    assert test.startswith("On 500 test rows: accuracy 0.7300 (95 % interval 0.7200 to 0.7400)")
    low, high = (f"{'−' if x < 0 else '+'}{abs(x):.4f}" for x in (over - 0.01, over + 0.01))
    assert told in test and f"(95 % interval of the difference [{low}, {high}])" in test
    assert held.startswith("By the validation rows, by which the search chose among 4 ")
    assert "it beats the best floor, logistic regression" in held
    for text in (render_page(report), render_markdown(report)):
        assert text.index("On 500 test rows") < text.index("By the validation rows")


def test_a_mean_on_test_rows_has_one_uncertainty_that_of_the_confirmation(store: Store) -> None:
    filler = fill_example(store)
    store.save_report(filler.job.id, "confirm", comparison(lora(8), lora(4), 0.03))
    report = report_on(store, "best")
    page, text = render_page(report), render_markdown(report)
    for told in (page, text):
        assert told.count("0.7200 to 0.7400") == 2  # the head, and the table
        assert "0.7300 ±" not in told and "standard errors over seeds" not in told


def test_of_two_confirmations_of_a_point_the_last_reading_is_told(store: Store) -> None:
    filler = fill_example(store)
    for gain, begun in ((0.03, 2.0), (-0.03, 1.0)):
        reading = {"reading": {"number": int(begun), "created": begun}}
        found = comparison(PROBE, lora(8), gain) | reading
        store.save_report(filler.job.id, "confirm", found)
    assert "it beats tuned uniform LoRA r=8 by 0.0300" in head_of(report_on(store, "1"))


def test_one_that_was_tested_with_the_front_is_not_called_unconfirmed(store: Store) -> None:
    filler = fill_example(store)
    beside = {"versus": "TF-IDF", "mean": 0.05, "low": 0.01, "high": 0.09, "verdict": "better"}
    member = {
        "configuration": PROBE.to_json(),
        "values": [0.72, 0.74],
        "mean": 0.73,
        "interval": [0.70, 0.76],
        "differences": [beside],
    }
    store.save_report(filler.job.id, "confirm-front", {"test_rows": 500, "front": [member]})
    report = report_on(store, "1")
    assert report["verdict"][1].startswith(
        "On 500 test rows: accuracy 0.7300 (95 % interval 0.7000 to 0.7600), the mean of 2"
    )
    for text in (render_page(report), render_markdown(report)):
        assert "not confirmed" not in text and "With the whole front:" in text
        assert "95 % interval 0.7000 to 0.7600" in text and "Beside TF-IDF: +0.0500" in text


@pytest.mark.parametrize(
    ("gain", "told"),
    [
        (0.03, "it beats tuned uniform LoRA r=8 by 0.0300 accuracy, 6.0 standard errors"),
        (-0.03, "it is beaten by tuned uniform LoRA r=8 by 0.0300 accuracy, 6.0 standard errors"),
        (0.004, "it is not told apart from tuned uniform LoRA r=8: 0.0040 ahead"),
    ],
)
def test_the_test_split_is_told_whoever_wins(store: Store, gain: float, told: str) -> None:
    filler = fill_example(store)
    store.save_report(filler.job.id, "confirm", comparison(PROBE, lora(8), 0.5))
    store.save_report(filler.job.id, "confirm", comparison(lora(8), lora(4), gain))
    for seed in (1, 2, 3):
        for key, split in (("a", "test"), ("b", "test"), ("b", "validation")):
            store.save_report(
                filler.job.id, "confirm-run", {"key": key, "seed": seed, "split": split}
            )
    place = {"key": "floor features", "seed": 0, "split": "test"}
    store.save_report(filler.job.id, "confirm-run", place)
    twice = {"key": "a", "seed": 1, "split": "test"}  # by two confirmations at once
    store.save_report(filler.job.id, "confirm-run", twice)
    report = report_on(store, "best")
    assert told in head_of(report)
    assert report["readings"] == {
        "trainings": 6,
        "configurations": 2,
        "each": [3],
        "tuning": 3,
        "floors": 1,
        "comparisons": 2,
        "others": 1,
    }
    page = render_page(report)
    scored = "6 trainings of 2 configurations (3 of each) and 1 floor there, in 2 comparisons"
    assert scored in page
    assert "3 further trainings, scored on the validation rows, tuned the rate of LoRA." in page
    assert "is partly luck too" in page
    assert "was read for it, others were" in head_of(report_on(store, "knee"))


def test_a_confirmation_of_the_front_is_a_comparison_and_changes_the_report(store: Store) -> None:
    filler = fill_example(store)
    before = mark_records(store, filler.job)
    front = {"test_rows": 500, "front": [{"configuration": x.to_json()} for x in (PROBE, lora(8))]}
    store.save_report(filler.job.id, "confirm-front", front)
    assert mark_records(store, filler.job) != before
    for pick, others in (("best", 0), ("trial 1", 1)):
        readings = report_on(store, pick)["readings"]
        assert (readings["comparisons"], readings["others"]) == (1, others)


@pytest.mark.parametrize("entered", [True, False])
def test_a_confirmation_that_is_told_again_is_one_comparison(store: Store, entered: bool) -> None:
    filler = fill_example(store)
    for number in (1, 1, 2):
        entry = {"data": "rows", "number": number, "created": 7.0}
        reading = {"reading": entry} if entered else {}
        found = comparison(lora(8), lora(4), 0.01 * number) | reading
        store.save_report(filler.job.id, "confirm", found)
        front = {"test_rows": 500, "front": [{"configuration": PROBE.to_json(), "mean": number}]}
        store.save_report(filler.job.id, "confirm-front", front | reading)
    readings = report_on(store, "best")["readings"]
    assert (readings["comparisons"], readings["others"]) == (4, 2)


def test_what_probabilities_are_worth_is_told_with_the_test_split(store: Store) -> None:
    filler = fill_example(store)
    lines = ["the adapter of trial 3: calibration error (ECE) 0.100", "  precision 0.9 of '<b>'"]
    groups = {"told": ["by topic; intervals hold", "  left out, fewer than 5 rows: <b> 2"]}
    told = comparison(lora(8), lora(4), 0.02) | {"calibration": {"told": lines}, "by": groups}
    store.save_report(filler.job.id, "confirm", told)
    report = report_on(store, "best")
    page, text = render_page(report), render_markdown(report)
    assert "<li>The adapter of trial 3: calibration error (ECE) 0.100.</li>" in page
    assert "Precision 0.9 of &#39;&lt;b&gt;&#39;." in page and "<b>" not in page
    assert "- The adapter of trial 3: calibration error" in text and "<b>" not in text
    assert "<li>Left out, fewer than 5 rows: &lt;b&gt; 2</li>" in page
    assert "- By topic; intervals hold" in text


def test_neighbours_matters_and_failures_are_those_of_the_records(store: Store) -> None:
    fill_repeated(store)
    report = report_on(store, "best")
    chosen = report["chosen"]
    assert chosen is not None and chosen["slices"]
    assert chosen["neighbours"]
    for x in chosen["neighbours"]:
        assert x["difference"] == pytest.approx(x["quality"] - chosen["values"]["accuracy"])
    assert sum(x["share"] for x in report["matters"]["importance"]) == pytest.approx(1)
    assert "Not to be trusted from 18 trials" in report["matters"]["warning"]
    assert report["matters"]["warning"] in render_page(report)
    assert report["failures"]["total"] == 0


def test_time_is_summed_by_who_proposed(store: Store) -> None:
    fill_example(store)
    spent = report_on(store)["spent"]
    assert (spent["completed"], spent["failed"]) == (5, 1)
    assert spent["training_seconds"] == 4 * 2.0 + 9.0
    assert [x["trials"] for x in spent["by_origin"]] == [6]
    assert spent["joules"] is None and spent["core_seconds"] is None


def test_time_of_attempts_without_a_result_is_told(store: Store) -> None:
    filler = fill_example(store)
    words = "of attempts without a result, interrupted or not ended"
    assert words not in render_page(report_on(store))
    records = read_records(store, filler.job, Path("files"))
    report = make_report(replace(records, result=replace(records.result, fruitless=40.0)))
    assert report["spent"]["fruitless_seconds"] == 40
    for page in (render_page(report), render_markdown(report)):
        assert f"(40 s {words})" in page


def test_nothing_of_the_machine_is_told(store: Store) -> None:
    place = "/home/jane roe/secret place"
    spec = make_spec(
        model={**make_spec().to_json()["model"], "path": f"{place}/bert"},
        task={"train": f"{place}/train.csv", "test": f"{place}/more/test.csv"},
    )
    filler = Filler.open(store, spec)
    filler.complete(lora(1), 0.74)
    filler.fail(lora(8), f"no room in {place}/more and /root/.cache/x; see '/tmp/a b'")
    report = report_on(store)
    for text in (json.dumps(report), render_page(report), render_markdown(report)):
        for word in ("jane", "roe", "secret", "/root", "/tmp", "/home"):
            assert word not in text
        assert "train.csv" in text and "bert" in text


def test_an_empty_job_and_one_without_a_result_choose_nothing(store: Store) -> None:
    filler = Filler.open(store)
    report = report_on(store)
    assert report["chosen"] is None and report["running"]
    unswept = "LoRA of each rank was never trained beside it"
    assert head_of(report) == f"Nothing is picked: the job has no trial; {unswept}."
    assert "The front has no point." in render_page(report)
    filler.fail(lora(8), "out of <memory>")
    report = report_on(store)
    assert head_of(report) == f"Nothing is picked: no trial has completed; {unswept}."
    assert "out of &lt;memory&gt;" in render_page(report)
    assert "out of &lt;memory>" in render_markdown(report)
    with pytest.raises(NotFoundError, match="trial 7"):
        report_on(store, "trial 7")


def test_a_job_whose_limits_nothing_keeps_chooses_nothing(store: Store) -> None:
    spec = make_spec(objectives={"bounds": ["accuracy >= 0.9"]})
    Filler.open(store, spec).complete(lora(1), 0.74)
    report = report_on(store)
    assert report["chosen"] is None
    assert "none among the completed trials" in head_of(report)
    assert report_on(store, "trial 0")["chosen"] is not None


def test_a_job_with_one_trial(store: Store) -> None:
    filler = Filler.open(store)
    filler.complete(PROBE, 0.6)
    store.set_state(filler.job.id, JobState.STOPPED)
    report = report_on(store)
    chosen = report["chosen"]
    assert chosen is not None and chosen["neighbours"] == [] and chosen["slices"] is None
    page = render_page(report)
    assert "1 completed trial tells nothing of what matters." in page
    assert "No trial of this job differs" in page
    assert not report["running"]


@pytest.mark.parametrize(("trials", "told"), [(2, "waits for workers"), (1, "budget spent")])
def test_a_job_runs_while_somebody_works_on_it(store: Store, trials: int, told: str) -> None:
    filler = Filler.open(store, make_spec(trials=trials))
    filler.complete(PROBE, 0.6)
    store.register_worker(filler.job.id, "w", socket.gethostname(), os.getpid(), "cpu")
    mark = mark_records(store, filler.job)
    assert report_on(store)["state"].startswith("running: 1 trial done")
    store.unregister_worker("w")
    assert report_on(store)["state"].startswith(f"{told}: 1 trial done")
    assert mark_records(store, filler.job) != mark
    result = load_result(store, filler.job, Path("files"))
    assert f", {told}: " in repr(result) and f"\n{told}: " in str(result)


THREE = {"maximise": ["accuracy"], "minimise": ["export_bytes", "training_seconds"]}


def test_three_objectives_have_a_panel_for_each_pair(store: Store) -> None:
    filler = Filler.open(store, make_spec(objectives=THREE))
    filler.complete(PROBE, 0.6)
    filler.complete(lora(1), 0.7, training_seconds=9.0)
    filler.complete(lora(8), 0.8, training_seconds=5.0)
    report = report_on(store)
    assert report["front"]["goals"] == ["accuracy", "export_bytes", "training_seconds"]
    page = render_page(report)
    assert page.count('<figure class="wide"><svg') == 3 + 1
    assert "training time" in head_of(report)
    assert "front-3.svg" in render_markdown(report)


@pytest.mark.parametrize(
    ("kind", "metric", "columns", "values"),
    [
        ("regression", "rmse", {}, (3.5, 1.25)),
        ("causal_lm", "perplexity", {}, (31.0, 12.5)),
        ("causal_lm", "exact_match", {}, (0.2, 0.7)),
    ],
)
def test_other_kinds_of_task(
    store: Store, kind: str, metric: str, columns: dict[str, str], values: tuple[float, float]
) -> None:
    spec = make_spec(task={"train": "train.csv", "kind": kind, "metric": metric, **columns})
    filler = Filler.open(store, spec)
    filler.complete(PROBE, 0.5, **{metric: values[0]})
    filler.complete(lora(8), 0.5, **{metric: values[1]})
    report = report_on(store, "best")
    chosen = report["chosen"]
    assert chosen is not None and chosen["values"][metric] == values[1]
    (neighbour,) = [x for x in chosen["neighbours"] if x["trials"] == [0]]
    assert neighbour["difference"] == -abs(values[1] - values[0])  # less is worse, of any metric
    assert f"{values[1]:.4f}" in head_of(report)
    assert render_page(report) and render_markdown(report)


def test_the_baselines_and_the_ablation_are_told_and_drawn(store: Store) -> None:
    fill_ablation(store, fill_baselines(store))
    report = report_on(store, "best")
    page, text = render_page(report), render_markdown(report)
    for told in (page, text):
        assert "Beside what everybody does" in told
        assert "the search ties with it" in told
        assert "rank 8 on all linears" in told and "no memory" in told
        assert "nothing to be seen (+0.0000 ± " in told
        assert "Trained for this purpose" in told
        assert told.count("of the adapter alone, the file holds the head with it.") == 2
    assert page.count('class="sweep"') == 2 * (4 + 1)  # wide and narrow, each with its key
    assert len(report["front"]["sweep"]) == 4


@pytest.mark.parametrize("fails", [True, False])
def test_a_sweep_without_a_result_is_told_at_the_head(store: Store, fails: bool) -> None:
    filler = Filler.open(store, SPEC)
    store.prepare(filler.job.id, prepare(0.7))
    count_base(store, filler.job, 1000)
    filler.complete(PICKED, 0.8)
    store.set_state(filler.job.id, JobState.FINISHED)
    beside = ensure(store, store.job(filler.job.id), plan_beside(filler))
    end_beside(store, beside, lambda _: None if fails else 0.7)
    head = head_of(report_on(store))
    assert head.endswith("No training of LoRA of each rank beside it has a result.") is fails
    assert "never trained beside it" not in head


def test_what_was_not_trained_is_said_with_its_command(store: Store) -> None:
    fill_example(store)
    page = render_page(report_on(store, "best"))
    assert "peftsearch baselines job" in page and "peftsearch ablate job" in page
    assert 'class="sweep"' not in page
