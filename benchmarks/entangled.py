"""Computing particles again beside sending them, for trees grown by several workers.

Usage: python -m benchmarks.entangled [--out benchmarks/entangled.json]

One tree is grown on 200 points in 30 columns by 64 particles over 30 generations, resampled at
each, on 1, 2, 4 and 8 workers. Told are the steps that workers make beyond those of one worker and
their seconds; and what the alternative would be: the particles that change workers, their pickled
bytes and the seconds of writing and reading them, all in one process, without a network, which
would add to the second alone. Beside them, the bytes of the weights, which are all that is sent.
"""

import argparse
import json
import pickle
import time
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from peftsearch.search.entangled.maps import Plan, Weights
from peftsearch.search.entangled.replica import News, Replica
from peftsearch.search.tessellation.growth import Growth, Tree
from peftsearch.search.tessellation.leaves import GaussianLeaves
from peftsearch.search.tessellation.normals import Normals

POINTS, COLUMNS, GENERATIONS = 200, 30, 30
PLAN = Plan((0, 0), 64)


def make_growth() -> Growth:
    """On points of which two columns matter."""
    rng = np.random.default_rng(0)
    x = rng.random((POINTS, COLUMNS))
    y = np.sin(3 * x[:, 0] + x[:, 1]) + 0.1 * rng.standard_normal(POINTS)
    standard = (y - y.mean()) / y.std()
    leaves = GaussianLeaves(standard, np.ones(POINTS), 10.0, 0.5, 0.1)
    return Growth(x, leaves, Normals(np.ones(COLUMNS), False), 50, np.inf)


def measure(workers: int) -> dict[str, Any]:
    """A run on so many workers, one after the other."""
    replicas = [Replica[Tree](make_growth(), PLAN, i) for i in range(workers)]
    weights, gains = Weights(PLAN), None
    owners = np.arange(PLAN.particles) * workers // PLAN.particles
    moved, sent, written, seconds = 0, 0, 0, 0.0
    for generation in range(GENERATIONS):
        if gains is not None:
            weights.gain(gains)
        parents = weights.resample(generation)
        news = News(tuple(range(workers)), gains)
        sent += len(pickle.dumps(news)) * workers
        began = time.process_time()
        answers = [x.advance(news) for x in replicas]
        seconds += time.process_time() - began
        gains, before, owners = np.empty(PLAN.particles), owners, np.empty(PLAN.particles, int)
        for worker, (slots, found) in enumerate(answers):
            gains[slots], owners[slots] = found, worker
        new = np.flatnonzero(owners != before[parents]) if generation else []
        moved += len(new)
        written += sum(_write(replicas[int(owners[i])].state(int(i)))[0] for i in new)
    steps = sum(x.steps for x in replicas)
    size, once = _write(replicas[int(owners[0])].state(0))
    return {
        "workers": workers,
        "steps": steps,
        "seconds": seconds,
        "moved": moved,
        "bytes_of_particles": written,
        "bytes_of_last_particle": size,
        "seconds_of_writing": moved * once,
        "bytes_of_weights": sent,
    }


def _write(tree: Tree) -> tuple[int, float]:
    """Bytes of a particle, and seconds of writing and reading it."""
    began = time.process_time()
    text = pickle.dumps(tree)
    pickle.loads(text)
    return len(text), time.process_time() - began


def tell(rows: list[dict[str, Any]]) -> str:
    """A table."""
    base = rows[0]
    lines = [
        "| workers | steps | CPU s of all | of one worker | particles that move | their MB "
        "| CPU s to write and read them | KB of weights |"
    ]
    lines.append("|---" * 8 + "|")
    for x in rows:
        lines.append(
            f"| {x['workers']} | {x['steps'] / base['steps']:.2f}x "
            f"| {x['seconds']:.1f} | {x['seconds'] / base['seconds']:.2f}x | {x['moved']} "
            f"| {x['bytes_of_particles'] / 1e6:.1f} | {x['seconds_of_writing']:.2f} "
            f"| {x['bytes_of_weights'] / 1e3:.0f} |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure, write and tell."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/entangled.json"))
    options = parser.parse_args()
    with threadpool_limits(1):
        rows = [measure(workers) for workers in (1, 2, 4, 8)]
    options.out.write_text(json.dumps(rows, indent=1) + "\n")
    print(tell(rows))


if __name__ == "__main__":
    main()
