"""Whether a place for artefacts does what is asked of it, tried before anything is trained."""

import tempfile
import uuid
from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.workers.runtime.file_hashes import hash_file

from .places import ArtefactsAway, Place
from .signs_of_life import ASIDE_SECONDS, act_in_words

_OWN_PROCESS = "memory://"


def check_place(url: str | None) -> None:
    """Write, read and remove a small file; None is the folder of the jobs' files.

    Raises:
        ArtefactsAway: It cannot be reached, read or written.
        UserError: Nothing here opens such a URL, or it gives back something else.
    """
    if url is None:
        return
    try:
        place = Place(url).under(f".probe-{uuid.uuid4().hex}")
        same = act_in_words(lambda: _try(place), url, ASIDE_SECONDS)
    except ArtefactsAway as error:
        raise ArtefactsAway(url, error.reason) from error.reason
    except FileNotFoundError as error:
        raise ArtefactsAway(url, error) from error
    if not same:
        hint = "use another store, or mend it"
        raise UserError(f"{url} to give back what it was given", "other bytes", hint)


def _try(place: Place) -> bool:
    """Whether a file comes back as it was sent."""
    with tempfile.TemporaryDirectory(prefix="peftsearch-") as folder:
        sent, came = Path(folder) / "sent", Path(folder) / "came"
        sent.write_text(place.url, encoding="utf-8")
        place.put(sent)
        place.fetch(came)
        place.remove()
        return hash_file(came) == hash_file(sent)


def check_shared(url: str | None) -> None:
    """The same, by processes that share nothing.

    Raises:
        ArtefactsAway: As `check_place`.
        UserError: As `check_place`, or each process has a place of its own there.
    """
    if url is not None and url.startswith(_OWN_PROCESS):
        expected, hint = "a URL that several processes see", "use s3://, gs:// or a folder"
        raise UserError(expected, repr(url), hint, "artefacts")
    check_place(url)
