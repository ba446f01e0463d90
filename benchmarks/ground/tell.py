"""What recorded trainings say: how far apart configurations are, against noise, and what a
training shows of its end before it ends.

Usage: python -m benchmarks.ground.tell tweets [--quality accuracy]
"""

import argparse
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.stats import spearmanr

from .record import HERE, LOOKS, read_pieces

Matrix = NDArray[np.float64]
Row = Mapping[str, Any]


def read_all(folder: Path, name: str = "*") -> list[dict[str, Any]]:
    """Trainings of all jobs of a pair, or of those of a name, that came to their end."""
    rows = read_pieces(folder, name)
    return [row for row in rows if row["failure"] is None and row["losses"]]


def column(rows: Sequence[Row], name: str) -> Matrix:
    """`n` numbers."""
    return np.array([row[name] for row in rows], float)


def seed_deviation(rows: Sequence[Row], quality: str) -> tuple[int, float]:
    """Configurations that were trained with several seeds, and the standard deviation between
    seeds, pooled over them."""
    found = defaultdict(list)
    for row in rows:
        found[row["key"]].append(row[quality])
    return pooled_deviation(list(found.values()))


def pooled_deviation(groups: Sequence[Sequence[float]]) -> tuple[int, float]:
    """Groups of more than one number, and the standard deviation within, pooled over them."""
    several = [x for x in groups if len(x) > 1]
    return len(several), float(np.sqrt(np.mean([np.var(x, ddof=1) for x in several] or [np.nan])))


def rank_correlations(rows: Sequence[Row], quality: str) -> dict[str, tuple[float, float]]:
    """Of the quality, and of the loss, at each look with the quality at the end."""
    end = column(rows, f"{quality}_at_end")
    return {
        at: (
            float(spearmanr(column(rows, f"{quality}_{at}"), end).statistic),
            float(spearmanr(-column(rows, f"loss_{at}"), end).statistic),
        )
        for at in LOOKS[:-1]
    }


def kept_less_last(rows: Sequence[Row], name: str) -> tuple[float, float]:
    """Mean and standard error of a measurement of the state of less validation loss, of those at
    two thirds and at the end, less that of the last state."""
    earlier = column(rows, "loss_at_2_3") < column(rows, "loss_at_end")
    gain = column(rows, f"{name}_at_2_3") - column(rows, f"{name}_at_end")
    kept = np.where(earlier, gain, 0.0)
    return float(kept.mean()), float(kept.std(ddof=1) / np.sqrt(len(kept)))


def tell(rows: Sequence[Row], quality: str) -> str:
    """Lines of Markdown."""
    end, test = column(rows, f"{quality}_at_end"), column(rows, f"test_{quality}")
    low, middle, high = np.quantile(end, [0.0, 0.5, 1.0])
    several, deviation = seed_deviation(rows, f"{quality}_at_end")
    lines = [
        f"- {len(rows)} trainings of {len({row['key'] for row in rows})} configurations, "
        f"{column(rows, 'cpu_seconds').mean():.0f} CPU seconds each",
        f"- {quality} on validation rows {low:.3f} to {high:.3f}, median {middle:.3f}; "
        f"on test rows {test.min():.3f} to {test.max():.3f}; correlation of the two "
        f"{np.corrcoef(end, test)[0, 1]:.2f}",
        f"- between seeds of {several} configurations: standard deviation {deviation:.4f}",
    ]
    for at, (scores, losses) in rank_correlations(rows, quality).items():
        share = at.removeprefix("at_").replace("_", "/")
        lines.append(
            f"- rank correlation with the end at {share} of the schedule: {quality} {scores:.2f}, "
            f"validation loss {losses:.2f}"
        )
    for name in (quality, "loss"):
        lines.append(
            "- the state of less validation loss (2/3 or the end) less the last one, "
            "{}: {:+.4f} ± {:.4f}".format(name, *kept_less_last(rows, name))
        )
    return "\n".join(lines)


def main() -> None:
    """Print what a pair's pieces say."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pair")
    parser.add_argument("--quality", default="accuracy")
    options = parser.parse_args()
    print(tell(read_all(HERE / options.pair), options.quality))


if __name__ == "__main__":
    main()
