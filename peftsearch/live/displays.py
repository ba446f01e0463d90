"""Where a search of the caller's own process shows its progress."""

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import Protocol

from rich.console import Console

from peftsearch.records.job import Job
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import Crew

from .crew import CrewView
from .notebook_view import NotebookView, Show, render
from .terminal import LiveView, PlainView


class Display(Protocol):
    """Shows one search, from its first moment."""

    def tell(self, phase: str) -> None:
        """What goes on before there is a job."""

    def follow(self, store: Store, job: Job) -> AbstractContextManager[CrewView]:
        """Its workers, for the length of a block."""


class Silent:
    """Shows nothing."""

    def tell(self, phase: str) -> None:
        """Nothing."""

    def follow(self, store: Store, job: Job) -> AbstractContextManager[CrewView]:
        """A view of nothing."""
        return nullcontext(self)

    def update(self, crew: Crew) -> None:
        """Nothing."""


@dataclass
class Terminal:
    """As `peftsearch run` shows it: a panel in a terminal, lines elsewhere, to standard error."""

    console: Console = field(default_factory=lambda: Console(stderr=True, markup=False))

    def tell(self, phase: str) -> None:
        """A line."""
        self.console.print(f"{phase} ...", highlight=False, soft_wrap=True)

    def follow(self, store: Store, job: Job) -> AbstractContextManager[CrewView]:
        """A panel, or lines."""
        if self.console.is_terminal:
            return LiveView(store, job, self.console)
        return nullcontext(PlainView(store, job, self.console))


@dataclass
class Notebook:
    """One output of a cell."""

    show: Show

    def tell(self, phase: str) -> None:
        """A line in its place."""
        self.show(render([f"{phase} ..."]))

    @contextmanager
    def follow(self, store: Store, job: Job) -> Iterator[CrewView]:
        """A bar and lines in its place."""
        yield NotebookView(store, job, self.show)


def choose_display(progress: bool) -> Display:
    """That of the program's place.

    Args:
        progress: Whether anything is to be shown.
    """
    if not progress:
        return Silent()
    return Notebook(_show_in_place()) if in_notebook() else Terminal()


def in_notebook() -> bool:
    """Whether a kernel of IPython runs this program, whose outputs a page shows."""
    ipython = sys.modules.get("IPython")
    shell = None if ipython is None else ipython.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _show_in_place() -> Show:
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    return lambda text: handle.update(HTML(text))
