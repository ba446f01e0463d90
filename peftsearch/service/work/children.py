"""The environment of the programs that the service starts.

The database and the folder of files reach them this way, since a URL may hold a password and
anyone can read a command line. Python looks for no modules in their working folder, which may be a
folder of data.
"""

import os

from peftsearch.service.settings import Settings


def child_environment(settings: Settings) -> dict[str, str]:
    """The service's environment with its storage, without what is its own alone."""
    own = {"PEFTSEARCH_STORAGE": settings.storage, "PEFTSEARCH_FILES": str(settings.root)}
    return reader_environment() | own


def reader_environment() -> dict[str, str]:
    """The same for a program that only reads models and data: it gets no secret of the service."""
    secrets = ("PEFTSEARCH_STORAGE", "PEFTSEARCH_TOKEN")
    kept = {name: x for name, x in os.environ.items() if name not in secrets}
    return kept | {"PYTHONSAFEPATH": "1"}
