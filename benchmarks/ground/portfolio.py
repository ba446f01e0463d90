"""The short list of configurations that, tried first, gives most on all recorded pairs.

Usage: python -m benchmarks.ground.portfolio [--pairs tweets,amazon,...] [--write]

Of the lists in `lists/`, those configurations count that every pair has. The portfolio begins with
the linear probe, which each job trains, and takes what raises the mean share of the hypervolume
most, one at a time. A share is of what all these configurations hold together on that pair.

What that is worth is told of data that had no part in it: for each pair the list is learnt from
the pairs with other rows, the front chosen there by validation scores and valued on the test
split, beside the published recipes in their order, a sweep of LoRA, and as many drawn at random.
Last come the lines that all pairs together choose. Searches that begin with a list learnt from
others are what `benchmarks.search.run` measures.

With `--write` these lines, the probe left out, become the list that jobs begin with
(`peftsearch/search/learnt.jsonl`).
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.search.peers.lora_sweep import in_order
from peftsearch.search import learnt_trials

from .lined import Pair, common, read_lists, read_pair

LENGTH, LOOKS, DRAWS = 13, (4, 8, 12), 200
_SHIPPED = Path(learnt_trials.__file__).with_name("learnt.jsonl")


def learn(pairs: Sequence[Pair], lines: Sequence[str], length: int) -> list[str]:
    """The probe, and the best to add, one at a time."""
    chosen = lines[:1]
    while len(chosen) < min(length, len(lines)):
        left = [x for x in lines if x not in chosen]
        worth = [np.mean([p.learnt([*chosen, x], lines) for p in pairs]) for x in left]
        chosen = [*chosen, left[int(np.argmax(worth))]]
    return list(chosen)


def tell(pairs: Sequence[Pair]) -> str:
    """A table of what lists of others hold on each pair."""
    head = [f"{name}, {k}" for name in ("portfolio", "recipes", "sweep", "random") for k in LOOKS]
    rows = ["| pair | " + " | ".join(head) + " |", "|---" * (len(head) + 1) + "|"]
    lines, rng = common(pairs), np.random.default_rng(0)
    recipes = [x for x in read_lists(["recipes"]) if x in lines]
    sweep = [lines[0], *(x for x in in_order(read_lists(["sweep"])) if x in lines)]
    for own in pairs:
        others = [x for x in pairs if x.rows != own.rows]
        learnt = learn(others, lines, LENGTH) if others else []
        ordered = (learnt, recipes, sweep)
        cells = [f"{own.told(x[:k], lines):.3f}" if x else "" for x in ordered for k in LOOKS]
        for k in (x for x in LOOKS if x <= len(lines)):
            drawn = [rng.choice(lines[1:], k - 1, replace=False) for _ in range(DRAWS)]
            shares = [own.told([lines[0], *map(str, x)], lines) for x in drawn]
            cells.append(f"{np.mean(shares):.3f}")
        rows.append(f"| {own.name} | " + " | ".join(cells) + " |")
    return "\n".join(rows)


def main() -> None:
    """Print what a learnt list is worth, and the one that is learnt from all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default="amazon,shallow-tweets")
    parser.add_argument("--write", action="store_true", help="make it the list of jobs")
    options = parser.parse_args()
    pairs = list(map(read_pair, options.pairs.split(",")))
    print(f"{len(common(pairs))} configurations that all pairs have\n\n{tell(pairs)}\n")
    learnt = learn(pairs, common(pairs), LENGTH)
    print("\n".join(learnt))
    if options.write:
        _SHIPPED.write_text("".join(f"{line}\n" for line in learnt[1:]), encoding="utf-8")


if __name__ == "__main__":
    main()
