"""Who shows a crew at work: workers of an engine, or the caller's own process."""

from typing import Protocol

from peftsearch.workers.engines.engine import Crew


class CrewView(Protocol):
    """Shows a crew at work."""

    def update(self, crew: Crew) -> None:
        """Called often; shows what is new, about once a second."""
