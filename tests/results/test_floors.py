"""Where a configuration stands against the floors, and what is said of it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from peftsearch.records.estimates import Estimate, estimate, estimate_each, share_error
from peftsearch.records.preparation import Floor, HeadChoice, Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.chance import luck
from peftsearch.results.standing.floor_words import (
    tell_apart,
    tell_floors,
    tell_nothing_beats,
    tell_standing,
    tell_verdict,
)
from peftsearch.results.standing.floors import Standing, compare
from peftsearch.spaces.jobspec.spec import JobSpec
from tests.floors import prepare
from tests.specs import make_spec

from .made import SPEC, make_trial

AS_CHANCE = "that chance may give such a difference"
LOSS = make_spec(task={"train": "t.csv", "kind": "causal_lm", "prompt": "p", "response": "r"})


def stand(preparation: Preparation, *accuracies: float, spec: JobSpec = SPEC) -> Standing:
    found = compare(_estimate(*accuracies), spec, preparation)
    assert found is not None
    return found


def _estimate(*accuracies: float) -> Estimate[Trial]:
    return estimate(make_trial(i, 8, x) for i, x in enumerate(accuracies))


@pytest.mark.parametrize(
    ("accuracy", "verdict"),
    # Of 400 rows .80 has a standard error of .02, the floor as well: .0283 together, of which
    # chance gives 1.96.
    [
        (0.7, "below"),
        (0.76, "level"),
        (0.77, "level"),
        (0.79, "level"),
        (0.82, "level"),
        (0.8255, "above"),
        (0.9, "above"),
    ],
)
def test_a_gain_of_more_than_chance_gives_is_none_of_noise(accuracy: float, verdict: str) -> None:
    found = stand(prepare(0.77), accuracy)
    assert (found.floor.name, found.verdict) == ("features", verdict)
    assert found.gain == pytest.approx(accuracy - 0.77)


def test_a_floor_without_a_mistake_is_no_certainty() -> None:
    """Of 400 rows: one more or less is noise, also beside floors that were stored with error 0."""
    perfect = Preparation((Floor("features", "features", {"accuracy": 0.995}, 0.0),))
    found = stand(perfect, 1.0)
    assert found.error is not None and found.error > 0.005
    assert found.verdict == "level"
    assert (
        stand(
            Preparation((replace(perfect.floors[0], measurements={"accuracy": 0.9}),)), 1.0
        ).verdict
        == "above"
    )


def test_seeds_that_differ_make_a_gain_doubtful() -> None:
    assert stand(prepare(0.77), 0.84).verdict == "above"
    spread = stand(prepare(0.77), 0.78, 0.90)
    assert spread.verdict == "level"
    of_rows = (0.02**2 + share_error(0.84, 400) ** 2) ** 0.5
    assert spread.error == pytest.approx((of_rows**2 + 0.06**2) ** 0.5)


@pytest.mark.parametrize(("told", "own"), [(0.3, 0.3), (None, 0.1), (float("nan"), 0.1)])
def test_a_trial_s_own_error_counts_beside_the_floor_s(told: float | None, own: float) -> None:
    """A regression may err far more than the floor does, on few rows. Trials of before, or of a
    training function of the user's own, do not tell theirs: then it is taken for the floor's."""
    spec = make_spec(task={"train": "t.csv", "kind": "regression", "metric": "rmse"})
    provenance = {"validation_rows": 400, "quality_error": told}
    trial = replace(make_trial(0, 8, 0.5), measurements={"rmse": 1.0}, provenance=provenance)
    floors = Preparation((Floor("features", "features", {"rmse": 1.35}, 0.1),))
    found = compare(estimate([trial]), spec, floors)
    assert found is not None and found.error == pytest.approx((0.1**2 + own**2) ** 0.5)
    assert found.verdict == ("level" if own == 0.3 else "above")


def test_answers_to_the_same_rows_tell_the_error_of_the_difference() -> None:
    """Of the floor that it stands beside alone; of trials of before and of another floor's answers
    it is that of two samples, which is said."""
    trial = make_trial(0, 8, 0.78)
    told = {"validation_rows": 400, "gain_errors": {"features": 0.004}}
    paired = compare(estimate([replace(trial, provenance=told)]), SPEC, prepare(0.77))
    assert paired is not None
    assert (paired.error, paired.verdict, paired.paired) == (0.004, "above", True)
    separate = stand(prepare(0.77), 0.78)
    assert separate.verdict == "level" and not separate.paired
    assert tell_standing(separate, SPEC).endswith("or less, since both have the same rows.")
    level = replace(paired, error=0.02)
    assert tell_standing(level, SPEC).endswith(f"{AS_CHANCE} (standard error 0.0200).")
    for said in ({"tfidf": 0.008}, {"features": -1.0}, {"features": "x"}, 0.008, None):
        odd = replace(trial, provenance=told | {"gain_errors": said})
        found = compare(estimate([odd]), SPEC, prepare(0.77))
        assert found is not None and found.error == pytest.approx(separate.error)


def test_of_several_seeds_all_tell_their_errors() -> None:
    """In whatever order; if one does not, none counts."""

    def error(*told: float | None, floor: str = "features") -> float | None:
        trials = [
            replace(
                make_trial(i, 8, 0.78 + 0.02 * (i % 2)),
                provenance={"validation_rows": 400, "gain_errors": {floor: x} if x else {}},
            )
            for i, x in enumerate(told)
        ]
        found = compare(estimate(trials), SPEC, prepare(0.77))
        assert found is not None
        assert found.paired == (None not in told and floor == "features")
        return found.error

    spread = 0.01  # of the mean of .78 and .80
    assert error(0.006, 0.008) == error(0.008, 0.006)
    assert error(0.006, 0.008) == pytest.approx((0.00005 + spread**2) ** 0.5)
    assert error(0.008, None) == error(None, 0.008) == error(0.008, 0.008, floor="tfidf")


def test_who_names_one_class_for_all_rows_is_told_so() -> None:
    told = {"accuracy": 0.75, "matthews": 0.0}
    found = [estimate([replace(make_trial(0, 8, 0.75), measurements=told)])]
    first, tries = tell_nothing_beats(found, found, SPEC, prepare(0.75))
    assert first.endswith("It gives every row the same answer.")
    assert "validation rows" not in tries


def test_the_best_of_many_must_lead_by_more_than_chance_gives_it() -> None:
    """Of jobs in which nothing differs from the floor, one in 40 is told to beat it."""
    assert luck(1) == pytest.approx(1.96, abs=0.001)
    draw = np.random.default_rng(0)
    for tried in (2, 6, 25, 100):
        best = draw.normal(size=(20_000, tried)).max(axis=1)
        assert np.mean(best > luck(tried)) == pytest.approx(0.025, abs=0.004)
    alone = compare(_estimate(0.84), SPEC, prepare(0.77))
    chosen = compare(_estimate(0.84), SPEC, prepare(0.77), tried=25)
    assert alone is not None and chosen is not None and chosen.noise is not None
    assert (alone.verdict, chosen.verdict, alone.error) == ("above", "level", chosen.error)
    assert chosen.noise == pytest.approx(3.09 * (alone.error or 0), rel=0.01)
    told = tell_standing(replace(chosen, paired=True), SPEC)
    least = "no more than the 0.0839 that chance may give the best of 25 (standard error 0.0272)."
    assert told.endswith(f"That is {least}")
    worse = compare(_estimate(0.70), SPEC, prepare(0.77), tried=25)
    assert worse is not None and worse.verdict == "below"
    assert f"more than the 0.0595 {AS_CHANCE}" in tell_standing(worse, SPEC)


def test_a_loss_within_noise_is_no_worse() -> None:
    """As much as chance gives, .0577 here, whoever tells it."""
    behind = stand(prepare(0.77), 0.75)
    assert (behind.verdict, stand(prepare(0.77), 0.70).verdict) == ("level", "below")
    assert "is 0.0200 behind the 0.7700 of the best" in tell_standing(behind, SPEC)
    assert f"no more than the 0.0577 {AS_CHANCE}" in tell_verdict(behind, SPEC)
    assert "worse" not in tell_standing(behind, SPEC) + tell_verdict(behind, SPEC)


def test_where_no_error_is_known_the_better_one_is_better() -> None:
    floors = (Floor("base", "the base model", {"loss": 2.0}),)
    trial = replace(make_trial(0, 8, 0.5), measurements={"loss": 1.9})
    better = compare(estimate([trial]), LOSS, Preparation(floors))
    assert better is not None
    assert (better.verdict, better.error) == ("above", None)
    assert better.gain == pytest.approx(0.1)
    worse = replace(trial, measurements={"loss": 2.1})
    found = compare(estimate([worse]), LOSS, Preparation(floors))
    assert found is not None and found.verdict == "below"
    assert tell_standing(found, LOSS) == (
        "loss 2.1000 is 0.1000 worse than the 2.0000 of the best baseline without adapters, "
        "the base model."
    )


def test_a_job_without_floors_stands_against_nothing() -> None:
    found = _estimate(0.5)
    for preparation in (None, Preparation(), Preparation((Floor("x", "x", {"loss": 1.0}),))):
        assert compare(found, SPEC, preparation) is None
        assert tell_floors(preparation, SPEC) == []
        assert tell_nothing_beats([found], [found], SPEC, preparation) == []
    assert tell_nothing_beats([], [], SPEC, prepare(0.7)) == []


def test_both_numbers_are_told_whichever_is_better() -> None:
    assert tell_standing(stand(prepare(0.69), 0.56), SPEC) == (
        "accuracy 0.5600 is 0.1300 worse than the 0.6900 of the best baseline without adapters, "
        "logistic regression on frozen features. That is more than the 0.0623 that chance may "
        "give such a difference (standard error 0.0318)."
    )
    assert "0.0100 better" in tell_standing(stand(prepare(0.69), 0.70), SPEC)
    assert "no more than the 0.0595" in tell_standing(stand(prepare(0.69), 0.70), SPEC)
    assert "is that of the best baseline" in tell_standing(stand(prepare(0.7), 0.70), SPEC)
    for quality, words in (
        (0.56, "0.1300 worse than"),
        (0.7, "0.0100 better than"),
        (0.69, "as good as"),
    ):
        assert f"It is {words} that baseline" in tell_verdict(stand(prepare(0.69), quality), SPEC)
    assert tell_floors(prepare(0.69), SPEC) == [
        "floor: accuracy 0.6900 ± 0.0200, logistic regression on frozen features",
        "floor: accuracy 0.6500 ± 0.0200, TF-IDF with logistic regression",
    ]


def test_weights_of_classes_are_advised_where_all_classes_count_alike() -> None:
    def advise(metric: str, **training: object) -> str:
        spec = make_spec(task={"train": "t.csv", "metric": metric}, training=training)
        found = estimate([replace(make_trial(0, 0, 0.5), measurements={metric: 0.5})])
        return tell_nothing_beats([found], [found], spec, _prepared(metric))[1]

    told = 'has a result); training.class_weights = "balanced", since macro F1 counts rare classes'
    assert told in advise("f1_macro")
    assert "class_weights" in advise("balanced_accuracy")
    assert "class_weights" not in advise("accuracy")
    assert "class_weights" not in advise("f1_macro", class_weights="balanced")
    assert "class_weights" not in advise("f1_macro", logit_adjustment=1.0)


def _prepared(metric: str) -> Preparation:
    return Preparation((Floor("features", "regression", {metric: 0.9}),))


def _tell(floor: float, *trials: tuple[int, float]) -> list[str]:
    tried = estimate_each(
        make_trial(i, rank, accuracy) for i, (rank, accuracy) in enumerate(trials)
    )
    return tell_nothing_beats(tried, tried, SPEC, prepare(floor))


def test_it_is_said_where_nothing_beats_the_floor() -> None:
    assert _tell(0.67, (0, 0.6), (1, 0.75)) == []
    below, tries = _tell(0.85, (0, 0.60), (1, 0.75), (8, 0.7))
    assert below.startswith(
        "Nothing here beats the floor by more than noise, by the validation rows: the best, "
        "accuracy 0.7500, is 0.1000 worse than the 0.8500 of logistic regression on frozen "
        "features"
    )
    assert tries == (
        "Try more trials (3 of 10 have a result); more training rows in task.train; longer "
        "training (training.epochs follows the rows); another model.path; a wider space."
    )


def test_before_any_adapter_has_a_result_the_floor_is_not_said_to_hold_against_them() -> None:
    told = "No adapter has a result, only the linear probe. Nothing here beats the floor"
    assert _tell(0.80, (0, 0.80))[0].startswith(told)
    assert "No adapter" not in _tell(0.80, (0, 0.80), (8, 0.70))[0]


def test_looser_bounds_are_advised_where_there_are_bounds_and_a_longer_list_of_a_list() -> None:
    def advise(**sections: Any) -> str:
        tried = estimate_each([make_trial(0, 1, 0.5)])
        return tell_nothing_beats(tried, tried, make_spec(**sections), prepare(0.8))[1]

    assert "bounds" not in advise()
    assert "a wider space or looser bounds" in advise(objectives={"bounds": ["size <= 1 MB"]})
    listed = make_trial(0, 1, 0.5).configuration.to_json()
    assert "more configurations in the list." in advise(space={"configurations": [listed]})


def test_advice_names_what_the_job_says() -> None:
    tried = estimate_each([make_trial(0, 1, 0.5)])
    spec = make_spec(training={"epochs": 2})
    spec = spec.model_copy(update={"task": spec.task.model_copy(update={"train_rows": 500})})
    told = tell_nothing_beats(tried, tried, spec, prepare(0.8))[1]
    assert (
        "more training rows (task.train_rows is 500); longer training (training.epochs is 2)"
        in told
    )


def test_nothing_is_advised_against_a_perfect_floor() -> None:
    told = _tell(1.0, (0, 1.0), (1, 0.75))
    assert told[0].startswith("Nothing can beat the floor: accuracy 1.0000 ± 0.0200, logistic")
    assert "label" in told[1] and "Try" not in told[1]


def test_what_the_records_suggest_stands_first() -> None:
    _, tries = _tell(0.80, (0, 0.60), (1, 0.70), (8, 0.81))
    assert tries.startswith(
        "Try more trials (3 of 10 have a result); a wider space, since the best is among the "
        "dearest tried; more validation rows than 400 (task.validation_fraction), to tell gains "
        "from noise; more training rows in task.train;"
    )
    for rank in (0, 8):  # the only one is the dearest, whatever it costs
        told = _tell(0.80, (rank, 0.60))[1]
        assert told.startswith("Try more trials (1 of 10 has a result); more training rows in")


def test_more_trials_come_first_of_few_later_of_many_and_never_without_hope() -> None:
    def advise(count: int, hopeful: bool = True) -> str:
        tried = estimate_each(make_trial(i, i, 0.5 - i / 1000) for i in range(1, count + 1))
        return tell_nothing_beats(tried, tried, SPEC, prepare(0.8), hopeful)[1]

    assert advise(10).startswith("Try more trials than 10 (budget.trials); ")
    late = advise(40)
    assert late.index("another model.path") < late.index("more trials than 40 (budget.trials)")
    assert "more trials" not in advise(10, False) + advise(40, False)


def test_the_floor_and_the_probe_are_told_apart_where_both_are() -> None:
    floor = Floor("features", "logistic regression on frozen features", {"accuracy": 0.8})
    (told,) = tell_apart(Preparation((floor,), head=HeadChoice("mean", "probe")), SPEC)
    assert told == (
        "frozen features and the linear probe are two things: the floor is a regression fitted to "
        "the training rows at once; the linear probe, which trial 0 usually is, trains the head "
        "alone as all trials are trained, from that regression on"
    )
    (random,) = tell_apart(Preparation((floor,), head=HeadChoice("mean", "random")), SPEC)
    assert random.endswith("as all trials are trained")
    for details in ({"evened": "quality"}, {"pooling": "first"}):
        other = replace(floor, details=details)
        (told,) = tell_apart(Preparation((other,), head=HeadChoice("mean", "probe")), SPEC)
        assert told.endswith("are trained, from another such regression on")
    words = Floor("tfidf", "TF-IDF", {"accuracy": 0.8})
    assert tell_apart(Preparation((words,)), SPEC) == tell_apart(None, SPEC) == []


def test_a_mean_is_told_with_the_trials_that_it_is_of() -> None:
    told = tell_standing(stand(prepare(0.5), 0.9455, 0.9211), SPEC)
    assert told.startswith("accuracy 0.9333 (mean of trials 0, 1) is ")
    assert "mean of" not in tell_standing(stand(prepare(0.5), 0.9455), SPEC)
