"""The demonstration as it is and as it was, seed by seed, on rows that no search saw.

Usage: python -m benchmarks.demo --former FOLDER [--seeds 10] [--trials 20] [--out FILE] [--table]
`FOLDER` has the sources of another version (`git worktree add FOLDER COMMIT`). Each version runs
its own job file of the demonstration with two workers, but for so many trials and no time, so that
what else the machine does changes nothing: 20 are what both have within the 3.3 minutes of the
job file, on two idle cores. Its front by validation rows is scored on the test split with the
adapters as they were trained: hypervolume in decades of parameters times accuracy, above the
floor's accuracy there. A job is one line of `--out`; what is there is not run again.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import fmean, stdev

from benchmarks.duel.arms import Run
from benchmarks.duel.scoring import Scorer, score_floor
from peftsearch.jobs.jobfile import read_spec
from peftsearch.records.preparation import HeadChoice, Preparation
from peftsearch.records.trial import TrialState
from peftsearch.storage.store import Store
from peftsearch.workers.files.adapter_files import load_adapter_files
from peftsearch.workers.preparation.prepare import Prepared
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.json_lines import Row, add, read

OUT = Path("benchmarks/demo.jsonl")
NOW, FORMER = "now", "former"


def run_demo(sources: Path, seed: int, trials: int, folder: Path) -> None:
    """A job of one version, in a database of its own."""
    lines = (sources / "examples/demo.toml").read_text(encoding="utf-8").splitlines()
    own = {
        "seed = ": f"seed = {seed}",
        "trials = ": f"trials = {trials}",
        "hours = ": "hours = 10",
    }
    new = (next((own[x] for x in own if line.startswith(x)), line) for line in lines)
    (folder / "job.toml").write_text("\n".join(new) + "\n", encoding="utf-8")
    subprocess.run(
        [sys.executable, "-m", "peftsearch", "run", "job.toml", "--workers", "2"],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(sources.resolve())},
        stdout=subprocess.DEVNULL,
        check=True,
    )


def score(folder: Path, floor: float | None) -> Row:
    """What its front is worth on the test split.

    Args:
        floor: Test accuracy of the floor, the corner for all; None measures it.
    """
    spec = read_spec(folder / "job.toml")
    with Store.open(f"sqlite:///{folder / 'peftsearch.db'}") as store:
        job = store.find_job(spec.name)
        done = [x for x in store.trials(job.id) if x.state is TrialState.COMPLETED]
    runner = TrialRunner.open(job.spec, "cpu")
    root = folder / "peftsearch.files"
    pooling = load_adapter_files(root / str(done[0].adapter)).pooling
    runner.adopt(Prepared(Preparation(head=HeadChoice(pooling, "random"))))
    run = Run(runner, done, {x.number: 0.0 for x in done}, root)
    floor = score_floor(job.spec) if floor is None else floor
    scorer = Scorer(run, floor)
    volume, members = scorer.volume(0.0)
    return {"floor": floor, "volume": volume, "members": members, "trials": len(done)}


def compare(former: Path, seeds: int, trials: int, out: Path) -> None:
    """Run what is missing, pair by pair."""
    for seed in range(seeds):
        for version, sources in ((NOW, Path.cwd()), (FORMER, former)):
            known = read(out)
            if any((x["version"], x["seed"]) == (version, seed) for x in known):
                continue
            with tempfile.TemporaryDirectory() as place:
                run_demo(sources, seed, trials, Path(place))
                told = score(Path(place), known[0]["floor"] if known else None)
            add(out, {"version": version, "seed": seed, **told})


def tell(rows: list[Row]) -> str:
    """The table, and in how many seeds the present one is ahead."""
    lines = ["| seed | now | former |", "|---|---|---|"]
    found = {(x["version"], x["seed"]): x["volume"] for x in rows}
    pairs = [
        (seed, found[NOW, seed], found[FORMER, seed])
        for version, seed in found
        if version == NOW and (FORMER, seed) in found
    ]
    lines += [f"| {seed} | {now:.4f} | {former:.4f} |" for seed, now, former in pairs]
    gains = [now - former for _, now, former in pairs]
    if len(gains) > 1:
        error = stdev(gains) / len(gains) ** 0.5
        ahead = sum(x > 0 for x in gains)
        lines.append(f"\nahead in {ahead} of {len(gains)}: {fmean(gains):+.4f} ± {error:.4f}")
    return "\n".join(lines)


def main() -> None:
    """See the module."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--former", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--table", action="store_true")
    given = parser.parse_args()
    if not given.table:
        if given.former is None:
            parser.error("--former: expected the folder of another version's sources, or --table")
        compare(given.former, given.seeds, given.trials, given.out)
    print(tell(read(given.out)))


if __name__ == "__main__":
    main()
