"""From how many trials on the importance of parameters can be trusted, by simulated jobs.

Seven parameters are drawn as a search's first points are. The learning rate decides the quality,
the size adds a little; to what they decide noise is added, as large as a share of its standard
deviation. Told is how often the rate stands first, and which share the first has where nothing
decides anything.

Usage: python -m benchmarks.importance [--jobs 150]
"""

import argparse
import math
from collections.abc import Sequence

import numpy as np

from peftsearch.insight.importance import Row, importance

TRIALS = (8, 12, 16, 24, 32, 50, 100, 200)
NOISES = (0.3, 1.0)


def draw_rows(trials: int, draw: np.random.Generator) -> list[Row]:
    """Parameters of so many trials."""
    return [
        {
            "learning_rate": float(10 ** draw.uniform(-4, -2)),
            "largest_capacity": int(2 ** draw.integers(0, 7)),
            "adapted_layers": int(draw.integers(7)),
            "width": int(draw.integers(900)),
            "share": float(draw.uniform()),
            "techniques": f"technique {draw.integers(4)}",
            "input": f"input {draw.integers(3)}",
        }
        for _ in range(trials)
    ]


def decide(row: Row) -> float:
    """Quality without noise: best at a rate of 1e-3, a little better with size."""
    rate, size = float(row["learning_rate"]), float(row["largest_capacity"])
    return -abs(math.log10(rate) + 3) + 0.04 * math.log2(size + 1)


def simulate(trials: int, noise: float, jobs: int) -> tuple[float, float]:
    """Share of jobs in which the rate stands first, and the mean share of what stands first where
    quality is noise alone.

    Args:
        noise: Standard deviation, by that of what the parameters decide.
    """
    first, alone = [], []
    for job in range(jobs):
        draw = np.random.default_rng((trials, job))
        rows = draw_rows(trials, draw)
        known = np.array([decide(x) for x in rows])
        seen = known + noise * known.std() * draw.normal(size=trials)
        first.append(importance(rows, seen.tolist())[0][0] == "learning_rate")
        alone.append(importance(rows, draw.normal(size=trials).tolist())[0][1])
    return float(np.mean(first)), float(np.mean(alone))


def tell(trials: Sequence[int], jobs: int) -> list[str]:
    """The table in Markdown."""
    heads = "".join(f" rate first, noise {x:g} |" for x in NOISES)
    lines = [f"| trials |{heads} share of the first where nothing matters |", "| ---: " * 4 + "|"]
    for number in trials:
        found = [simulate(number, noise, jobs) for noise in NOISES]
        firsts = " | ".join(f"{first:.2f}" for first, _ in found)
        lines.append(f"| {number} | {firsts} | {found[0][1]:.2f} |")
    return lines


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=150)
    print("\n".join(tell(TRIALS, parser.parse_args().jobs)))


if __name__ == "__main__":
    main()
