"""Commands about peftsearch itself: pages, techniques, checks, a demonstration.

Heavy imports wait inside, so that `--help` answers at once.
"""

from pathlib import Path
from typing import Annotated

import typer

from peftsearch.api import DEFAULT_STORAGE, to_url

from .first_word import begin
from .shared_options import Artefacts, AsJson, Files, Storage, Workers


def dashboard(
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8321,
    data_root: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FOLDER",
            help="Jobs may read from it; repeatable [any with a token on loopback, else none].",
        ),
    ] = None,
    token_file: Annotated[
        Path | None,
        typer.Option(
            help="File with the token that callers need "
            "[or PEFTSEARCH_TOKEN; on loopback one that is made and printed]."
        ),
    ] = None,
    no_token: Annotated[
        bool,
        typer.Option("--no-token", help="Let every user of this machine in; on loopback alone."),
    ] = False,
    uploads: Annotated[
        bool,
        typer.Option(
            "--uploads/--no-uploads",
            help="Whether the form may send data, to the first data root.",
        ),
    ] = True,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Further name by which browsers may call it; may be repeated."
        ),
    ] = None,
    root_path: Annotated[
        str,
        typer.Option(metavar="PATH", help="Path below which a proxy shows it, e.g. /peftsearch."),
    ] = "",
    artefacts: Artefacts = None,
    as_json: AsJson = False,
) -> None:
    """Serve the pages and the HTTP API: launch, watch, pick and export in a browser."""
    from . import dashboard_server

    address = dashboard_server.Address(host, port, tuple(allow_host or ()), root_path)
    roots = tuple(data_root) if data_root else None
    access = dashboard_server.Access(token_file, no_token, roots, uploads)
    place = dashboard_server.Place(to_url(storage), files, artefacts)
    dashboard_server.serve(place, address, access, as_json)


def techniques(as_json: AsJson = False) -> None:
    """Print the table of techniques."""
    from . import inspection

    inspection.techniques(as_json)


def doctor(
    storage: Storage = DEFAULT_STORAGE,
    files: Files = None,
    artefacts: Artefacts = None,
    salvage: Annotated[
        Path | None, typer.Option(help="Save what can be read of a damaged SQLite file.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="New file for what --salvage reads.")] = None,
    as_json: AsJson = False,
) -> None:
    """Examine versions, database, folders, artefacts and devices; 1 where something fails."""
    from .checkup import diagnose, save_what_is_left

    if salvage is not None or out is not None:
        save_what_is_left(salvage, out, files, as_json)
    else:
        diagnose(to_url(storage), files, artefacts, as_json)


def demo(
    folder: Annotated[Path, typer.Argument(help="Folder for all that it writes.")] = Path(
        "peftsearch-demo"
    ),
    workers: Workers = 2,
    storage: Annotated[
        str | None, typer.Option(help="Database for the job [in the folder].")
    ] = None,
    files: Annotated[
        Path | None, typer.Option(help="Folder of the adapters [beside the database].")
    ] = None,
    minutes: Annotated[
        float | None,
        typer.Option(help="Minutes of searching, without what goes before it and after [3.3]."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Search a real model on real reviews, within 6 minutes on 2 idle CPU cores."""
    started = begin("reading the model and the data of the demonstration")
    from . import demonstration

    url = None if storage is None else to_url(storage)
    demonstration.run_demo(folder, workers, url, files, minutes, as_json, started)
