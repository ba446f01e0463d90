"""A PostgreSQL cluster of the test session's own: a temporary folder, no port, nothing durable.

It listens on a Unix socket inside its folder alone, which only its user (and root) can enter.
"""

import os
import pwd
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
}
_END = '"${1%postgres}pg_ctl" -D data -m immediate stop >log 2>&1'
SERVE = f'"$@" >log 2>&1 & read -r line; {_END}; wait $!; rm -rf "$PWD"'
"""Ends the server, also one that was started again, and deletes its folder at the end of the
standard input. That comes when the session ends, even if it was killed."""


@dataclass(frozen=True)
class Cluster:
    """A running server.

    Attributes:
        command: That started it.
        user: Whom it runs as, None for ourselves.
    """

    folder: Path
    command: Sequence[str]
    user: str | None

    def url(self, database: str) -> str:
        """Where a store finds `database`."""
        return f"postgresql+psycopg://tester@/{database}?host={self.folder}"

    def control(self, action: str, *options: str) -> None:
        """`start`, or `stop` with `-m fast` or `-m immediate`; returns when it is done."""
        program, *given = self.command
        control = [str(Path(program).with_name("pg_ctl")), "-w", "-l", "log", *given[:2]]
        subprocess.run(
            [*control, "-o", shlex.join(given[2:]), action, *options],
            cwd=self.folder,
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            **_as_user(self.user),
        )


def find_programs() -> Path | None:
    """The folder of `initdb` and `postgres`: on the PATH, else Debian's newest."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda x: float(x.parts[-3])
    )
    return folders[-1].parent if folders else None


@contextmanager
def run_cluster(programs: Path, settings: Mapping[str, str] = SETTINGS) -> Iterator[Cluster]:
    """Make a cluster, and run its server until the block ends."""
    user = _find_user()
    # pytest's own temporary folders can be entered by one user alone, here perhaps root.
    folder = Path(tempfile.mkdtemp(prefix="peftsearch-postgres-"))
    if user is not None:
        shutil.chown(folder, user)
    command = [str(programs / "postgres"), "-D", "data", "-c", f"unix_socket_directories={folder}"]
    for name, value in settings.items():
        command += ["-c", f"{name}={value}"]
    with subprocess.Popen(
        ["sh", "-c", f"{_initialise(programs)} || exit; {SERVE}", "sh", *command],
        stdin=subprocess.PIPE,
        cwd=folder,
        # Ctrl-C is for the session, which then ends the server.
        start_new_session=True,
        **_as_user(user),
    ):
        _wait(programs, folder)
        yield Cluster(folder, command, user)


def _as_user(user: str | None) -> dict[str, Any]:
    """Options of a program that runs as somebody."""
    return {"user": user, "extra_groups": None if user is None else []}


def _initialise(programs: Path) -> str:
    options = "--auth=trust --username=tester --encoding=UTF8 --locale=C --no-sync"
    return f"'{programs}/initdb' {options} --pgdata data >log 2>&1"


def _find_user() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root. None means ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


def _wait(programs: Path, folder: Path) -> None:
    ready = [str(programs / "pg_isready"), "--quiet", "--host", str(folder)]
    deadline = time.monotonic() + 60
    while subprocess.run(ready).returncode != 0:
        assert time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.05)
