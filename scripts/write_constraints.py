"""Writes constraints.txt from the environment that runs it, for `scripts/refresh-constraints`.

A version's local label is left out: `torch==2.13.0` is met by the builds for CPUs and for GPUs.
"""

from importlib.metadata import distributions
from pathlib import Path

from peftsearch.doctor.versions import describe_machine

PATH = Path(__file__).parents[1] / "constraints.txt"
_LEFT_OUT = ("peftsearch", "pip")


def constraints() -> str:
    """All installed packages, one `name==version` a line."""
    found = {x.name.lower(): x for x in distributions() if x.name.lower() not in _LEFT_OUT}
    lines = [f"{x.name}=={x.version.partition('+')[0]}" for _, x in sorted(found.items())]
    head = f"# What the tests have seen: {describe_machine()}."
    return "\n".join([head, "# Written by scripts/refresh-constraints.", *lines, ""])


if __name__ == "__main__":
    PATH.write_text(constraints(), encoding="utf-8")
