"""How one service runs: which database, which address, who may do what."""

import ipaddress
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from peftsearch.errors import UserError

from .credentials import MAKE_A_TOKEN, Credentials, check_token
from .open_files import count_files

PORT = 8321
UPLOADS = "uploads"
"""Folder of the data that people send, below a data root."""
_PATH = re.compile(r"(?:/[A-Za-z0-9._~-]{1,99}){0,9}")


@dataclass(frozen=True)
class Settings:
    """All that the service is told at its start.

    Attributes:
        storage: A SQLAlchemy URL.
        root: Folder of the jobs' files (`workers.files`).
        token: What a caller must show; None on a loopback address alone.
        data_roots: Folders that paths of a job spec must lie in; None where any may be named,
            which is so on a loopback address alone.
        allow_hosts: Further names, with or without a port, by which callers may know the service.
        uploads: Whether data may be sent to it: into the first of its data roots, or into where it
            works if any folder may be named.
        root_path: Path below which a proxy shows it, without a slash at its end; empty for none.
        open_files: How many files the process may have open; connections are some of them.
        artefacts: URL below which adapters of jobs are kept that name no other; None keeps them in
            the folder of the jobs' files.

    Raises:
        UserError: An address that other machines reach has no token, the token is too short, or
            the root path is no path.
    """

    storage: str = field(repr=False)
    root: Path
    host: str = "127.0.0.1"
    port: int = PORT
    token: str | None = field(default=None, repr=False)
    data_roots: tuple[Path, ...] | None = None
    allow_hosts: tuple[str, ...] = ()
    root_path: str = ""
    uploads: bool = True
    open_files: int = field(default_factory=count_files)
    artefacts: str | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "root_path", check_root_path(self.root_path))
        if self.token is not None:
            check_token(self.token)
        elif not self.loopback:
            raise UserError(
                f"a token, since other machines can reach {self.host}",
                "none",
                f"{MAKE_A_TOKEN}, set PEFTSEARCH_TOKEN, or keep to --host 127.0.0.1",
            )
        if not self.loopback and self.data_roots is None:
            object.__setattr__(self, "data_roots", ())

    @property
    def loopback(self) -> bool:
        """Whether only programs of this machine can reach the address."""
        return is_loopback(self.host)

    @property
    def upload_folder(self) -> Path | None:
        """Where data that is sent goes; None where none is taken."""
        roots = (Path.cwd(),) if self.data_roots is None else self.data_roots
        return roots[0] / UPLOADS if self.uploads and roots else None

    @cached_property
    def credentials(self) -> Credentials | None:
        """What callers must show; None where nothing."""
        return None if self.token is None else Credentials(self.token)


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine alone."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_root_path(path: str) -> str:
    """The same without a slash at its end; empty where the service has a host of its own.

    Raises:
        UserError: It is no path, or has characters that addresses write in several ways.
    """
    wanted = path.rstrip("/")
    if not _PATH.fullmatch(wanted) or {".", ".."} & set(wanted.split("/")):
        expected = "a path such as /peftsearch, of letters, digits and . _ ~ -"
        raise UserError(expected, repr(path[:80]), "correct --root-path")
    return wanted
