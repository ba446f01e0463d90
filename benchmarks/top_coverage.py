"""How often one arm's own interval holds where few test rows are answered wrong, or none.

Rows and answers are drawn as `benchmarks.coverage` draws them, by arms of which 97 or 99 of 100
answers are right. Beside the interval that is told stands the one by the rows alone, which is of
width 0 where all rows are answered alike.

Usage: python -m benchmarks.top_coverage [--sims 1500]
About four minutes on one core.
"""

import argparse
from dataclasses import replace

import numpy as np

from benchmarks.coverage import Case, answer, draw_labels

ROWS, QUALITIES = (30, 60, 150, 600), (0.97, 0.99)
MANY = 400_000
"""Rows by which the true value is found."""


def find_truth(metric: str, quality: float) -> float:
    """The metric of answers of which so many are right."""
    draw, case = np.random.default_rng(9), Case(metric, MANY, 1, 0.0)
    truth = draw_labels(draw, MANY)
    answers = answer(draw, case, truth, draw.normal(size=MANY), quality, 1)
    return case.judge.score(answers[:, 0], truth)


def hold(case: Case, quality: float, sims: int) -> tuple[float, float]:
    """How often the interval by the rows alone holds, and the one that is told."""
    draw, true = np.random.default_rng(1), find_truth(case.metric, quality)
    found = np.zeros(2)
    for _ in range(sims):
        truth = draw_labels(draw, case.rows)
        hard = draw.normal(size=case.rows)
        answers = list(answer(draw, case, truth, hard, quality, case.seeds).T)
        told = case.judge.on(truth, truth)
        for i, judge in enumerate((replace(told, step=0.0), told)):
            interval = judge.interval(judge.layout(answers, truth), case.level)
            found[i] += interval.low <= true <= interval.high
    return float(found[0] / sims), float(found[1] / sims)


def main() -> None:
    """Simulate all and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sims", type=int, default=1500)
    options = parser.parse_args()
    print("| metric | rows | right | by rows alone | told |\n|---|---|---|---|---|")
    for metric in ("f1", "accuracy"):
        for rows in ROWS:
            for quality in QUALITIES:
                alone, told = hold(Case(metric, rows, 3, 0.0), quality, options.sims)
                print(f"| {metric} | {rows} | {quality} | {alone:.3f} | {told:.3f} |", flush=True)


if __name__ == "__main__":
    main()
