"""How soon pages show something, and the front its picture, on a machine whose cores are busy.

    python -m benchmarks.first_paint [--out benchmarks/first_paint.json] [--repeats 3] [--loops 2]
        [--address http://127.0.0.1:8321/jobs/NAME]

`peftsearch dashboard` serves a job of 60 made-up trials (`tests.seeding`) and a smaller one from
an SQLite file. A headless Chromium opens each page in a fresh context, with nothing in its cache,
while `--loops` processes do nothing but count. Of each page: first contentful paint as the browser
reports it, when the front's picture stood, how much it fetched until then, and how much of that
was Plotly. The medians of all repeats are printed. With `--address` the job's page of another
running service is measured, for a comparison.

Takes a minute or two. Ends with 1 where a first paint came later than two seconds.
"""

import argparse
import contextlib
import json
import multiprocessing
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load import serving
from peftsearch.storage.store import Store
from tests.chromium import OPTIONS, PROGRAMS
from tests.seeding import seed_job

LIMIT_SECONDS = 2.0
JOB, OTHER = "first", "other"
PAGES = (
    ("jobs", "/", None),
    ("job", f"/jobs/{JOB}", "#front .main-svg"),
    ("trial", f"/jobs/{JOB}/trials/1", "#curve .main-svg"),
    ("two trials", f"/jobs/{JOB}/compare?trials=1,2", "#curves .main-svg"),
    ("two jobs", f"/compare?jobs={JOB},{OTHER}", "#fronts .main-svg"),
    ("new job", "/new", None),
)
_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
_FETCHED = """() => performance.getEntriesByType("resource").concat(
  performance.getEntriesByType("navigation")).map((x) => [x.name, x.encodedBodySize])"""
_NOW = "() => performance.now()"


@dataclass(frozen=True)
class Figures:
    """Of one page; times in seconds from the click, sizes in kilobytes as they were sent.

    Attributes:
        picture: None of a page without one.
        kilobytes: Without Plotly.
    """

    page: str
    first_paint: float
    picture: float | None
    kilobytes: float
    plotly: float


def count_for_ever() -> None:
    """Keep a core busy."""
    number = 0
    while True:
        number += 1


@contextlib.contextmanager
def busy(loops: int) -> Iterator[None]:
    """A machine at work until the block ends."""
    made = [multiprocessing.Process(target=count_for_ever, daemon=True) for _ in range(loops)]
    for process in made:
        process.start()
    try:
        yield
    finally:
        for process in made:
            process.terminate()
            process.join()


def visit(browser: Browser, page: str, address: str, picture: str | None) -> Figures:
    """Open a page once, with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.goto(address, wait_until="commit")
        drawn = None
        if picture is not None:
            tab.wait_for_selector(picture, state="attached")
            drawn = float(tab.evaluate(_NOW)) / 1000
        tab.wait_for_load_state("load")
        tab.wait_for_function(_PAINT)
        paint = float(tab.evaluate(_PAINT)) / 1000
        fetched = tab.evaluate(_FETCHED)
    finally:
        context.close()
    charts = sum(size for name, size in fetched if "plotly" in name)
    rest = sum(size for name, size in fetched if "plotly" not in name)
    return Figures(page, paint, drawn, rest / 1000, charts / 1000)


def middle(found: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    pictures = [x.picture for x in found if x.picture is not None]
    return Figures(
        found[0].page,
        median(x.first_paint for x in found),
        median(pictures) if pictures else None,
        median(x.kilobytes for x in found),
        median(x.plotly for x in found),
    )


def measure(
    address: str, pages: Sequence[tuple[str, str, str | None]], repeats: int, loops: int
) -> list[Figures]:
    """All pages, each so often, on a busy machine."""
    program = next(path for name in PROGRAMS if (path := shutil.which(name)))
    with sync_playwright() as playwright, busy(loops):
        with playwright.chromium.launch(executable_path=program, args=OPTIONS) as browser:
            # The first page of a browser pays for its start.
            visit(browser, "start", address + pages[0][1], None)
            return [
                middle([visit(browser, name, address + path, mark) for _ in range(repeats)])
                for name, path, mark in pages
            ]


def measure_own(repeats: int, loops: int) -> list[Figures]:
    """Of a service and a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/jobs.db"
        Store.open(url).close()
        seed_job(url, JOB, 60)
        seed_job(url, OTHER, 30, seed=1)
        with serving(url, Path(folder) / "files") as (address, _):
            return measure(address, PAGES, repeats, loops)


def tell(found: Sequence[Figures]) -> None:
    """Print a table."""
    print(f"{'page':12} {'first paint':>12} {'picture':>9} {'files':>9} {'Plotly':>9}")
    for x in found:
        drawn = "" if x.picture is None else f"{x.picture:.2f} s"
        sizes = f"{x.kilobytes:6.0f} KB {x.plotly:6.0f} KB"
        print(f"{x.page:12} {x.first_paint:10.2f} s {drawn:>9} {sizes}")


def read_arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--address", help="the job's page of another service")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write; 1 where a first paint is late."""
    given = read_arguments()
    if given.address:
        found = measure("", [("job", given.address, PAGES[1][2])], given.repeats, given.loops)
    else:
        found = measure_own(given.repeats, given.loops)
    tell(found)
    if given.out:
        machine: dict[str, Any] = {"cores": os.cpu_count(), "machine": platform.machine()}
        body = machine | {"loops": given.loops, "pages": [asdict(x) for x in found]}
        given.out.write_text(json.dumps(body, indent=2) + "\n")
    return int(any(x.first_paint > LIMIT_SECONDS for x in found))


if __name__ == "__main__":
    sys.exit(main())
