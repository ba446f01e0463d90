"""How soon pages show something, and the front its picture, on a machine whose cores are busy.

    python -m benchmarks.first_paint [--out benchmarks/first_paint.json] [--repeats 3] [--loops 2]
        [--against FOLDER] [--address http://127.0.0.1:8321/jobs/NAME]

`peftsearch dashboard` serves a job of 60 made-up trials (`tests.seeding`) and a smaller one from
an SQLite file. A headless Chromium opens each page in a fresh context, with nothing in its cache,
while `--loops` processes do nothing but count. Of each page: first contentful paint as the browser
reports it, when the front's picture stood, how much it fetched until then in how many requests,
how much of that was Plotly, and how far what stood moved (the sum of the browser's layout shifts).
The medians of all repeats are printed. With `--against` a service of another checkout, of the same
jobs, takes turns with this one. With `--address` the job's page of a running service is measured.

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

from playwright.sync_api import Browser, Page, sync_playwright

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.load import serving
from peftsearch.storage.store import Store
from tests.chromium import OPTIONS, PROGRAMS
from tests.seeding import seed_job

LIMIT_SECONDS = 2.0
JOB, OTHER = "first", "other"
PAGES = (
    ("jobs", "/", "#jobs li", None),
    ("job", f"/jobs/{JOB}", "#job-facts dd", "#front .main-svg"),
    ("trial", f"/jobs/{JOB}/trials/1", "#settings dd", "#curve .main-svg"),
    ("two trials", f"/jobs/{JOB}/compare?trials=1,2", "#values td", "#curves .main-svg"),
    ("two jobs", f"/compare?jobs={JOB},{OTHER}", "#facts td", "#fronts .main-svg"),
    ("new job", "/new", "#starts button, #starts label", None),
)
_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime"""
_FETCHED = """() => performance.getEntriesByType("resource").concat(
  performance.getEntriesByType("navigation")).map((x) => [x.name, x.encodedBodySize])"""
# The page itself looks at its clock: a question from outside waits while a script runs.
_WATCH = """(selectors) => {
  globalThis.appeared = {};
  const look = () => selectors.filter((x) => x && document.querySelector(x)).forEach((x) => {
    globalThis.appeared[x] ??= performance.now();
  });
  new MutationObserver(look).observe(document, { childList: true, subtree: true });
  globalThis.shifted = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((x) => {
    globalThis.shifted += x.value;
  })).observe({ type: "layout-shift", buffered: true });
}"""
_APPEARED = "(selector) => globalThis.appeared[selector]"


@dataclass(frozen=True)
class Figures:
    """Of one page; times in seconds from the click, sizes in kilobytes as they were sent.

    Attributes:
        facts: When what it is about could be read.
        picture: None of a page without one.
        kilobytes: Without Plotly.
        requests: Of files and data.
        shift: Sum of layout shifts, of which 0.1 is what the web's guides call good.
    """

    page: str
    first_paint: float
    facts: float
    picture: float | None
    kilobytes: float
    plotly: float
    requests: float
    shift: float


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


def wait_for(tab: Page, selector: str) -> float:
    """Seconds until the page had such an element."""
    tab.wait_for_function(_APPEARED, arg=selector)
    return float(tab.evaluate(_APPEARED, selector)) / 1000


