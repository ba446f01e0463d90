"""`python -m tests.chaos`: the long run, by hand."""

import argparse
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from tests.end_to_end.conftest import write_data, write_model
from tests.warm_python import warm

from .databases import DATABASES
from .legs import run_legs
from .table import print_table
from .tally import Tally


def main() -> None:
    """Run, print the table, and exit with 1 where anything is wrong."""
    asked = _parse()
    found: list[tuple[str, str, Tally, float]] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="chaos-")))
        stack.enter_context(warm())
        write_model(folder / "workshop" / "model")
        write_data(folder / "workshop" / "data.csv")
        for name in asked.databases:
            database = stack.enter_context(DATABASES[name](folder / name))
            for kind, how in database.kinds.items():
                if asked.only not in kind:
                    continue
                began = time.monotonic()
                own, workshop = folder / name / f"{len(found)}", folder / "workshop"
                tally = run_legs(own, database.create, workshop, how, asked.kills, asked.seed)
                found.append((kind, name, tally, time.monotonic() - began))
                print_table(found[-1:])
    print()
    print_table(found, total=True)
    raise SystemExit(any(x[2].wrong for x in found))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument("--kills", type=int, default=3, help="faults of each kind [3]")
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--databases", nargs="+", choices=list(DATABASES), default=list(DATABASES))
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
