"""The metric that a launch chooses, and what it says of it."""

from pathlib import Path
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import differing_keys
from peftsearch.jobs.settling import Settled, settle
from peftsearch.spaces.families.anatomy import Anatomy
from peftsearch.spaces.jobspec.objectives import CostError
from peftsearch.spaces.jobspec.spec import BudgetSpec, JobSpec
from peftsearch.workers.data.task_data import load_data
from tests.anatomies import BERT, LLAMA
from tests.specs import make_spec


def spec_of(folder: Path, shares: dict[str, int], **task: Any) -> JobSpec:
    """A job on so many rows of each label."""
    labels = [label for label, count in shares.items() for _ in range(count)]
    rows = [f"text {i} of many,{label}" for i, label in enumerate(labels)]
    (folder / "data.csv").write_text("\n".join(["text,label", *rows]) + "\n", encoding="utf-8")
    return make_spec(task={"train": str(folder / "data.csv")} | task)


def settled(folder: Path, shares: dict[str, int], **task: Any) -> Settled:
    spec = spec_of(folder, shares, **task)
    return settle(spec, load_data(spec))


@pytest.mark.parametrize(
    ("shares", "metric", "reason"),
    [
        ({"a": 50, "b": 50}, "accuracy", "of the training rows, and none has more than 60%"),
        ({"a": 55, "b": 30, "c": 15}, "accuracy", ", and none has more than 60%"),
        ({"ham": 90, "spam": 10}, "f1_macro", "since 'ham' has 89% of the training rows"),
        ({"a": 10, "b": 70, "c": 20}, "f1_macro", "since 'b' has 71% of the training rows"),
    ],
)
def test_the_default_follows_from_the_balance_of_the_classes(
    tmp_path: Path, shares: dict[str, int], metric: str, reason: str
) -> None:
    found = settled(tmp_path, shares)
    assert found.spec.task.quality == metric
    assert reason in found.quality
    assert settle(found.spec, load_data(found.spec)) == found


def test_a_named_metric_stays(tmp_path: Path) -> None:
    found = settled(tmp_path, {"ham": 90, "spam": 10}, metric="accuracy")
    assert (found.spec.task.quality, found.spec.task.default_metric) == ("accuracy", None)
    assert found.quality == "accuracy, as task.metric says"


def test_numbers_have_the_default_of_their_kind(tmp_path: Path) -> None:
    found = settled(tmp_path, {"1.5": 20, "2.5": 20}, kind="regression")
    assert found.quality == "Pearson correlation, the default of regression"


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ({}, "F1 of 'legit', the second class (task.positive names another), as"),
        ({"positive": "fraud"}, "F1 of 'fraud', as"),
    ],
)
def test_the_class_that_is_positive_is_said(
    tmp_path: Path, task: dict[str, str], said: str
) -> None:
    found = settled(tmp_path, {"fraud": 20, "legit": 40}, metric="f1", **task)
    assert found.quality.startswith(said)


@pytest.mark.parametrize("spelt", ["true", " 1 ", "1.0", True])
def test_the_positive_class_has_the_name_of_the_class(tmp_path: Path, spelt: object) -> None:
    found = settled(tmp_path, {"0": 20, "1": 40}, metric="f1", positive=spelt)
    assert found.quality.startswith("F1 of '1', as")


def test_a_positive_class_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="among fraud, legit; got 'frod'") as refused:
        settled(tmp_path, {"fraud": 20, "legit": 40}, positive="frod")
    assert refused.value.where == "task.positive"
    for spelt in (1, 1.0, "1", True):
        assert settled(tmp_path, {"0": 20, "1": 40}, positive=spelt).quality.startswith("macro F1")
    with pytest.raises(UserError, match=r"with classes for task\.positive; got 'regression'"):
        make_spec(task={"train": "x.csv", "kind": "regression", "positive": "a"})


def test_what_was_chosen_is_no_difference_of_job_files(tmp_path: Path) -> None:
    """A job from before has its kind's first metric, and the same file resumes it."""
    plain = spec_of(tmp_path, {"ham": 90, "spam": 10})
    assert plain.task.quality == "accuracy"
    assert differing_keys(plain, settle(plain, load_data(plain)).spec) == []


@pytest.mark.parametrize(("sampler", "notes"), [("bo", 0), ("random", 1), ("tpe", 1)])
def test_a_stop_that_a_sampler_never_says_is_told(
    tmp_path: Path, sampler: str, notes: int
) -> None:
    spec = spec_of(tmp_path, {"a": 40, "b": 40}).to_json()
    spec |= {"search": {"sampler": sampler}, "budget": {"trials": 9, "stop_when": "no gain"}}
    found = settle(parsed := JobSpec.model_validate(spec), load_data(parsed))
    assert len(found.notes) == notes
    assert all("budget.stop_when = 'no gain' ends no job" in x for x in found.notes)
    endless = parsed.model_copy(update={"budget": BudgetSpec(trials=9)})
    assert settle(endless, load_data(endless)).notes == ()


def test_weights_of_classes_that_are_none_are_refused(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, {"fraud": 20, "legit": 40})
    weighed = spec.training.model_copy(update={"class_weights": {"frod": 2.0}})
    spec = spec.model_copy(update={"training": weighed})
    with pytest.raises(UserError, match="among fraud, legit; got 'frod'") as refused:
        settle(spec, load_data(spec))
    assert refused.value.where == "training.class_weights"


@pytest.mark.parametrize("pooling", ["auto", "first", "model"])
def test_a_file_that_no_head_leaves_room_for_is_refused(tmp_path: Path, pooling: str) -> None:
    spec = spec_of(tmp_path, {"a": 40, "b": 30, "c": 30})
    sections = {"objectives": {"bounds": ["size <= 5 KB"]}, "head": {"pooling": pooling}}
    spec = JobSpec.model_validate(spec.to_json() | sections)
    with pytest.raises(CostError, match="export_bytes <= 5 KB, where the smallest") as refused:
        settle(spec, load_data(spec))
    assert refused.value.where == "objectives.bounds"
    roomy = {"objectives": {"bounds": ["size <= 12 KB"]}}
    settle(JobSpec.model_validate(spec.to_json() | roomy), load_data(spec))


@pytest.mark.parametrize("anatomy", [LLAMA, BERT])
@pytest.mark.parametrize("labels", [("1000.5", "1020.5"), ("-1.5", "1.5")])
def test_a_mean_that_no_head_can_hold_is_noted(
    tmp_path: Path, anatomy: Anatomy, labels: tuple[str, str]
) -> None:
    """Of a decoder, whose head has no bias."""
    spec = spec_of(tmp_path, dict.fromkeys(labels, 20), kind="regression")
    spec = spec.with_anatomy(anatomy)
    notes = settle(spec, load_data(spec)).notes
    told = [x for x in notes if "no bias that could hold the mean" in x]
    assert bool(told) == (anatomy is LLAMA and "1000.5" in labels)


def test_a_bound_that_no_score_meets_is_refused_at_a_launch(tmp_path: Path) -> None:
    spec = spec_of(tmp_path, {"a": 20, "b": 20})
    bounded = make_spec(task={"train": spec.task.train}, objectives={"bounds": ["accuracy >= 80"]})
    with pytest.raises(UserError, match="accuracy can meet, which is 1 at best; got accuracy >="):
        settle(bounded, load_data(bounded))
