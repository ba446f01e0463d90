"""Trainings that have come to nothing are ended, and no others."""

from pathlib import Path

import pytest

from peftsearch.records.trial import FailureKind
from peftsearch.workers.training.collapse import check_progress
from peftsearch.workers.training.trial_failures import Collapsed
from tests.workers.runners import LORA, open_runner

JUMPY = [
    *(0.08, 1.9, 0.98, 0.54, 0.27, 0.66, 0.14, 0.06, 0.08, 0.67, 0.18, 0.19),
    *(0.17, 0.09, 0.11, 0.09, 1.55, 2.39, 1.5, 1.18, 0.02, 1.12, 1.03, 2.66),
    *(1.22, 1.34, 0.11, 0.12, 0.2, 0.59, 0.1, 0.31, 0.1, 0.04, 0.04, 0.03),
]
"""Of a real training, norms at a high rate, that ended at an accuracy of .93 of 1.0."""


def last_step(losses: list[float], constant: float | None = 0.69) -> int | None:
    """After how many steps a training with these losses is ended; None where it is not."""
    for done in range(1, len(losses) + 1):
        try:
            check_progress(losses[:done], len(losses), constant)
        except Collapsed as collapse:
            assert collapse.kind is FailureKind.COLLAPSED
            return done
    return None


@pytest.mark.parametrize(
    ("losses", "expected"),
    [
        ([0.7] * 100, None),  # as good as a constant answer: a cheap adapter may be no better
        ([5.0] * 100, 50),
        ([5.0] * 35 + [0.5] * 65, None),  # it may recover in the first half
        ([0.5] * 70 + [9.0] * 30, 78),
        ([0.5, 9.0] * 5 + [0.5] * 90, None),
        ([5.0] * 19, None),  # too few to tell
        ([0.1, 9.0] * 50, None),  # it jumps, and is good between
        (JUMPY, None),
    ],
)
def test_only_what_is_far_above_a_constant_answer_ends(
    losses: list[float], expected: int | None
) -> None:
    assert last_step(losses) == expected


def test_without_a_constant_answer_the_beginning_counts() -> None:
    assert last_step([3.0] * 50 + [5.0] * 50, None) is None
    assert last_step([3.0] * 50 + [7.0] * 50, None) == 58


def test_a_watched_trial_that_collapses_fails_and_others_are_trained_to_the_end(
    tmp_path: Path, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    runner = open_runner(tmp_path, folders["bert"], epochs=3, checkpoints=1)
    work = "peftsearch.workers.kinds.work.Work.constant_loss"
    monkeypatch.setattr(work, lambda self, labels: 1e-9)  # so that any training is far above
    with pytest.raises(Collapsed, match="twice that of a constant answer"):
        runner.evaluate(LORA, 1, watched=True)
    assert runner.evaluate(LORA, 1).measurements["loss"] > 0
    training = runner.spec.training.model_copy(update={"stop_collapsed": False})
    runner.spec = runner.spec.model_copy(update={"training": training})
    assert runner.evaluate(LORA, 1, watched=True).measurements["loss"] > 0
