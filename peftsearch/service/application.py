"""The application: its parts, its routes, its errors."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, FastAPI

from peftsearch import __version__
from peftsearch.service.guard.root_path import RootPath
from peftsearch.service.guard.security import protect
from peftsearch.service.memory.history import Histories
from peftsearch.service.memory.warming import warming
from peftsearch.service.streams.watcher import Watcher
from peftsearch.service.work.checker import Checker
from peftsearch.service.work.confirmer import Confirmer
from peftsearch.service.work.exporter import Exporter
from peftsearch.service.work.reporter import Reporter
from peftsearch.service.work.supervisor import Supervisor

from . import error_handlers
from .context import Service
from .descriptions import move_descriptions
from .problems import problem_schemas
from .routes import (
    baseline_routes,
    chart_routes,
    comparison_routes,
    confirm_routes,
    data_routes,
    event_routes,
    export_routes,
    front_routes,
    health_routes,
    job_routes,
    measurement_routes,
    note_routes,
    reference_routes,
    report_routes,
    slice_routes,
    spec_routes,
    trial_routes,
    worker_routes,
)
from .settings import Settings
from .stores import StorePool
from .summaries import Summaries

PREFIX = "/api/v1"
_ROUTERS: tuple[APIRouter, ...] = (
    health_routes.router,
    reference_routes.router,
    spec_routes.router,
    job_routes.router,
    data_routes.router,
    comparison_routes.router,
    trial_routes.router,
    note_routes.router,
    front_routes.router,
    chart_routes.router,
    slice_routes.router,
    measurement_routes.router,
    event_routes.router,
    worker_routes.router,
    export_routes.router,
    confirm_routes.router,
    report_routes.router,
    baseline_routes.router,
)


class Application(FastAPI):
    """Publishes its OpenAPI document with descriptions for people."""

    def openapi(self) -> dict[str, Any]:
        """The document, made once."""
        made = self.openapi_schema is not None
        document = super().openapi()
        if not made:
            schemas = document["components"]["schemas"]
            schemas |= problem_schemas()
            for section in schemas.values():
                if "properties" in section:
                    move_descriptions(section)
        return document


def make_service(settings: Settings) -> Service:
    """The parts; nothing runs yet and no database is open."""
    stores, histories = StorePool(settings.storage), Histories()
    supervisor = Supervisor(settings, stores.runs)
    return Service(
        settings,
        stores,
        histories,
        Watcher(stores, histories, supervisor.known_pools),
        supervisor,
        Checker(settings),
        Exporter(settings),
        Confirmer(settings),
        Reporter(settings),
        Summaries(histories),
    )


def make_app(settings: Settings) -> FastAPI:
    """The HTTP API alone, with its protection; `dashboard.site` adds the pages."""
    service = make_service(settings)

    @contextlib.asynccontextmanager
    async def live(app: FastAPI) -> AsyncIterator[None]:
        try:
            async with (
                warming(service.stores, service.histories),
                service.watcher.running(),
            ):
                yield
        finally:
            await asyncio.to_thread(service.close)

    app = Application(
        title="peftsearch",
        lifespan=live,
        openapi_url=f"{PREFIX}/openapi.json",
        docs_url=None,
        redoc_url=None,
        version=__version__,
    )
    app.state.service = service
    protect(app, settings, service.throttle)
    app.add_middleware(RootPath, root_path=settings.root_path)
    error_handlers.register(app)
    for router in _ROUTERS:
        app.include_router(router, prefix=PREFIX)
    return app
