"""Fills the templates. Values are escaped; a name that a template invents is an error."""

import functools
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse, Response

from peftsearch import __version__
from peftsearch.report.phrases import with_commands
from peftsearch.service.context import find_service
from peftsearch.service.guard.access import is_signed_in

from . import scripts
from .assets import plotly_name, plotly_style_id, static_url
from .joined import joined_name


@functools.cache
def environment() -> Environment:
    """Reads a template again when its file changed."""
    made = Environment(
        loader=FileSystemLoader(scripts.TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["plotly_style_id"] = plotly_style_id
    made.filters["with_commands"] = with_commands
    return made


def render(request: Request, page: str, title: str, status: int = 200, **more: Any) -> Response:
    """The page of that template.

    Args:
        page: The template's stem.
        more: What this page gets beside that which all get.
    """
    own = {"page": page, "title": title, "status": status, "parts": scripts.parts(page)}
    values = _shared(request) | own | more
    html = environment().get_template(f"{page}.html").render(values)
    return HTMLResponse(html, status)


def _shared(request: Request) -> dict[str, Any]:
    settings = find_service(request).settings
    credentials, root = settings.credentials, settings.root_path
    signed_in = credentials is not None and is_signed_in(request.scope)
    return {
        "job": None,
        "number": None,
        "root": root,
        "static": lambda name: root + static_url(name),
        "joined": lambda page, kind: root + static_url(joined_name(page, kind)),
        "plotly_url": f"{root}/static/{plotly_name()}",
        "csrf": credentials.csrf if credentials and signed_in else "",
        "version": __version__,
        "signed_in": signed_in,
    }
