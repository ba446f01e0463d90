"""How often the intervals of `confirm` hold, on simulated confirmations.

A row of the test split has a difficulty that both arms share, one that the seeds of an arm share,
and luck; their sum is a standard normal number z. An arm of true accuracy p is right where z is
below the quantile of p, and each seed moves p by a normal error of its own. So accuracies are
exact, and answers of two seeds and of two arms agree by what they share. Correlations are made of
the same z. The right arm has seeds too, or is a floor without.

Usage: python -m benchmarks.coverage [--sims 4000] [--json coverage.json]
About a quarter of an hour on one core.
"""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri
from scipy.stats import binomtest

from peftsearch.results.comparisons.differences import Components, Difference
from peftsearch.results.confirmations.arm_values import Judge
from peftsearch.results.confirmations.plan import Plan
from peftsearch.results.confirmations.spending import spend

LEFT, RIGHT, POSITIVE = 0.87, 0.85, 0.3
"""True qualities of the arms, and the share of rows of the class that F1 is of."""
SHARED, OWN = 0.7, 0.15
"""Of the variance of z: what both arms share, and what an arm's seeds share beside it."""
KINDS = {"accuracy": "classification", "f1": "classification", "pearson": "regression"}
Draw = np.random.Generator
Reals = NDArray[np.float64]


@dataclass(frozen=True)
class Case:
    """A kind of confirmation.

    Attributes:
        spread: Standard deviation of a seed's error.
        floor: Whether the right arm is one without seeds.
        reading: Of the test split, which sets the level.
        width: That seeds are added for, beginning with `seeds`, up to ten; None adds none.
    """

    metric: str
    rows: int
    seeds: int
    spread: float
    floor: bool = False
    reading: int = 1
    width: float | None = None

    @property
    def level(self) -> float:
        """Of its intervals."""
        return 1 - spend(self.reading)

    @property
    def judge(self) -> Judge:
        """Of its metric."""
        kind = KINDS[self.metric]
        return Judge(self.metric, kind, 0 if kind == "regression" else 2)

    @property
    def truth(self) -> float:
        """The true difference: of F1 by quadrature over the seeds' errors."""
        if self.metric != "f1":
            return LEFT - RIGHT
        points, weights = np.polynomial.hermite_e.hermegauss(40)
        left, right = (
            float(weights @ f1_of(x + spread * points) / weights.sum())
            for x, spread in ((LEFT, self.spread), (RIGHT, 0.0 if self.floor else self.spread))
        )
        return left - right


def draw_labels(draw: Draw, rows: int) -> Reals:
    """References of two classes, `n`."""
    return (draw.normal(size=rows) < ndtri(POSITIVE)).astype(float)


def f1_of(share: Reals) -> Reals:
    """F1 where that share of either class is right."""
    right = 2 * POSITIVE * share
    return right / (right + 1 - share)


def answer(draw: Draw, case: Case, truth: Reals, hard: Reals, quality: float, seeds: int) -> Reals:
    """Predictions of one arm, `n x s`.

    Args:
        truth: The references, `n`.
        hard: What both arms share of z, `n`.
        quality: Of the arm.
        seeds: How many; of a floor one that has no error.
    """
    spread = 0.0 if seeds == 1 else case.spread
    qualities = np.clip(quality + spread * draw.normal(size=seeds), 1e-3, 1 - 1e-3)
    own = np.sqrt(OWN) * draw.normal(size=(case.rows, 1))
    luck = np.sqrt(1 - SHARED - OWN) * draw.normal(size=(case.rows, seeds))
    z = np.sqrt(SHARED) * hard[:, None] + own + luck
    if case.metric == "pearson":
        return qualities * truth[:, None] + np.sqrt(1 - qualities**2) * z
    return np.where(z < ndtri(qualities), truth[:, None], 1 - truth[:, None])


def confirm_once(draw: Draw, case: Case) -> Difference:
    """The interval of one simulated confirmation."""
    most = case.seeds if case.width is None else Plan.of(None, case.width).limit
    classes = case.metric != "pearson"
    truth = draw_labels(draw, case.rows) if classes else draw.normal(size=case.rows)
    hard, judge = draw.normal(size=case.rows), case.judge.on(truth, truth)
    arms = (LEFT, most), (RIGHT, 1 if case.floor else most)
    left, right = (
        judge.layout(list(answer(draw, case, truth, hard, *arm).T), truth) for arm in arms
    )
    for seeds in range(case.seeds, most + 1):
        parts: Components = judge.compare(left[:, :seeds], right[:, :seeds])
        found = parts.interval(case.level)
        if case.width is None or found.width <= case.width:
            break
    return found


def hold(case: Case, sims: int) -> dict[str, float]:
    """How often intervals hold the truth, with a 95 % interval, and how wide they are."""
    draw, truth = np.random.default_rng(0), case.truth
    found = [confirm_once(draw, case) for _ in range(sims)]
    count = sum(x.low <= truth <= x.high for x in found)
    ends = binomtest(count, sims).proportion_ci(method="wilson")
    width = float(np.mean([x.width for x in found]))
    return {"held": count / sims, "low": ends.low, "high": ends.high, "width": width}


def cases() -> Iterator[tuple[str, list[Case], float]]:
    """Tables with their cases, and the share of the simulations that each gets."""
    rows, spreads, seeds = (150, 500, 1500), (0.0, 0.005, 0.01, 0.03), (3, 5, 10)
    for floor in (False, True):
        right = "a floor without seeds" if floor else "another trained arm"
        grid = product(rows, seeds, spreads)
        yield f"Accuracy, against {right}", [Case("accuracy", *x, floor=floor) for x in grid], 1.0
    for metric in ("f1", "pearson"):
        grid = product((150, 1500), (3,), (0.0, 0.01, 0.03))
        yield f"{metric}, against another trained arm", [Case(metric, *x) for x in grid], 0.15
    for reading, level in ((2, "97.5 %"), (3, "99.17 %")):
        later = [Case("accuracy", 500, 3, x, reading=reading) for x in spreads]
        yield f"Accuracy, reading {reading}, intervals at {level}", later, 1.0
    wide = product((500, 1500), (3,), (0.01, 0.03))
    title = "Accuracy, seeds added from 3 up to 10 until the interval is .05 wide"
    yield title, [Case("accuracy", *x, width=0.05) for x in wide], 1.0


def to_page(title: str, results: list[tuple[Case, dict[str, float]]]) -> str:
    """A table in Markdown: a line for rows and seeds, a column for each spread."""
    spreads = sorted({case.spread for case, _ in results})
    lines = [f"{title}\n", f"| rows | seeds | {' | '.join(f'sd {x:g}' for x in spreads)} |"]
    lines.append(f"|{'---|' * (2 + len(spreads))}")
    found = {(x.rows, x.seeds, x.spread): y for x, y in results}
    for rows, seeds in dict.fromkeys(x[:2] for x in found):
        told = [found[rows, seeds, x] for x in spreads]
        cells = " | ".join(f"{x['held']:.3f} ({x['width']:.3f})" for x in told)
        lines.append(f"| {rows:,} | {seeds} | {cells} |")
    return "\n".join([*lines, ""])


def main() -> None:
    """Simulate all, print the tables, and write what they are of where that is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sims", type=int, default=4000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    kept = []
    for title, chosen, share in cases():
        sims = max(1, round(share * options.sims))
        results = [(case, hold(case, sims)) for case in chosen]
        print(to_page(title, results), flush=True)
        kept += [{"table": title, **asdict(x), **y, "sims": sims} for x, y in results]
    if options.json is not None:
        options.json.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
