"""Measures of a trained model on real trainings of tiny models."""

from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import accuracy_score, log_loss, roc_auc_score

from peftsearch.errors import UserError
from peftsearch.records.trial import MEASURES
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.workers.data.group_notes import note_groups
from peftsearch.workers.data.row_groups import check_groups
from peftsearch.workers.training.clock import Clock
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.rehearsal import rehearse
from peftsearch.workers.training.trained import Trained
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.measures.measured import SERIAL, open_measured
from tests.workers.runners import LORA, PROBE
from tests.workers.tiny import spec_on, state_of


def take_up(runner: TrialRunner, outcome: Outcome) -> Trained:
    return Trained(runner, SERIAL, 1, outcome, Clock(1, lambda done, total: None))


def test_measures_of_a_classification_are_those_by_hand(tmp_path: Path) -> None:
    also = ["worst_group", "worst_group_loss", "membership_auc", "feature_drift"]
    runner = open_measured(tmp_path, also)
    before = state_of(runner.backbone)
    found = runner.evaluate(SERIAL, 1)
    assert all(torch.equal(x, before[k]) for k, x in state_of(runner.backbone).items())
    told = found.provenance[MEASURES]
    assert {*told} == {*also}

    outputs = runner.predict(SERIAL, found.tensors, runner.encoded("validation"))
    chances = torch.softmax(outputs.double(), 1).numpy()
    by, labels = np.array(runner.data.validation.by), np.array(runner.data.validation.labels)
    parts = [by == x for x in "ab"]
    accuracies = [accuracy_score(labels[x], chances[x].argmax(1)) for x in parts]
    assert found.measurements["worst_group"] == pytest.approx(min(accuracies))
    losses = [log_loss(labels[x], chances[x], labels=[0, 1]) for x in parts]
    assert found.measurements["worst_group_loss"] == pytest.approx(max(losses), rel=1e-5)
    assert told["worst_group_loss"]["group"] == "ab"[int(np.argmax(losses))]

    rows = told["membership_auc"]["rows"]
    assert rows == len(labels)
    trained = take_up(runner, found)
    data = runner.encoded("train")
    with trained.attached():
        every = trained.losses(data, range(len(data)))
    direct = runner.predict(SERIAL, found.tensors, data).double()
    each = torch.nn.functional.cross_entropy(direct, data.labels, reduction="none").numpy()
    np.testing.assert_allclose(every, each, rtol=1e-5, atol=1e-6)
    assert 0 <= found.measurements["membership_auc"] <= 1
    assert found.measurements["feature_drift"] > 0


def test_a_model_that_has_learnt_nothing_has_forgotten_nothing(tmp_path: Path) -> None:
    also = ["latency_ratio", "feature_drift"]
    found = open_measured(tmp_path, also).evaluate(PROBE, 1)
    assert found.measurements["latency_ratio"] == 1
    assert found.measurements["feature_drift"] == 0


def test_what_merges_costs_no_time_and_what_stays_is_timed(tmp_path: Path) -> None:
    runner = open_measured(tmp_path, ["latency_ratio"])
    merged = runner.evaluate(LORA, 1)
    assert merged.measurements["latency_ratio"] == 1
    assert merged.provenance[MEASURES]["latency_ratio"]["form"] == "merged"
    stays = runner.evaluate(SERIAL, 1)
    assert stays.measurements["latency_ratio"] > 0
    assert stays.provenance[MEASURES]["latency_ratio"]["form"] == "attached"
    assert stays.provenance[MEASURES]["latency_ratio"]["rounds"] >= 7


def test_forgetting_is_a_rise_of_the_loss_by_token(tmp_path: Path) -> None:
    runner = open_measured(tmp_path, ["forgetting"], "causal_lm", "llama")
    found = runner.evaluate(SERIAL, 1)
    tokenizer, model = runner.backbone.tokenizer, runner.backbone.model
    trained = take_up(runner, found)
    total = {"before": 0.0, "after": 0.0}
    tokens = 0
    for line in (tmp_path / "reference.txt").read_text().splitlines():
        ids = torch.tensor([tokenizer(line)["input_ids"]])
        ids = ids[:, :-1] if ids[0, -1] == tokenizer.eos_token_id else ids
        tokens += ids.shape[1] - 1
        with torch.no_grad():
            total["before"] += float(model(ids, labels=ids).loss) * (ids.shape[1] - 1)
            with trained.attached():
                total["after"] += float(model(ids, labels=ids).loss) * (ids.shape[1] - 1)
    rise = (total["after"] - total["before"]) / tokens
    assert found.measurements["forgetting"] == pytest.approx(rise, abs=1e-4)
    base = found.provenance[MEASURES]["forgetting"]["base_loss"]
    assert base == pytest.approx(total["before"] / tokens, rel=1e-4)


