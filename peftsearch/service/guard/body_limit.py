"""The longest body that a request may have.

The framework's own limit answers outside all middleware, without the headers of every answer.
"""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from peftsearch.service.problems import problem

MOST_BYTES = 1_000_000
"""A job spec is some kilobytes."""
FILES = "/api/v1/files/"
"""Below it a body is a file of data."""
MOST_FILE_BYTES = 100_000_000


class BodyLimit:
    """Answers 413, by the announced length or by what really comes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on with a `receive` that counts."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        announced = Headers(scope=scope).get("content-length", "0")
        most = MOST_FILE_BYTES if scope["path"].startswith(FILES) else MOST_BYTES
        if announced.isdecimal() and int(announced[:20]) > most:
            await problem(413, _tell(most), _tell(most))(scope, receive, send)
        else:
            await self._app(scope, _counting(receive, most), send)


def _tell(most: int) -> str:
    return f"The body is longer than {most:,} bytes"


def _counting(receive: Receive, most: int) -> Receive:
    taken = 0

    async def counting() -> Message:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        if taken > most:
            raise HTTPException(413, _tell(most))
        return message

    return counting
