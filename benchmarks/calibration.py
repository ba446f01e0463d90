"""How often the lower bounds of a precision hold, and how large the bias of ECE is on few rows.

    python -m benchmarks.calibration

Simulated: probabilities are right of a class as often as they say, but for the temperature that
they were divided by; thresholds are chosen on some rows and looked at on 100,000 others.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from peftsearch.results.calibrations.calibration import calibrate, calibration_error
from peftsearch.results.calibrations.thresholds import choose_threshold

REPEATS = 400
MANY = 100_000
SPREAD = 1.5
"""Of the outputs of a calibrated model: four rows in five are answered right."""


def sample(
    rows: int, temperature: float, draw: np.random.Generator, classes: int = 2
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Outputs of a model that is calibrated once divided by the temperature, and labels."""
    true = draw.normal(0, SPREAD, (rows, classes))
    labels = (softmax(true, axis=1).cumsum(1) < draw.random((rows, 1))).sum(1)
    return true * temperature, np.minimum(labels, classes - 1)


def bound(rows: int, wished: float) -> str:
    """A line of the table of thresholds."""
    draw = np.random.default_rng(1)
    outputs, labels = sample(MANY, 1.0, draw)
    others, truth = softmax(outputs, axis=1)[:, 1], labels == 1
    reached, broken, short, recalls, naive = 0, 0, 0, [], []
    for _ in range(REPEATS):
        outputs, labels = sample(rows, 1.0, draw)
        scores, members = softmax(outputs, axis=1)[:, 1], labels == 1
        found = choose_threshold("yes", scores, members, wished)
        if found.value is not None and found.found is not None:
            reached += 1
            precision = truth[others >= found.value].mean()
            broken += precision < found.found.lower
            short += precision < wished
            recalls.append(truth[others >= found.value].sum() / truth.sum())
        naive.append(_naive(scores, members, wished))
    missed = [truth[others >= x].mean() < wished for x in naive if x is not None]
    recall = f"{np.mean(recalls):.3f}" if recalls else "-"
    shares = [f"{x / REPEATS:.3f}" for x in (reached, broken, short)]
    cells = (rows, wished, *shares, recall, f"{np.mean(missed):.3f}")
    return "| " + " | ".join(map(str, cells)) + " |"


def _naive(scores: NDArray[np.float64], members: NDArray[np.bool_], wished: float) -> float | None:
    """The lowest threshold whose precision on these very rows is as wished."""
    order = np.argsort(-scores)
    precisions = members[order].cumsum() / np.arange(1, len(scores) + 1)
    able = np.flatnonzero(precisions >= wished)
    return float(scores[order[able[-1]]]) if len(able) else None


def bias(rows: int, temperature: float) -> str:
    """A line of the table of ECE."""
    draw = np.random.default_rng(2)
    true = calibration_error(*sample(MANY, temperature, draw, 3)).value
    found = [calibrate(*sample(rows, temperature, draw, 3)) for _ in range(REPEATS // 2)]
    known = [x for x in found if x is not None]
    rest = []
    for x in known[:20]:
        outputs, labels = sample(MANY // 10, temperature, draw, 3)
        rest.append(calibration_error(outputs / x.temperature, labels).value)
    columns = [
        [x.before.value for x in known],
        [x.before.chance for x in known],
        [x.after.value for x in known],
        [x.after.chance for x in known],
        rest,
    ]
    told = [f"{np.mean(x):.3f}" for x in columns]
    fitted = [x.temperature for x in known]
    spread = f"{np.mean(fitted):.2f} ± {np.std(fitted):.2f}"
    return "| " + " | ".join([f"{rows}", f"{temperature:g}", f"{true:.3f}", *told, spread]) + " |"


def main() -> None:
    """Both tables."""
    names = ("reached", "bound too high", "precision too low", "recall", "lowest of all too low")
    print("| rows | wished | " + " | ".join(names) + " |")
    print("|" + "---|" * (len(names) + 2))
    for rows in (200, 500, 2000):
        for wished in (0.8, 0.9):
            print(bound(rows, wished), flush=True)
    print()
    print(
        "| rows | T | true ECE | ECE | by chance | cross-fitted | by chance | its truth "
        "| fitted T |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for rows in (200, 1000):
        for temperature in (1.0, 2.0):
            print(bias(rows, temperature), flush=True)


if __name__ == "__main__":
    main()