def test_folds_join_values_and_errors(tmp_path: Path) -> None:
    runner = open_measured(tmp_path, ["membership_auc"], task={"folds": 2})
    found = runner.evaluate(SERIAL, 1)
    told = found.provenance[MEASURES]["membership_auc"]
    each = [x["error"] for x in told["folds"]]
    assert told["error"] < max(each)


def test_the_test_split_is_measured_without(tmp_path: Path) -> None:
    runner = open_measured(tmp_path, ["membership_auc"])
    found = runner.evaluate(SERIAL, 1, split="test")
    assert "membership_auc" not in found.measurements


def test_groups_too_small_are_refused_before_any_training(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="two groups of 5 validation rows or more; got 1 group"):
        open_measured(tmp_path, ["worst_group"], groups=1)


def test_groups_that_do_not_count_are_named_with_their_rows(tmp_path: Path) -> None:
    runner = open_measured(tmp_path, ["worst_group"], groups=4)
    by = Counter(runner.data.validation.by)
    fewest = sorted(by.values())[-2]
    wanted = runner.spec.objectives.model_copy(update={"by_rows": fewest})
    spec = runner.spec.model_copy(update={"objectives": wanted})
    small = {name: rows for name, rows in by.items() if rows < fewest}
    assert small
    (note,) = note_groups(spec, runner.data)
    assert note == replace(runner, spec=spec).notes()[-1] == rehearse(spec, runner.data).notes[-1]
    assert note.startswith(f"{4 - len(small)} of 4 groups by 'part' count")
    counted, left = note.split(f"; left out, fewer than {fewest} rows (objectives.by_rows): ")
    assert all(
        f"'{name}' {rows}" in (left if name in small else counted) for name, rows in by.items()
    )
    assert note_groups(spec_on(tmp_path / "model"), runner.data) == ()


def test_groups_of_one_class_are_named_or_refused_before_any_training(tmp_path: Path) -> None:
    runner = open_measured(tmp_path, ["worst_group"], task={"metric": "f1"})
    rows = runner.data.validation
    by = ["one" if x == 0 and i % 2 else "ab"[i // 2 % 2] for i, x in enumerate(rows.labels)]
    data = replace(runner.data, validation=replace(rows, by=by))
    (note,) = note_groups(runner.spec, data)
    assert "one class, of which f1 tells nothing (worst_group alone): 'one' " in note
    with pytest.raises(UserError, match="rows of several classes, for f1"):
        check_groups(runner.spec, [f"{x}" for x in rows.labels], rows.labels, data.label_names)


def test_groups_of_one_class_tell_no_f1(tmp_path: Path) -> None:
    """By the label itself: F1 of a group without a positive row would be 0 whatever happens."""
    runner = open_measured(tmp_path, ["worst_group"], task={"metric": "f1"})
    labels = runner.data.validation.labels
    object.__setattr__(runner.data.validation, "by", [f"{x}" for x in labels])
    with pytest.raises(UserError, match="rows of several classes, for f1"):
        runner.evaluate(SERIAL, 1)


def test_own_measures_say_which_direction_is_better() -> None:
    directions = {x.name: x.maximise for x in OBJECTIVES.own.values() if x.trained}
    assert [name for name, up in directions.items() if up] == ["worst_group"]


def test_membership_tells_overfitting() -> None:
    from peftsearch.workers.measures.membership import compare_losses

    draw = np.random.default_rng(0)
    members, others = draw.normal(0, 1, 300), draw.normal(1, 1, 200)
    value, error = compare_losses(members, others)
    truth = np.r_[np.ones(300), np.zeros(200)]
    assert value == pytest.approx(roc_auc_score(truth, -np.r_[members, others]))
    values = [
        compare_losses(draw.normal(0, 1, 300), draw.normal(1, 1, 200))[0] for _ in range(300)
    ]
    assert error == pytest.approx(np.std(values), rel=0.25)
    assert compare_losses(np.zeros(9), np.ones(9)) == (1.0, 1 / 18)


def test_the_error_of_a_ratio_is_what_repeats_show() -> None:
    from peftsearch.workers.measures.ratios import ratio_of_sums

    draw = np.random.default_rng(0)

    def sample() -> tuple[float, float]:
        under = draw.integers(5, 40, 200).astype(float)
        return ratio_of_sums(under * draw.normal(0.3, 0.5, 200), under)

    found = [sample() for _ in range(400)]
    assert np.mean([x[1] for x in found]) == pytest.approx(np.std([x[0] for x in found]), rel=0.1)
