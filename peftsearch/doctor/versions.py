"""Which versions are installed, and which of them the tests have never seen.

What the tests have seen stands in `constraints.txt`, which `scripts/refresh-constraints` writes,
`scripts/setup` installs, and which comes with the package.
"""

import platform
import re
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from importlib.metadata import PackageNotFoundError, requires, version

from .finding import Finding, failure, fine, note

SHOWN = ("peftsearch", "torch", "transformers", "peft", "datasets", "botorch", "numpy")
"""Packages whose version matters in a report of a fault."""


def read_constraints() -> str:
    """The file that comes with the package."""
    return resources.files("peftsearch").joinpath("constraints.txt").read_text(encoding="utf-8")


def parse_versions(constraints: str) -> dict[str, str]:
    """Tested versions by normalised name."""
    pairs = (line.partition("==") for line in constraints.splitlines() if "==" in line)
    return {normalise(name): tested for name, _, tested in pairs}


def parse_machine(constraints: str) -> str:
    """The Python and the system of the tests, such as `CPython 3.11 on Linux x86_64`."""
    return constraints.splitlines()[0].partition(": ")[2].removesuffix(".")


def describe_machine() -> str:
    """The same of this process."""
    minor = platform.python_version().rpartition(".")[0]
    system = f"{platform.system()} {platform.machine()}"
    return f"{platform.python_implementation()} {minor} on {system}"


def normalise(name: str) -> str:
    """A distribution's name as indexes compare it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def examine_packages(constraints: str) -> Iterator[Finding]:
    """Python, the versions that matter, what is missing, and what was never tested."""
    python, tested = describe_machine(), parse_machine(constraints)
    if python == tested:
        yield fine("python", f"{platform.python_version()} ({python})")
    else:
        yield note("python", f"{python} was never tested; the tests run with {tested}")
    found = ((name, find_version(name)) for name in SHOWN)
    yield fine("versions", ", ".join(f"{name} {own}" for name, own in found if own))
    for name in find_missing():
        yield failure("missing", f"{name} is not installed; run `pip install {name}`")
    installed = {name: own for name in sorted(find_needed()) if (own := find_version(name))}
    yield from compare(installed, parse_versions(constraints))


def compare(installed: Mapping[str, str], tested: Mapping[str, str]) -> Iterator[Finding]:
    """A note for each version that was never tested; what has no tested version is passed over.

    A local label does not count: `2.13.0+cpu` and `2.13.0` are one release.
    """
    notes = [
        note("untested", f"{name} {own}; the tests run with {tested[name]}")
        for name, own in installed.items()
        if name in tested and own.partition("+")[0] != tested[name]
    ]
    yield from notes or [fine("tested", f"all {len(installed)} packages have tested versions")]


def find_version(name: str) -> str | None:
    """Of an installed package."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def find_missing() -> list[str]:
    """Packages that peftsearch itself cannot do without and that are not installed."""
    return [name for name in _requirements("peftsearch") if find_version(name) is None]


def find_needed() -> set[str]:
    """The packages that peftsearch needs, directly or not, with those for its samples."""
    needed: set[str] = set()
    waiting = {*_requirements("peftsearch"), *_requirements("peftsearch", extra="samples")}
    while waiting:
        name = waiting.pop()
        needed.add(name)
        waiting |= set(_requirements(name)) - needed
    return needed


def _requirements(name: str, extra: str = "") -> Iterable[str]:
    """Normalised names; those for other extras left out, those for other systems kept."""
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return
    for line in lines:
        wanted = re.search(r"""extra == ["']([^"']+)""", line)
        if (wanted.group(1) if wanted else "") == extra:
            yield normalise(re.split(r"[^\w.-]", line, maxsplit=1)[0])
