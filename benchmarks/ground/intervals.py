"""Whether what a job expects of its configurations holds: coverage, and the winner's curse.

Searches are answered at once, on the made-up tasks (`upper`, `shifted`), where the truth is exact,
and on recorded grids by their folders. After 15, 25 and 40 trainings the expectations
(`search.expectations`) of configurations near the front are held against their truths:

- `worth`: of made-up tasks the true quality. Of a grid the score on the test rows, less the mean
  difference of all configurations' test and validation scores; its variance is that between seeds
  plus half of the variance of those differences, which two splits make.
- `again`: what further seeds reach on the same validation rows. Of made-up tasks their exact mean;
  of a grid the mean of the recorded seeds that the search did not see, with the variance between
  seeds, pooled over the grid, over their number. Rows are taken as these seeds', not others.

A truth with a variance is covered where it lies within the interval of the truth's and the
expectation's variances together. Every search is one line of `--out`; what is there is not run
again. Usage: python -m benchmarks.ground.intervals upper,shifted,FOLDER --draws 20
"""

import argparse
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from scipy.special import stdtrit
from threadpoolctl import threadpool_limits

from peftsearch.records.estimates import estimate_each
from peftsearch.records.trial import Trial
from peftsearch.search.expectations import expect
from peftsearch.search.goals.observations import find_front, observe
from peftsearch.search.subset import rank
from tests.json_lines import Row, add, read

from .held_out import WAYS, Ground, count_answers, open_ground, repeat_recorded

LOOKS = (15, 25, 40)
NEAR = 3
"""Fronts, peeled off one after another, that count as near."""
SHOWN = ("80 %", "95 %", "80 % on front", "95 % on front", "best raw", "best expected")


def look(ground: Ground, trials: Sequence[Trial]) -> Row:
    """Expectations near the front beside their truths, and the best by its raw mean."""
    spec = ground.problem.spec
    expected = expect(spec, trials, ground.problem.preparation)
    known = [x for x in observe(spec, trials) if x.qualities]
    front = {x.configuration.key for x in find_front(known)}
    near = [x for x, layer in zip(known, rank(known), strict=True) if layer < NEAR]
    rows = [
        {
            "raw": x.quality,
            "mean": expected[x.configuration.key].mean,
            "deviation": expected[x.configuration.key].deviation,
            "front": x.configuration.key in front,
            "truths": {
                name: [truth.value, truth.variance]
                for name, truth in ground.truths(x.configuration, trials).items()
            },
        }
        for x in near
        if x.configuration.key in expected
    ]
    freedom = next((x.freedom for x in expected.values()), 0.0)
    repeats = len(trials) - len(estimate_each(trials))
    return {"trials": len(trials), "freedom": freedom, "repeats": repeats, "rows": rows}


def run(name: str, way: str, draw: int) -> Row:
    """One search, looked at on its way."""
    ground = open_ground(name, draw)
    budget = min(LOOKS[-1], count_answers(ground.problem))
    trials = WAYS[way](ground, draw, budget)
    looks = {
        str(n): look(ground, repeat_recorded(ground, trials[:n], draw))
        for n in LOOKS
        if n <= budget
    }
    return {"problem": ground.problem.name, "way": way, "draw": draw, "looks": looks}


def tell(lines: Sequence[Row]) -> Iterator[str]:
    """A table: for each problem, way, number of trainings and truth."""
    head = ("problem", "search", "trainings", "repeats", "told", "truth", "points", *SHOWN)
    yield f"| {' | '.join(head)} |"
    yield "|---" * len(head) + "|"
    for problem, way in dict.fromkeys((x["problem"], x["way"]) for x in lines):
        mine = [x for x in lines if (x["problem"], x["way"]) == (problem, way)]
        for n in map(str, LOOKS):
            looks = [x["looks"][n] for x in mine if x["looks"].get(n, {}).get("rows")]
            for truth in ("worth", "again"):
                if looks:
                    yield f"| {problem} | {way} | {n} | {_line(looks, truth, len(mine))} |"


def _line(looks: Sequence[Row], truth: str, draws: int) -> str:
    points = [(look, x) for look in looks for x in look["rows"] if truth in x["truths"]]
    front = [(look, x) for look, x in points if x["front"]]
    bests = [max(look["rows"], key=lambda x: x["raw"]) for look in looks]
    bests = [x for x in bests if truth in x["truths"]]
    shares = [_covered(some, truth, p) for some in (points, front) for p in (0.8, 0.95)]
    cells = [
        f"{np.mean([x['repeats'] for x in looks]):.1f}",
        f"{len(looks)} of {draws}",
        truth,
        f"{len(points)}",
        *(f"{x:.2f}" for x in shares),
        *(_excess(bests, truth, name) for name in ("raw", "mean")),
    ]
    return " | ".join(cells)


def _covered(points: Sequence[tuple[Row, Row]], truth: str, share: float) -> float:
    held = []
    for look, x in points:
        value, variance = x["truths"][truth]
        reach = stdtrit(look["freedom"], 0.5 + share / 2) * math.hypot(
            x["deviation"], math.sqrt(variance)
        )
        held.append(abs(x["mean"] - value) <= reach)
    return float(np.mean(held)) if held else math.nan


def _excess(bests: Sequence[Row], truth: str, name: str) -> str:
    """Mean and its standard error."""
    found = [x[name] - x["truths"][truth][0] for x in bests]
    if not found:
        return ""
    error = np.std(found, ddof=1) / math.sqrt(len(found)) if len(found) > 1 else math.nan
    return f"{np.mean(found):+.4f} ± {error:.4f}"


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("problems", help="names of made-up tasks and folders of grids, by commas")
    parser.add_argument("--ways", default=",".join(WAYS))
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first draw")
    parser.add_argument("--out", type=Path, default=Path("intervals.jsonl"))
    options = parser.parse_args()
    with threadpool_limits(1):
        for name in options.problems.split(","):
            for way in options.ways.split(","):
                for draw in range(options.first, options.first + options.draws):
                    done = {(x["problem"], x["way"], x["draw"]) for x in read(options.out)}
                    if (Path(name).name, way, draw) not in done:
                        add(options.out, run(name, way, draw))
    print("\n".join(tell(read(options.out))))


if __name__ == "__main__":
    main()
