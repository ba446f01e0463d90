"""Whole jobs with real trainings, side by side: what each arm has in the same CPU minutes.

Usage: OMP_NUM_THREADS=1 python -m benchmarks.duel [--minutes 5] [--seeds 2] [--data amazon]
    [--arms ours TPE]
Arms: our job in an empty database; the same where the database has an earlier job on other rows (a
search of recorded trainings of tweets); and Optuna's multi-objective TPE over the same parameters,
with the linear probe and the common LoRA recipe first, on the tuned script (`duel.script`), to
which the job's head is given. Each is one process on one core. Nobody knows anything learnt from
recorded trainings of these rows. Each arm's front by validation rows is scored on the test split
with the adapters as they were trained. A job is one line of `--out`; what is there is not run
again, and `--table` prints what it has.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.json_lines import Row, add, read

from .jobs import ROWS, SECTIONS
from .tables import tell

OUT = Path("benchmarks/duel/jobs.jsonl")
LOOKS = (1 / 3, 2 / 3, 1.0)


def run_arm(pair: str, arm: str, seed: int, minutes: float, floor: float) -> Row:
    """One job in this process."""
    import torch

    from benchmarks.search.portfolio import learnt_without

    from .arms import run_ours, run_script
    from .clock import CpuClock
    from .jobs import make_spec
    from .scoring import tell_curve

    torch.set_num_threads(1)
    clock = CpuClock(60 * minutes)
    with ExitStack() as kept:
        with clock.stopped():
            kept.enter_context(learnt_without(pair))
        folder = Path(kept.enter_context(tempfile.TemporaryDirectory()))
        spec = make_spec(pair, arm, seed)
        if arm == "TPE":
            run = run_script(spec, clock, folder)
        else:
            run = run_ours(spec, clock, folder, after=spec.search.learn_from != ("none",))
        told = tell_curve(run, [x * clock.limit for x in LOOKS], floor)
    return {"data": pair, "arm": arm, "seed": seed, "minutes": minutes, "rows": ROWS, **told}


def find_floor(pair: str, out: Path) -> float:
    """That of the data, which is measured once for so many rows."""
    found = [x for x in read(out) if "floor" in x]
    known = [x["floor"] for x in found if (x["data"], x["rows"]) == (pair, ROWS)]
    if known:
        return float(known[0])
    from .jobs import make_spec
    from .scoring import score_floor

    floor = score_floor(make_spec(pair, "ours", 0))
    add(out, {"data": pair, "rows": ROWS, "floor": floor})
    return floor


def run_missing(options: argparse.Namespace) -> None:
    """The jobs that are not there, one process after the other."""
    floor = find_floor(options.data, options.out)
    named = ("data", "arm", "seed", "minutes")
    for seed in range(options.seeds):
        for arm in options.arms:
            asked = [options.data, arm, seed, options.minutes]
            if asked in [[x.get(name) for name in named] for x in read(options.out)]:
                continue
            command = [
                sys.executable,
                "-m",
                "benchmarks.duel",
                "--job",
                json.dumps([*asked, floor]),
            ]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            row = json.loads(done.stdout.splitlines()[-1])
            add(options.out, row)
            print(arm, seed, row["volumes"], row["trials"], flush=True)


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--minutes", type=float, default=5.0, help="of CPU time, for each job")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--data", default="amazon", help="a pair of benchmarks.ground.pairs")
    parser.add_argument("--arms", nargs="+", choices=list(SECTIONS), default=list(SECTIONS))
    parser.add_argument("--table", action="store_true", help="print alone")
    parser.add_argument("--job", help=argparse.SUPPRESS)
    options = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    if options.job:
        print(json.dumps(run_arm(*json.loads(options.job))))
        return
    if not options.table:
        run_missing(options)
    print(tell(read(options.out)))


if __name__ == "__main__":
    main()
