"""Search methods side by side where trainings are looked up: hypervolume by number of trainings.

Usage: python -m benchmarks.search.run --methods ours,TPE --problems upper --seeds 20 --budget 50
A problem is a made-up task (`upper`, `shifted`), the folder of a recorded grid, or such a folder
behind `fitted:`, the whole space with trees for trainings. Each search is
one line of `--out`, written when it ends; what is there is not run again, so that a run goes on
where it was stopped. One that takes longer than `--hours` ends early, with what it has seen.
`--table` prints the means of what is there, with 95 % intervals over seeds and the paired
differences to `--against`; of a recorded grid once more on its test scores.
"""

import argparse
import time
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from scipy import stats
from threadpoolctl import threadpool_limits

from peftsearch.records.trial import Trial
from tests.json_lines import Row, add, read

from .ablations import ABLATIONS
from .emulated import TASKS, make_emulated
from .fitted import read_fitted
from .grid import read_both
from .methods import METHODS, check_packages
from .problem import Problem

FITTED = "fitted:"
KNOWN = {**METHODS, **ABLATIONS}
LOOKS = (10, 15, 25, 50, 100, 120, 140, 160, 180, 200)


def search(
    problem: Problem, name: str, seed: int, budget: int, hours: float = float("inf")
) -> Row:
    """One job, a training at a time, until its budget or its hours of CPU time are spent."""
    trials: list[Trial] = []
    shares, tested, seconds = {}, {}, 0.0
    while len(trials) < budget and seconds < hours * 3600:
        began = time.process_time()
        proposal = KNOWN[name](problem, trials, seed, budget)
        seconds += time.process_time() - began
        trials.append(problem.answer(proposal, len(trials)))
        if len(trials) in LOOKS:
            shares[str(len(trials))] = round(problem.share(trials), 5)
            print(problem.name, name, seed, len(trials), shares[str(len(trials))], flush=True)
            if problem.tested is not None:
                tested[str(len(trials))] = round(problem.tested.share(trials), 5)
    known = {"problem": problem.name, "method": name, "seed": seed, "budget": budget}
    origins = [x.origin for x in trials]
    counts = {origin: origins.count(origin) for origin in dict.fromkeys(origins)}
    return known | {
        "shares": shares,
        **({"test_shares": tested} if tested else {}),
        "origins": counts,
        "cpu_seconds_a_proposal": seconds / len(trials),
    }


def tell(rows: Sequence[Row], against: str, on: str = "shares") -> str:
    """A table for each problem: mean share, half of its 95 % interval, and where seeds pair, the
    difference to `against` with its standard error. `on` is a key of each row's."""
    lines = []
    rows = [x for x in rows if on in x]
    for problem, budget in sorted({(x["problem"], x["budget"]) for x in rows}):
        mine = [x for x in rows if (x["problem"], x["budget"]) == (problem, budget)]
        looks = [x for x in LOOKS if x <= budget]
        lines += [f"{problem}, {budget} trainings", ""]
        lines += ["| method | seeds | " + " | ".join(map(str, looks)) + " | CPU s |"]
        lines += ["|---" * (len(looks) + 3) + "|"]
        for name in dict.fromkeys(x["method"] for x in mine):
            lines.append(_line(mine, name, against, [str(x) for x in looks], on))
        lines.append("")
    return "\n".join(lines)


def _line(rows: Sequence[Row], name: str, against: str, looks: Iterable[str], on: str) -> str:
    own = {x["seed"]: x for x in rows if x["method"] == name}
    base = {x["seed"]: x for x in rows if x["method"] == against}
    cells = []
    for look in looks:
        found = np.array([x[on][look] for x in own.values() if look in x[on]])
        if not len(found):
            cells.append("")
            continue
        half = stats.t.ppf(0.975, len(found) - 1) * stats.sem(found) if len(found) > 1 else np.nan
        cell = f"{found.mean():.3f} ± {half:.3f}"
        both = sorted(own.keys() & base.keys()) if name != against else []
        both = [s for s in both if look in own[s][on] and look in base[s][on]]
        if len(both) > 1:
            apart = np.array([own[s][on][look] - base[s][on][look] for s in both])
            cell += f" ({apart.mean():+.3f} ± {stats.sem(apart):.3f})"
        cells.append(cell)
    seconds = np.mean([x["cpu_seconds_a_proposal"] for x in own.values()])
    return f"| {name} | {len(own)} | {' | '.join(cells)} | {seconds:.2f} |"


def open_problem(name: str) -> Problem:
    """A made-up task by its name, a recorded grid by its folder, or what is fitted to one."""
    if name in TASKS:
        return make_emulated(name)
    fitted = name.removeprefix(FITTED)
    found = read_both(Path(name)) if fitted == name else read_fitted(Path(fitted))
    if (quality := found.spec.task.quality) != "accuracy":
        raise SystemExit(f"expected a grid whose quality is accuracy; got {quality} in {name!r}")
    return found


def main() -> None:
    """Run what is missing, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/search/searches.jsonl"))
    parser.add_argument("--problems", default=",".join(TASKS))
    parser.add_argument("--methods", default=",".join(METHODS))
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--budget", type=int, default=50)
    parser.add_argument("--hours", type=float, default=float("inf"), help="of a search's CPU")
    parser.add_argument("--against", default="ours")
    parser.add_argument("--label", default="", help="what to add to names, of a changed engine")
    parser.add_argument("--table", action="store_true", help="print alone")
    options = parser.parse_args()
    problems = [] if options.table else options.problems.split(",")
    check_packages(options.methods.split(",") if problems else [])
    with threadpool_limits(1):
        for problem in map(open_problem, problems):
            for seed in range(options.seeds):
                for name in options.methods.split(","):
                    shown = name + options.label
                    key = (problem.name, shown, seed, options.budget)
                    done = {
                        (x["problem"], x["method"], x["seed"], x["budget"])
                        for x in read(options.out)
                    }
                    if key in done:
                        continue
                    row = search(problem, name, seed, options.budget, options.hours)
                    row["method"] = shown
                    add(options.out, row)
    found = read(options.out)
    print(tell(found, options.against))
    if tested := tell(found, options.against, "test_shares"):
        print(f"On test scores:\n\n{tested}")


if __name__ == "__main__":
    main()