def visit(browser: Browser, page: str, address: str, facts: str, picture: str | None) -> Figures:
    """Open a page once, with an empty cache."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    try:
        tab = context.new_page()
        tab.set_default_timeout(120_000)
        tab.add_init_script(f"({_WATCH})({json.dumps([facts, picture])})")
        tab.goto(address, wait_until="commit")
        told, drawn = (None if x is None else wait_for(tab, x) for x in (facts, picture))
        tab.wait_for_load_state("load")
        tab.wait_for_function(_PAINT)
        paint = float(tab.evaluate(_PAINT)) / 1000
        fetched = tab.evaluate(_FETCHED)
        shift = float(tab.evaluate("() => globalThis.shifted"))
    finally:
        context.close()
    charts = sum(size for name, size in fetched if "plotly" in name)
    rest = sum(size for name, size in fetched if "plotly" not in name)
    sizes = rest / 1000, charts / 1000
    return Figures(page, paint, told or 0.0, drawn, *sizes, len(fetched), shift)


def middle(found: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    pictures = [x.picture for x in found if x.picture is not None]
    return Figures(
        found[0].page,
        median(x.first_paint for x in found),
        median(x.facts for x in found),
        median(pictures) if pictures else None,
        median(x.kilobytes for x in found),
        median(x.plotly for x in found),
        median(x.requests for x in found),
        median(x.shift for x in found),
    )


def measure(addresses: Sequence[str], given: argparse.Namespace) -> list[list[Figures]]:
    """All pages of each address, each so often and in turns, on a busy machine."""
    program = next(path for name in PROGRAMS if (path := shutil.which(name)))
    with sync_playwright() as playwright, busy(given.loops):
        with playwright.chromium.launch(executable_path=program, args=OPTIONS) as browser:
            for (
                address
            ) in addresses:  # the first page of a browser or a service pays for its start
                visit(browser, "start", address + PAGES[0][1], PAGES[0][2], None)
            rows = [measure_page(browser, addresses, page, given.repeats) for page in PAGES]
    return [list(column) for column in zip(*rows, strict=True)]


def measure_page(
    browser: Browser,
    addresses: Sequence[str],
    page: tuple[str, str, str, str | None],
    repeats: int,
) -> list[Figures]:
    """One page of each address."""
    name, path, facts, mark = page
    visits = [
        [visit(browser, name, address + path, facts, mark) for address in addresses]
        for _ in range(repeats)
    ]
    return [middle(found) for found in zip(*visits, strict=True)]


def measure_own(given: argparse.Namespace) -> list[list[Figures]]:
    """Of a service and a database of its own; with `--against` of another checkout's as well."""
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        url = f"sqlite:///{folder}/jobs.db"
        Store.open(url).close()
        seed_job(url, JOB, 60)
        seed_job(url, OTHER, 30, seed=1)
        codes = [None, *([given.against] if given.against else [])]
        served = [stack.enter_context(serving(url, Path(folder) / "files", x)) for x in codes]
        return measure([address for address, _ in served], given)


def measure_page_of(address: str, given: argparse.Namespace) -> list[list[Figures]]:
    """The job's page of a running service."""
    program = next(path for name in PROGRAMS if (path := shutil.which(name)))
    page = ("job", "", *PAGES[1][2:])
    with sync_playwright() as playwright, busy(given.loops):
        with playwright.chromium.launch(executable_path=program, args=OPTIONS) as browser:
            return [measure_page(browser, [address], page, given.repeats)]


def tell(found: Sequence[Figures]) -> None:
    """Print a table."""
    print("page          first paint    facts   picture     files    Plotly  requests  shift")
    for x in found:
        drawn = "" if x.picture is None else f"{x.picture:.2f} s"
        sizes = f"{x.kilobytes:6.0f} KB {x.plotly:6.0f} KB {x.requests:9.0f} {x.shift:6.3f}"
        print(f"{x.page:12} {x.first_paint:10.2f} s {x.facts:6.2f} s {drawn:>9} {sizes}")


def tell_ratios(own: Sequence[Figures], other: Sequence[Figures]) -> None:
    """Print this checkout's times as shares of the other's."""
    for x, y in zip(own, other, strict=True):
        print(f"{x.page:12} first paint x {x.first_paint / y.first_paint:.2f}, ", end="")
        print(f"facts x {x.facts / y.facts:.2f}")


def read_arguments() -> argparse.Namespace:
    """Of the command line."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--loops", type=int, default=2)
    parser.add_argument("--against", type=Path, help="a checkout to compare with")
    parser.add_argument("--address", help="the job's page of another service")
    return parser.parse_args()


def main() -> int:
    """Measure, print, write; 1 where a first paint is late."""
    given = read_arguments()
    own, *others = measure_page_of(given.address, given) if given.address else measure_own(given)
    tell(own)
    for other in others:
        tell(other)
        tell_ratios(own, other)
    if given.out:
        machine: dict[str, Any] = {"cores": os.cpu_count(), "machine": platform.machine()}
        body = machine | {"loops": given.loops, "load": os.getloadavg()[0]}
        body |= {"pages": [asdict(x) for x in own]}
        body |= {"against": [asdict(x) for other in others for x in other]}
        given.out.write_text(json.dumps(body, indent=2) + "\n")
    return int(any(x.first_paint > LIMIT_SECONDS for x in own))


if __name__ == "__main__":
    sys.exit(main())
