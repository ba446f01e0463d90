"""Names of trackers: ours, and those that installed packages add as `peftsearch.trackers`."""

from collections.abc import Iterable, Mapping
from importlib.util import find_spec
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from peftsearch.errors import UserError
from peftsearch.extensions import names, provider
from peftsearch.message_text import show

GROUP = "peftsearch.trackers"
"""Of the entry points; `peftsearch.tracking.tracker.Factory` says what one is."""
NO_TRACKER = "none"
"""In place of the names that a job has."""
CLIENTS: Mapping[str, str] = {
    "mlflow": 'pip install "peftsearch[mlflow]"',
    "wandb": 'pip install "peftsearch[wandb]"',
    "tensorboard": 'pip install "peftsearch[tensorboard]"',
    # Its releases ask for a Pillow that is older than ours, of which they use what ours has too.
    "trackio": "pip install --no-deps trackio gradio-client python-multipart brotli websockets",
}
"""The client's module, which is its tracker's name, and how it is installed."""


def tracker_names() -> tuple[str, ...]:
    """All names that a job file may give."""
    return (*CLIENTS, *(x for x in names(GROUP) if x not in CLIENTS))


def read_trackers(said: object) -> object:
    """A list of names, of which one may stand alone."""
    return [said] if isinstance(said, str) else said


def check_names(said: Iterable[str]) -> tuple[str, ...]:
    """Names of trackers, each once; none for the word `none`, which stands alone.

    Raises:
        UserError: There is no such tracker.
    """
    asked = tuple(dict.fromkeys(said))
    if asked == (NO_TRACKER,):
        return ()
    known = tracker_names()
    for name in asked:
        if name not in known:
            expected = f"tracking: {', '.join(map(repr, known))}, or {NO_TRACKER!r} alone"
            hint = "correct it, or install the package that adds it"
            raise UserError(expected, show(name), hint, "tracking")
        if name not in CLIENTS:
            provider(GROUP, name)  # refuses one that two packages give
    return asked


def check_installed(trackers: Iterable[str]) -> None:
    """Refuse trackers whose client is not here.

    Raises:
        UserError: Says what to install.
    """
    for name in missing(trackers):
        expected = f"the client of {name}, to which the job is to be tracked"
        hint = f"run `{CLIENTS[name]}`, or leave {name} out of tracking"
        raise UserError(expected, "none installed", hint, "tracking")


def missing(trackers: Iterable[str]) -> list[str]:
    """Those of our trackers whose client is not installed."""
    return [name for name in trackers if name in CLIENTS and find_spec(name) is None]


TrackerNames = Annotated[
    tuple[str, ...], BeforeValidator(read_trackers), AfterValidator(check_names)
]
