"""`python -m tests.chaos`: the long run, by hand.

A job, which some twelve faults befall, is one line of `--out`. What is there is not run again, so
that a long run goes on where it was stopped, and several may write to one file.
"""

import argparse
import itertools
import random
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import asdict
from fnmatch import fnmatch
from pathlib import Path

from tests.end_to_end.conftest import write_data, write_model
from tests.json_lines import Row, add, read
from tests.warm_python import warm

from .clocks import loaded_clock
from .databases import DATABASES
from .legs import run_job, share_out
from .table import tell
from .tally import Tally

_WHICH = ("fault", "database", "seed", "job", "asked")
"""What tells the lines of a file apart."""


def main() -> None:
    """Run, print the table of the file, and exit with 1 where anything is wrong."""
    asked = _parse()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        out = asked.out or folder / "found.jsonl"
        if not asked.table:
            with loaded_clock(folder / "clock"):
                stack.enter_context(warm())
            write_model(folder / "workshop" / "model")
            write_data(folder / "workshop" / "data.csv")
            for name in asked.databases:
                for row in _run_missing(asked, name, folder, read(out)):
                    add(out, row)
                    print(tell([row])[-1], flush=True)
        rows = read(out)
    print("\n".join(["", *tell(rows, total=True)]))
    raise SystemExit(any(Tally.of(x).wrong for x in rows))


def _run_missing(
    asked: argparse.Namespace, name: str, folder: Path, known: list[Row]
) -> Iterator[Row]:
    """Jobs on one kind of database, but for those that are known."""
    done = {tuple(x[key] for key in _WHICH) for x in known}
    numbers = itertools.count()
    with DATABASES[name](folder / name) as database:
        kinds = [(kind, how) for kind, how in database.kinds.items() if fnmatch(kind, asked.only)]
        shares = enumerate(share_out(asked.kills))
        for (kind, how), (job, times) in itertools.product(kinds, shares):
            which = (kind, name, asked.seed, job, times)
            if which in done:
                continue
            own, rng = folder / name / f"job{next(numbers)}", random.Random(f"{asked.seed} {job}")
            began = time.monotonic()
            tally = run_job(own, database.create(), folder / "workshop", how, times, rng)
            seconds = round(time.monotonic() - began)
            yield dict(zip(_WHICH, which, strict=True)) | asdict(tally) | {"seconds": seconds}


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=3, help="faults of each kind [3]")
    parser.add_argument("--only", default="*", help="kinds of this name, * is any part of it")
    parser.add_argument("--databases", nargs="+", choices=list(DATABASES), default=list(DATABASES))
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, help="a file of lines, one for each job")
    parser.add_argument("--table", action="store_true", help="print the table of --out alone")
    return parser.parse_args()


if __name__ == "__main__":
    main()
