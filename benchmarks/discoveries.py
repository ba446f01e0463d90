"""How many claims of `confirm --front` are false, on simulated fronts.

Ten configurations against a floor without seeds and against a LoRA with three, all simulated as in
`benchmarks/coverage.py`: some are as good as both, the others .02 better. False discovery rate is
the mean share of false ones among the claims, power the share of true differences that are
claimed; beside it the share of false claims if each were judged by its own 95 % interval.

Usage: python -m benchmarks.discoveries [--sims 1000]
A few minutes on one core.
"""

import argparse
from itertools import product

import numpy as np

from benchmarks.coverage import LEFT, RIGHT, Case, Reals, answer, draw_labels
from peftsearch.results.confirmations.confirmation import Arm
from peftsearch.results.confirmations.front_confirmation import claim_together, compare_front
from peftsearch.results.confirmations.spending import ERROR

MEMBERS = 10
_ARM = Arm("simulated", None, ())


def confirm_front(draw: np.random.Generator, case: Case, better: int) -> tuple[Reals, Reals]:
    """One simulated front, of which the first `better` are so.

    Returns:
        Whether each difference is claimed, and whether its own interval excludes 0, `m x 2`.
    """
    truth = draw_labels(draw, case.rows)
    hard, judge = draw.normal(size=case.rows), case.judge.on(truth, truth)

    def values(quality: float, seeds: int) -> Reals:
        return judge.layout(list(answer(draw, case, truth, hard, quality, seeds).T), truth)

    beside = [values(RIGHT, 1), values(RIGHT, case.seeds)]
    members = [values(LEFT if i < better else RIGHT, case.seeds) for i in range(MEMBERS)]
    told = compare_front(judge, members, [beside] * MEMBERS, 1 - ERROR)
    found = [[(_ARM, x) for x in row] for row in told]
    claims = claim_together(found, case.metric, ERROR)
    judged = [[(x.claim != 0, x.difference.resolved) for x in row] for row in claims]
    both = np.array(judged, dtype=float)
    return both[..., 0], both[..., 1]


def measure(case: Case, better: int, sims: int) -> tuple[float, float, float]:
    """False discovery rate, power, and the rate if each interval stood for itself."""
    draw, shares = np.random.default_rng(0), []
    for _ in range(sims):
        claimed, alone = confirm_front(draw, case, better)
        false = [x[better:].sum() / max(x.sum(), 1) for x in (claimed, alone)]
        shares.append((false[0], claimed[:better].mean() if better else np.nan, false[1]))
    rate, power, own = np.mean(shares, axis=0)
    return float(rate), float(power), float(own)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--sims", type=int, default=1000)
    sims = parser.parse_args().sims
    print("| rows | sd of seeds | truly better | false discovery rate | power | each alone |")
    print("|---|---|---|---|---|---|")
    for rows, spread, better in product((150, 500, 1500), (0.005, 0.03), (0, 5)):
        rate, power, own = measure(Case("accuracy", rows, 3, spread), better, sims)
        told = f"{power:.2f}" if better else "–"
        print(
            f"| {rows:,} | {spread:g} | {better} of 10 | {rate:.3f} | {told} | {own:.3f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
