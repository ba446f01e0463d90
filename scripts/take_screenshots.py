"""Takes the pictures of the dashboard in docs/images from a database with a finished job.

The database and the job's files are copied first, so that the given ones stay as they are. On the
copy the job goes on for a few trials, so that the pictures show workers at work; `--workers 0`
leaves that out. Needs a Chromium, or Chrome, of the system.

Usage, after `peftsearch demo` in an empty folder:

    python scripts/take_screenshots.py --storage peftsearch-demo/demo.db \\
        --files peftsearch-demo/demo.files
"""

import argparse
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import APIRequestContext, Browser, Page, Playwright, sync_playwright

IMAGES = Path(__file__).parents[1] / "docs" / "images"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
LARGEST_BYTES = 300_000
_WAIT_SECONDS = 900
_MORE_TRIALS = 6
_DRAWN = """() => !document.querySelector('[aria-busy="true"]')
  && [...document.querySelectorAll('.loading')].every((x) => !x.checkVisibility())
  && [...document.querySelectorAll('.chart-plot')]
    .every((x) => !x.checkVisibility() || x.querySelector('.main-svg, canvas'))"""
"""Nothing loads any more, and every chart that is to be seen is drawn."""


@dataclass(frozen=True)
class Shot:
    """One picture: the window's size in CSS pixels, one to one; only its window is shown.

    Attributes:
        path: Of the page, with `{job}`, `{trial}` and `{other}`.
        scroll: A selector that is scrolled to the top of the window.
    """

    name: str
    path: str
    width: int
    height: int
    dark: bool = False
    scroll: str | None = None


SHOTS = (
    Shot("workers", "/workers", 1200, 520),
    Shot("jobs", "/", 1200, 560),
    Shot("launch-form", "/new", 1200, 1000),
    Shot("job", "/jobs/{job}", 1200, 1440),
    Shot("job-dark", "/jobs/{job}", 1200, 1440, dark=True),
    Shot("job-progress", "/jobs/{job}", 1200, 1100, scroll="#progress"),
    Shot("job-slices", "/jobs/{job}", 1200, 1180, scroll="#slices"),
    Shot("job-narrow", "/jobs/{job}", 400, 1180),
    Shot("trial", "/jobs/{job}/trials/{trial}", 1200, 1440),
    Shot("compare", "/jobs/{job}/compare?trials={trial},{other}", 1200, 900),
    Shot("techniques", "/techniques", 1200, 900),
)


def take(arguments: argparse.Namespace) -> None:
    """Take all pictures."""
    with tempfile.TemporaryDirectory() as folder, serve(*copy(arguments, Path(folder))) as url:
        with sync_playwright() as playwright:
            api = playwright.request.new_context(base_url=url)
            names = choose(api, arguments)
            if arguments.workers:
                put_to_work(api, names["job"], arguments.workers)
            shoot_all(playwright, url, names, arguments.out)


def copy(arguments: argparse.Namespace, folder: Path) -> tuple[Path, Path]:
    """Copies of the database and of the jobs' files."""
    storage, files = folder / "jobs.db", folder / "files"
    with closing(sqlite3.connect(arguments.storage)) as given:
        with closing(sqlite3.connect(storage)) as copied:
            given.backup(copied)
    shutil.copytree(arguments.files, files)
    return storage, files


