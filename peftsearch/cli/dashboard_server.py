"""`peftsearch dashboard`: checks, binds, serves until Ctrl-C."""

import json
import logging
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote

from peftsearch.dashboard.server import Server, bind, make_url
from peftsearch.dashboard.site import make_site
from peftsearch.errors import UserError
from peftsearch.message_text import as_line
from peftsearch.passwords import hide
from peftsearch.service.credentials import PARAMETER
from peftsearch.service.open_files import raise_limit
from peftsearch.service.settings import Settings
from peftsearch.spaces.jobspec.artefacts_url import check_url, resolve_url
from peftsearch.storage.connection import absolute_url, as_argument, describe, parse_url
from peftsearch.storage.store import Store
from peftsearch.workers.artefacts.probing import check_shared
from peftsearch.workers.files.job_folder import check_folder, choose_root

from .console import console, log
from .tokens import Chosen, choose_token


@dataclass(frozen=True)
class Address:
    """Where to listen, under which further names, and below which path of a proxy."""

    host: str
    port: int
    allow_hosts: tuple[str, ...]
    root_path: str


@dataclass(frozen=True)
class Place:
    """Where records and files are."""

    storage: str
    files: Path | None
    artefacts: str | None


@dataclass(frozen=True)
class Access:
    """Who may ask, what jobs may read, and whether data may be sent."""

    token_file: Path | None
    no_token: bool
    data_roots: tuple[Path, ...] | None
    uploads: bool


def serve(place: Place, address: Address, access: Access, as_json: bool) -> None:
    """Serve the pages and the API until Ctrl-C or SIGTERM.

    Raises:
        UserError: The address is taken or needs a token, a folder is missing, or the database
            cannot be opened.
    """
    storage, files, artefacts = place.storage, place.files, place.artefacts
    raise_limit()
    chosen = choose_token(access.token_file, access.no_token, address.host)
    settings = Settings(
        absolute_url(storage),
        choose_root(storage, files),
        address.host,
        address.port,
        chosen.token,
        _check_roots(access),
        address.allow_hosts,
        address.root_path,
        access.uploads,
        artefacts=artefacts and resolve_url(check_url(artefacts), Path.cwd()),
    )
    check_folder(settings.root)
    check_shared(settings.artefacts)
    with Store.open(settings.storage) as store:
        hint = None if store.pulses() else _demo_command(storage, files)
    _log_errors()
    with bind(settings.host, settings.port) as listener:
        settings = replace(settings, port=listener.getsockname()[1])
        site = make_site(settings)
        Server(site, lambda: _greet(settings, chosen, hint, as_json), _note).run([listener])


def _demo_command(storage: str, files: Path | None) -> str:
    """What launches the demonstration into this storage; it has a default of its own."""
    where = as_argument(storage)
    if storage == os.environ.get("PEFTSEARCH_STORAGE"):
        where = '"$PEFTSEARCH_STORAGE"'  # may hold a password
    more = f" --files {quote(str(files))}" if files else ""
    return f"peftsearch demo --storage {where}{more}"


def _check_roots(access: Access) -> tuple[Path, ...] | None:
    """Without a token nobody knows whose eyes see what a check says of a file."""
    roots = access.data_roots
    missing = [str(root) for root in roots or () if not root.is_dir()]
    if missing:
        raise UserError("folders that exist", ", ".join(missing), "correct --data-root")
    if roots is None:
        return () if access.no_token else None
    return tuple(root.resolve() for root in roots)


def _log_errors() -> None:
    """Errors in one line each; with --debug also where they came from."""
    handler = logging.StreamHandler(sys.stderr)
    debug = bool(os.environ.get("PEFTSEARCH_DEBUG"))
    handler.setFormatter(_Traced("error: %(message)s") if debug else _OneLine())
    for name in ("peftsearch.service", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.ERROR)


class _Traced(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """With a traceback, and without passwords."""
        return hide(super().format(record))


class _OneLine(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """Without a traceback."""
        return f"error: {as_line(record.getMessage())}"


def _greet(settings: Settings, chosen: Chosen, hint: str | None, as_json: bool) -> None:
    """Say where it listens, and how to begin where there is no job yet."""
    address = make_url(settings.host, settings.port)
    if chosen.note:
        _note(chosen.note)
    if as_json:
        token = chosen.token if chosen.shown else None
        print(json.dumps({"url": address, "token": token}), flush=True)
        return
    entry = f"/?{PARAMETER}={chosen.token}" if chosen.shown else ""
    _say(
        f"dashboard: {address}{entry} (database {describe(parse_url(settings.storage))}, Ctrl-C "
        "ends it; what its workers train is queued again)"
    )
    if hint is not None:
        _say(f"no job yet: launch the demonstration at {address}/new, or in another terminal:")
        _say(f"  {hint}")


def _note(line: str) -> None:
    log.print(line, highlight=False, soft_wrap=True)


def _say(line: str) -> None:
    console.print(line, highlight=False, soft_wrap=True)
