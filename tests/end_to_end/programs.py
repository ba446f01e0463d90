"""Running the command line as a person does, in processes of its own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

COMMAND = [sys.executable, "-m", "peftsearch"]


def environment() -> dict[str, str]:
    """Offline, unaware of the caller's settings, and with threads that do not spin while they
    wait: on a machine that is busy with other work, spinning makes steps many times slower."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PEFTSEARCH_")}
    return kept | {"HF_HUB_OFFLINE": "1", "COLUMNS": "200", "OMP_WAIT_POLICY": "PASSIVE"}


def call(*arguments: str | Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run to the end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def read(*arguments: str | Path, folder: Path) -> Any:
    """Standard output as JSON; the command must succeed."""
    done = call(*arguments, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def start(*arguments: str | Path, folder: Path) -> "subprocess.Popen[str]":
    """Start in a process group of its own, so that a test can signal all of it."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_until(condition: Callable[[], bool], seconds: float = 120.0) -> None:
    """Poll until it holds.

    Raises:
        AssertionError: It does not within the time.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "the condition did not come to hold"
        time.sleep(0.05)
