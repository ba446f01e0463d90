"""Random tessellation forests beside the usual forest, on tables that scikit-learn ships.

Usage: python -m benchmarks.tessellation [--out FILE.jsonl] [--seeds 1]

Of each table 200 rows are learnt and all others predicted: by 100 trees of 30 particles with cuts
in any direction (`uniform`) and along axes (`axis`), by scikit-learn's random forest of 100 trees
and by a line. Told are R2 or accuracy, how much 95 % intervals cover and how wide they are, and
the CPU seconds of a fit in one process, beside those of the random forest in the same run. What is
in `--out` is not run again; `--table` prints it alone.
"""

import argparse
import time
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.datasets import load_breast_cancer, load_diabetes, make_friedman1
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from threadpoolctl import threadpool_limits

from peftsearch.search.tessellation.estimators import (
    TessellationForestClassifier,
    TessellationForestRegressor,
)
from tests.json_lines import Row, add, read

ROWS = 200
Table = tuple[Any, Any]
TABLES: Mapping[str, Callable[[], Table]] = {
    "cancer": lambda: load_breast_cancer(return_X_y=True),
    "diabetes": lambda: load_diabetes(return_X_y=True),
    "friedman": lambda: make_friedman1(700, 30, noise=1.0, random_state=0),
}
"""The first is of classes; the last is made up, thirty columns of which five matter."""


def models(labels: bool, seed: int) -> dict[str, Any]:
    """Fresh ones by name."""
    forest = TessellationForestClassifier if labels else TessellationForestRegressor
    usual = RandomForestClassifier if labels else RandomForestRegressor
    line = LogisticRegression(max_iter=1000) if labels else RidgeCV(np.logspace(-2, 4, 13))
    return {
        "random forest": usual(100, random_state=seed),
        "line": make_pipeline(StandardScaler(), line),
        **{name: forest(normals=name, random_state=seed) for name in ("uniform", "axis")},
    }


def measure(table: str, name: str, seed: int) -> Row:
    """One fit and its predictions."""
    x, y = TABLES[table]()
    labels = table == "cancer"
    train, test, known, truth = train_test_split(x, y, train_size=ROWS, random_state=seed)
    model = models(labels, seed)[name]
    began = time.process_time()
    model.fit(train, known)
    row = {
        "table": table,
        "model": name,
        "seed": seed,
        "seconds": time.process_time() - began,
        "score": model.score(test, truth),
    }
    if isinstance(model, TessellationForestRegressor):
        mean, deviation = model.predict(test, return_std=True)
        half = 1.96 * np.hypot(deviation, model.predict_noise())
        row["covered"] = float(np.mean(np.abs(truth - mean) < half))
        row["width"] = float(np.mean(half) / truth.std())
    return row


def tell(rows: list[Row]) -> str:
    """A table of means over seeds."""
    lines = ["| table | model | fits | score | covered by 95 % | half width | seconds | ratio |"]
    lines.append("|---" * 8 + "|")
    for table, name in dict.fromkeys((x["table"], x["model"]) for x in rows):
        mine = [x for x in rows if (x["table"], x["model"]) == (table, name)]
        base = [x for x in rows if (x["table"], x["model"]) == (table, "random forest")]
        seconds, usual = (np.mean([x["seconds"] for x in y]) for y in (mine, base))
        cells = [f"{np.mean([x['score'] for x in mine]):.3f}"]
        for key in ("covered", "width"):
            known = [x[key] for x in mine if key in x]
            cells.append(f"{np.mean(known):.2f}" if known else "")
        cells += [f"{seconds:.1f}", f"{seconds / usual:.0f}x"]
        lines.append(f"| {table} | {name} | {len(mine)} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/tessellation.jsonl"))
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--table", action="store_true", help="print alone")
    options = parser.parse_args()
    rows = read(options.out)
    done = {(x["table"], x["model"], x["seed"]) for x in rows}
    jobs = product(range(0 if options.table else options.seeds), TABLES, models(True, 0))
    with threadpool_limits(1):
        for seed, table, name in jobs:
            if (table, name, seed) not in done:
                rows.append(measure(table, name, seed))
                add(options.out, rows[-1])
    print(tell(rows))


if __name__ == "__main__":
    main()
