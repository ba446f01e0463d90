"""Answers that follow from a job's event alone: kept as bytes, and not sent twice."""

import gzip
from collections.abc import Callable
from typing import Any

import orjson
from fastapi import Request, Response

import peftsearch
from peftsearch.service.memory.past import History

_LARGE = 2000
_LEVEL = 1
"""Twice as fast as 4, for a tenth more bytes."""


def respond(content: Any) -> Response:
    """JSON of plain data; `bytes` are JSON already."""
    body = content if isinstance(content, bytes) else orjson.dumps(content)
    return Response(body, media_type="application/json")


def respond_once(
    request: Request, history: History, name: str, compute: Callable[[History], bytes]
) -> Response:
    """`compute(history)`, kept under `name` until the job's event changes.

    Its tag names the event: who shows the tag again gets 304 without a body.
    """
    headers = {"ETag": tag_of(history), "Vary": "Accept-Encoding"}
    if headers["ETag"] in request.headers.get("if-none-match", "").split(", "):
        return Response(status_code=304, headers=headers)
    body = history.derive(name, compute)
    if len(body) > _LARGE and "gzip" in request.headers.get("accept-encoding", ""):
        # Once, and on this thread: the event loop has others to serve.
        body = history.derive(f"{name}.gz", lambda _: gzip.compress(body, _LEVEL, mtime=0))
        headers["Content-Encoding"] = "gzip"
    return Response(body, media_type="application/json", headers=headers)


def tag_of(history: History) -> str:
    """Weak, since the body may be compressed."""
    job = history.job
    return f'W/"{peftsearch.__version__}-{job.id}-{job.created:.6f}-{job.event}"'
