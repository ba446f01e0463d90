"""`peftsearch dashboard` as a process, and its API."""

import json
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx

from tests.waiting import LIMIT

from .programs import start


@dataclass
class Dashboard:
    """A running dashboard.

    Attributes:
        token: What callers must show.
        errors: What it had printed to standard error when it ended.
    """

    url: str
    process: "subprocess.Popen[str]"
    client: httpx.Client
    token: str
    errors: str = ""

    def ask(self, path: str, method: str = "GET", **body: Any) -> Any:
        """The JSON that the API answers; None without any.

        Raises:
            httpx.HTTPStatusError: It refuses.
        """
        answer = self.client.request(method, path, json=body if method == "POST" else None)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def end(self, how: int = signal.SIGINT) -> None:
        """Press Ctrl-C and wait; it must end well and have had nothing to report."""
        self.process.send_signal(how)
        _, self.errors = self.process.communicate(timeout=LIMIT)
        assert self.process.returncode == 0, self.errors
        assert "error" not in self.errors and "Traceback" not in self.errors, self.errors


@contextmanager
def run_dashboard(
    folder: Path, *options: str | Path, token: str | None = None
) -> Iterator[Dashboard]:
    """A dashboard over the database of a folder, on a free port, until the block ends."""
    process = start("dashboard", "--port", "0", "--json", *options, folder=folder)
    assert process.stdout is not None
    line = process.stdout.readline()
    assert "url" in line, line + process.communicate()[1]
    printed = json.loads(line)
    url, token = printed["url"], token or printed["token"]
    known = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=f"{url}/api/v1", headers=known, timeout=120) as client:
        dashboard = Dashboard(url, process, client, token)
        try:
            yield dashboard
            if process.poll() is None:
                dashboard.end()
        finally:
            if process.poll() is None:
                process.terminate()  # a killed one would leave its workers
                process.communicate(timeout=LIMIT)
