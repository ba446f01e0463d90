"""The whole application: the HTTP API, the pages over it, and their static files."""

from fastapi import FastAPI
from starlette.routing import Mount, Route

from peftsearch.service.application import make_app
from peftsearch.service.settings import Settings

from . import error_pages, pages, sessions
from .assets import serve_plotly
from .static_folder import StaticFolder


def make_site(settings: Settings) -> FastAPI:
    """The API with the pages; nothing runs yet and no database is open."""
    app = make_app(settings)
    error_pages.register(app)
    app.include_router(pages.router)
    app.include_router(sessions.router)
    app.router.routes.append(Route("/static/plotly-{rest}", serve_plotly))
    app.router.routes.append(Mount("/static", StaticFolder()))
    return app