@contextmanager
def serve(storage: Path, files: Path) -> Iterator[str]:
    """The service over a database; its address. It ends with its workers."""
    program = [sys.executable, "-m", "peftsearch", "dashboard", "--port", "0", "--json"]
    program += ["--no-token"]
    command = [*program, "--storage", str(storage), "--files", str(files)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as service:
        try:
            assert service.stdout is not None
            yield json.loads(service.stdout.readline())["url"]
        finally:
            service.terminate()


def choose(api: APIRequestContext, arguments: argparse.Namespace) -> dict[str, str]:
    """Names of what to show: by default the newest job, its front's best and its knee."""
    job = arguments.job or ask(api, "/jobs")["jobs"][0]["name"]
    front = ask(api, f"/jobs/{job}/front")["points"]
    knee = next(point for point in front if point["knee"])
    trial = arguments.trial if arguments.trial is not None else front[-1]["trials"][0]
    other = arguments.other if arguments.other is not None else knee["trials"][0]
    return {"job": job, "trial": str(trial), "other": str(other)}


def ask(api: APIRequestContext, path: str) -> Any:
    """What the API answers to GET."""
    answer = api.get(f"/api/v1{path}")
    assert answer.ok, f"{path}: {answer.status} {answer.text()}"
    return answer.json()


def put_to_work(api: APIRequestContext, job: str, workers: int) -> None:
    """Let the job go on; returns when every worker trains and one trial more is complete."""
    before = ask(api, f"/jobs/{job}")
    done = before["counts"]["completed"]
    budget = {"trials": done + _MORE_TRIALS, "hours": before["used_hours"] + 1}
    known = {name: budget[name] for name, value in before["budget"].items() if value is not None}
    data = {"workers": workers, "device": "auto", "budget": known}
    answer = api.post(f"/api/v1/jobs/{job}/resume", data=data)
    assert answer.ok, answer.text()
    wait_for(lambda: ask(api, f"/jobs/{job}")["counts"]["completed"] > done)
    wait_for(lambda: count_training(ask(api, "/workers")) == workers)


def count_training(answer: Any) -> int:
    """Workers that have told steps of the trial that they hold."""
    held = [worker["trial"] for worker in answer["workers"] if worker["live"]]
    return sum(bool(trial and trial["steps_done"]) for trial in held)


def wait_for(holds: Any) -> None:
    """Ask once a second until something holds."""
    for _ in range(_WAIT_SECONDS):
        if holds():
            return
        time.sleep(1)
    raise TimeoutError("the workers did not get on in time")


def shoot_all(playwright: Playwright, url: str, names: dict[str, str], out: Path) -> None:
    """Write every picture into a folder."""
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    assert found, f"no browser found among {', '.join(BROWSERS)}"
    browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
    out.mkdir(parents=True, exist_ok=True)
    for shot in SHOTS:
        picture = compress(shoot(browser, url + shot.path.format(**names), shot))
        assert len(picture) < LARGEST_BYTES, f"{shot.name}: {len(picture):,} bytes"
        (out / f"{shot.name}.png").write_bytes(picture)
        print(f"{shot.name}.png {shot.width} x {shot.height}, {len(picture):,} bytes")
    browser.close()


def shoot(browser: Browser, address: str, shot: Shot) -> bytes:
    """One page as a PNG."""
    context = browser.new_context(
        viewport={"width": shot.width, "height": shot.height},
        color_scheme="dark" if shot.dark else "light",
        reduced_motion="reduce",
        locale="en-GB",
        timezone_id="UTC",
    )
    page = context.new_page()
    page.goto(address)
    settle(page)
    if shot.scroll:
        page.eval_on_selector(shot.scroll, "(x) => x.scrollIntoView({block: 'start'})")
        settle(page)
    picture = page.screenshot()
    context.close()
    return picture


def settle(page: Page) -> None:
    """Wait until all is loaded and drawn."""
    page.wait_for_load_state("load")
    page.wait_for_timeout(500)
    page.wait_for_function(_DRAWN, timeout=30_000)
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(700)


def compress(picture: bytes) -> bytes:
    """The same with a palette of 256 colours, which flat pages hardly show."""
    reduced = Image.open(io.BytesIO(picture)).convert("RGB")
    paletted = reduced.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    written = io.BytesIO()
    paletted.save(written, "PNG", optimize=True)
    return written.getvalue()


def parse() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description="Takes the pictures of the dashboard.")
    parser.add_argument("--storage", type=Path, required=True, help="SQLite file")
    parser.add_argument("--files", type=Path, required=True, help="folder of the jobs' files")
    parser.add_argument("--out", type=Path, default=IMAGES, help="folder for the pictures")
    parser.add_argument("--job", help="name [the newest]")
    parser.add_argument("--trial", type=int, help="number [the front's best]")
    parser.add_argument("--other", type=int, help="the one it is compared with [the knee]")
    parser.add_argument("--workers", type=int, default=2, help="that go on with the job [2]")
    return parser.parse_args()


if __name__ == "__main__":
    take(parse())
