"""What recorded trainings say about fine-tuning: which choice moves the quality, and how far a
sweep of LoRA is from the front of the whole space.

Usage: python -m benchmarks.findings.run [--pairs tweets,amazon]
It writes `figures.json` beside it, docs/findings.md, and docs/images/ground-PAIR.png.

**Shares of variance.** Boosted trees learn quality from `columns` on nine tenths of the
configurations and are asked about the last tenth; a choice matters by what the answers lose when
its columns are those of other configurations (all of its columns together). A share is of the
variance between trainings, the seeds' own among them; what the trees do not learn from so few
trainings is not explained. Choices that go with each other share what they explain: shares need
not add up.

**The sweep.** Uniform LoRA of the list `sweep.jsonl`. Of it, and of all that was recorded, the
front is chosen on validation scores and valued by those of the test split, so that the best of
many lucky ones gains nothing. As a share of the whole's hypervolume, beside as many configurations
drawn at random.

**What carries over.** See `alike`.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.ground.lined import read_lists, read_pair
from benchmarks.ground.record import HERE, find_key
from benchmarks.ground.tell import read_all

from .alike import compare
from .fronts import Grid, compare_sweep
from .page import write_page
from .picture import draw_findings
from .variance import shares

SPREAD = "tweets"
"""The list of configurations by the sequence: without sweep and recipes, which are no even spread
over the space."""
LEAST = 40
"""Configurations of the sequence that a pair's own section takes."""
FIGURES, DOCS = Path("benchmarks/findings/figures.json"), Path("docs")


def main() -> None:
    """Write figures, pictures and the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", default="tweets,amazon,shallow-tweets,digits")
    parser.add_argument("--quality", default="accuracy")
    options = parser.parse_args()
    told: dict[str, Any] = {}
    for pair in options.pairs.split(","):
        grid = Grid(HERE / pair)
        anatomy = grid.problem.spec.anatomy
        listed = {find_key(json.loads(x), anatomy) for x in read_lists([SPREAD])}
        spread = [x for x in read_all(HERE / pair) if x["key"] in listed]
        if len({x["key"] for x in spread}) < LEAST:
            continue
        variance = shares(spread, f"{options.quality}_at_end", anatomy.layers)
        told[pair] = {"variance": variance, "sweep": compare_sweep(grid)}
        draw_findings(grid, variance, DOCS / "images" / f"ground-{pair}.png")
    alike = compare(list(map(read_pair, options.pairs.split(","))))
    FIGURES.write_text(json.dumps(told | {"alike": alike}, indent=1) + "\n")
    (DOCS / "findings.md").write_text(write_page(told, alike))


if __name__ == "__main__":
    main()
