"""A PostgreSQL cluster of the test session's own: a temporary folder, no port, nothing durable.

It listens on a Unix socket inside its folder alone, which only its user (and root) can enter.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "32MB",
    "max_connections": "100",
}


def find_programs() -> Path | None:
    """The folder of `initdb` and `pg_ctl`: on the PATH, else Debian's newest."""
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda x: float(x.parts[-3])
    )
    return folders[-1].parent if folders else None


def find_user() -> str | None:
    """Whom to run the server as: PostgreSQL refuses root. None means ourselves."""
    if os.geteuid() != 0:
        return None
    names = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in names else "nobody"


@dataclass(frozen=True)
class Cluster:
    """A server that runs between `start` and `stop`."""

    programs: Path
    user: str | None
    folder: Path

    @classmethod
    def create(cls, programs: Path, user: str | None) -> "Cluster":
        """Make the folder and the cluster in it."""
        # pytest's own temporary folders can be entered by one user alone, here perhaps root.
        folder = Path(tempfile.mkdtemp(prefix="peftsearch-postgres-"))
        if user is not None:
            shutil.chown(folder, user)
        cluster = cls(programs, user, folder)
        options = ["--auth=trust", "--username=tester", "--encoding=UTF8", "--locale=C"]
        cluster._run("initdb", *options, "--no-sync", "--pgdata", str(folder / "data"))
        return cluster

    def start(self) -> None:
        """Start the server and wait until it answers."""
        settings = SETTINGS | {"unix_socket_directories": str(self.folder)}
        options = " ".join(f"-c {name}='{value}'" for name, value in settings.items())
        log = str(self.folder / "log")
        self._run("pg_ctl", "start", "--wait", "--log", log, "--options", options, *self._data)

    def stop(self) -> None:
        """Stop the server at once; clients see a broken connection."""
        self._run("pg_ctl", "stop", "--wait", "--mode=immediate", *self._data)

    def remove(self) -> None:
        """Delete the folder."""
        shutil.rmtree(self.folder)

    def url(self, database: str) -> str:
        """Where a store finds `database`."""
        return f"postgresql+psycopg://tester@/{database}?host={self.folder}"

    @cached_property
    def _data(self) -> Sequence[str]:
        return "--pgdata", str(self.folder / "data")

    def _run(self, program: str, *arguments: str) -> None:
        # The server keeps what it inherits open: a pipe would never end.
        with open(os.devnull, "w") as nothing, tempfile.TemporaryFile() as errors:
            done = subprocess.run(
                [str(self.programs / program), *arguments],
                stdout=nothing,
                stderr=errors,
                cwd=self.folder,
                user=self.user,
                extra_groups=None if self.user is None else [],
            )
            errors.seek(0)
            assert done.returncode == 0, errors.read().decode()
