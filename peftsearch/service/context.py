"""What the routes share: one `Service` per application, found through the request."""

from dataclasses import dataclass, field
from typing import Annotated

from fastapi import Depends, Request

from peftsearch.service.guard.throttle import Throttle
from peftsearch.service.memory.history import Histories
from peftsearch.service.streams.watcher import Watcher
from peftsearch.service.work.checker import Checker
from peftsearch.service.work.confirmer import Confirmer
from peftsearch.service.work.exporter import Exporter
from peftsearch.service.work.reporter import Reporter
from peftsearch.service.work.supervisor import Supervisor

from .settings import Settings
from .stores import StorePool
from .summaries import Summaries


@dataclass(frozen=True)
class Service:
    """The parts that live as long as the application."""

    settings: Settings
    stores: StorePool
    histories: Histories
    watcher: Watcher
    supervisor: Supervisor
    checker: Checker
    exporter: Exporter
    confirmer: Confirmer
    reporter: Reporter
    summaries: Summaries
    throttle: Throttle = field(default_factory=Throttle)

    def close(self) -> None:
        """End what runs and give up the connections; may be called again."""
        self.supervisor.close()
        self.exporter.close()
        self.confirmer.close()
        self.reporter.close()
        self.checker.close()
        self.stores.close()


def find_service(request: Request) -> Service:
    """The application's own."""
    service: Service = request.app.state.service
    return service


InService = Annotated[Service, Depends(find_service)]
"""Type of a route's parameter that wants the service."""
