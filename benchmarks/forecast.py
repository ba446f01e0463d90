"""How often forecasts of a job's time hold, and how wide they are.

    python benchmarks/forecast.py replay      # recorded trainings, seconds
    python benchmarks/forecast.py jobs        # short real jobs by the command line, half an hour
    python benchmarks/forecast.py light       # the six shortest of them, five minutes
    python benchmarks/forecast.py count       # how many of those of `--out` held, of either

`replay` takes 24 trials on end of each table in `benchmarks/ground` that has seconds, and foresees
the rest after the first few. `jobs` runs each job of `JOBS` after its dry run, holds what that
foresaw against the time that the command took, and what was foreseen after the first trials
against the rest.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from statistics import fmean, median
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import tomli_w
from scipy.stats import binomtest

from peftsearch.jobs.time_left import Opened, Standing, foresee_left
from peftsearch.records.pace import Ended, finished_of, learn_pace, pace_of
from peftsearch.records.ranges import Range
from peftsearch.records.trial import Trial
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store

GROUND = Path("benchmarks/ground")
SEEN, WHOLE, DRAWS = (1, 2, 4, 8, 16), 24, 60
_TEXTS = {"train": "demo:data", "max_length": 64, "train_rows": 120, "validation_rows": 120}
_VALENCE = {"kind": "regression", "label": "valence"}
_SHORT = {"epochs": 1}
JOBS: Mapping[str, Mapping[str, Any]] = {
    "short": {"task": _TEXTS, "training": _SHORT, "trials": 6},
    "looks": {"task": _TEXTS, "training": {"epochs": 2, "checkpoints": 4}, "trials": 5},
    "rating": {"task": _TEXTS | _VALENCE, "training": _SHORT, "trials": 6},
    "two workers": {"task": _TEXTS, "training": _SHORT, "trials": 8, "workers": 2},
    "searched": {
        "task": _TEXTS,
        "training": {"epochs": [1, 3], "batch_size": [8, 16]},
        "trials": 6,
    },
    "folds": {"task": _TEXTS | {"folds": 3}, "training": _SHORT, "trials": 4},
    "lora alone": {"task": _TEXTS, "training": _SHORT, "trials": 6, "space": {"preset": "lora"}},
    "methods": {"task": _TEXTS, "training": _SHORT, "trials": 6, "space": {"preset": "methods"}},
    "random": {"task": _TEXTS, "training": _SHORT, "trials": 8, "search": {"sampler": "random"}},
    "more rows": {
        "task": _TEXTS | {"train_rows": 300, "validation_rows": 300},
        "training": _SHORT,
        "trials": 4,
    },
    "long texts": {"task": _TEXTS | {"max_length": 128}, "training": _SHORT, "trials": 5},
    "minutes": {"task": _TEXTS, "training": _SHORT, "hours": 0.012},
    "probe and three": {"task": _TEXTS, "training": {"epochs": 3}, "trials": 4},
}

LIGHT = ("short", "rating", "lora alone", "methods", "minutes", "probe and three")


def read_tables() -> Iterator[tuple[str, Any]]:
    """Seconds and operations of each recorded table with enough rows, `n x 2`, in their order."""
    parts: dict[str, list[Any]] = defaultdict(list)
    for file in sorted(GROUND.glob("**/*.parquet")):
        columns = pq.read_table(file, columns=["seconds", "training_flops"])
        name = re.sub(r"-\d+$", "", file.with_suffix("").relative_to(GROUND).as_posix())
        parts[name].append(np.column_stack([columns[x].to_numpy() for x in columns.column_names]))
    for name, found in parts.items():
        rows = np.concatenate(found)
        rows = rows[np.isfinite(rows).all(axis=1) & (rows > 0).all(axis=1)]
        if len(rows) >= WHOLE:
            yield name, rows


def replay() -> None:
    """Of each table the share of forecasts that held, and of all how wide they were."""
    tables = list(read_tables())
    for seen in SEEN:
        found = {name: list(_replay(rows, seen)) for name, rows in tables}
        held = {name: fmean(known.holds(true) for known, true in x) for name, x in found.items()}
        wide = median(known.high / known.low for x in found.values() for known, _ in x)
        worst = min(held, key=lambda name: held[name])
        print(
            f"after {seen:2} trials: {fmean(held.values()):.1%} held; high / low {wide:.2f}; "
            f"worst {worst} {held[worst]:.0%}"
        )


def _replay(rows: Any, seen: int) -> Iterator[tuple[Range, float]]:
    rng, middle = np.random.default_rng(0), np.median(rows[:, 1])
    for _ in range(DRAWS):
        start = rng.integers(0, len(rows) - WHOLE + 1)
        seconds, flops = rows[start : start + WHOLE].T
        works = (1 + flops / middle) / 2
        first = [Ended(*x) for x in zip(seconds[:seen], works[:seen], strict=True)]
        pace = learn_pace(first, works[1:seen].tolist())
        assert pace is not None
        yield pace.foresee((), WHOLE - seen), float(seconds[seen:].sum())


def run_jobs(names: Sequence[str], out: Path) -> None:
    """Each job in turn, its figures a line of JSON."""
    for name in names:
        with tempfile.TemporaryDirectory() as folder:
            found = {"job": name, **_run_job(name, JOBS[name], Path(folder))}
        print(json.dumps(found), flush=True)
        with out.open("a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")


def _run_job(name: str, job: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    budget = {x: job[x] for x in ("trials", "hours") if x in job}
    sections = {x: job[x] for x in ("task", "training", "space", "search") if x in job}
    words = name.replace(" ", "-")
    document = {"name": words, "model": {"path": "demo:model"}, "budget": budget, **sections}
    (folder / "job.toml").write_text(tomli_w.dumps(document))
    storage, workers = f"sqlite:///{folder / 'jobs.db'}", str(job.get("workers", 1))
    shared = ["run", "job.toml", "--workers", workers, "--json", "--storage", storage]
    foreseen, _ = _call([*shared, "--dry-run"], folder)
    _, taken = _call(shared, folder)
    told = json.loads(foreseen)
    with Store.open(storage) as store:
        known = store.find_job(words)
        later = list(_look_back(known.spec, store.trials(known.id), int(workers)))
    return {
        "load": os.getloadavg()[0],
        "seconds": taken,
        "dry_run": [told["seconds"][0], told["likely_seconds"], told["seconds"][1]],
        "by": told["timed"],
        "after": later,
    }


def _call(options: Sequence[str], folder: Path) -> tuple[str, float]:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "peftsearch", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.environ.get("PYTHONPATH", str(Path.cwd()))},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, time.monotonic() - started


def _look_back(spec: JobSpec, trials: Sequence[Trial], workers: int) -> Iterator[dict[str, Any]]:
    """What was foreseen at the end of each of the first trials, and what came."""
    done = finished_of(trials)
    last = max(x.ended or 0.0 for x in done)
    for seen in range(1, len(done)):
        now = done[seen - 1].ended or 0.0
        begun = [x for x in trials if (x.claimed or 0.0) <= now < (x.ended or 0.0)]
        opened = [Opened(x.configuration, now - (x.claimed or now)) for x in begun]
        pace = pace_of(spec, done[:seen], (x.configuration for x in begun))
        hours = (now - min(x.claimed or now for x in trials)) / 3600
        left = foresee_left(spec, pace, opened, Standing(seen, hours, workers))
        assert left is not None
        yield {"seen": seen, "left": [left.low, left.likely, left.high], "came": last - now}


def count(out: Path) -> None:
    """Of jobs that were run, how often what was foreseen before them, and at the end of each of
    their trials, held; with intervals of 95 % (Clopper and Pearson), as if each stood alone."""
    runs = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    dry = [(x["dry_run"], x["seconds"]) for x in runs]
    later = [(y["left"], y["came"]) for x in runs for y in x["after"]]
    first = [(y["left"], y["came"]) for x in runs for y in x["after"][:1]]
    told = {"dry runs": dry, "after the first trial": first, "after each trial": later}
    for name, found in told.items():
        held = sum(low <= came <= high for (low, _, high), came in found)
        share = binomtest(held, len(found)).proportion_ci()
        wide = median(high / max(low, 1e-3) for (low, _, high), _ in found)
        off = median(came / max(likely, 1e-3) for (_, likely, _), came in found)
        print(
            f"{name}: {held} of {len(found)} held ({share.low:.0%} to {share.high:.0%}); "
            f"high / low {wide:.1f}, came / likely {off:.2f}, medians"
        )


def main() -> None:
    """One of the four."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["replay", "jobs", "light", "count"])
    parser.add_argument("--only", nargs="*", choices=list(JOBS))
    parser.add_argument("--out", type=Path, default=Path("benchmarks/forecast.jsonl"))
    asked = parser.parse_args()
    if asked.what == "replay":
        replay()
    elif asked.what == "count":
        count(asked.out)
    else:
        usual = LIGHT if asked.what == "light" else list(JOBS)
        run_jobs(asked.only or usual, asked.out)
        count(asked.out)


if __name__ == "__main__":
    main()
