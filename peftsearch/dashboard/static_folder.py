"""The folder of static files as it is served: each file, and what is joined of them."""

from fastapi import Response
from starlette.datastructures import Headers
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from .assets import FOLDER, FOREVER, PREFIX, REVALIDATE, packed_response, takes_gzip, version
from .joined import Joined, find_joined


class StaticFolder(StaticFiles):
    """Our files, at `/static/NAME` and for ever at `/static/v-HASH/NAME`."""

    def __init__(self) -> None:
        super().__init__(directory=FOLDER)

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file; kept by browsers where the address names its present version."""
        first, _, rest = path.partition("/")
        versioned = first.startswith(PREFIX) and bool(rest)
        cache = FOREVER if versioned and first == PREFIX + version() else REVALIDATE
        name = rest if versioned else path
        if (joined := find_joined(name)) is not None:
            return _answer(joined, Headers(scope=scope), cache)
        response = await super().get_response(name, scope)
        response.headers["Cache-Control"] = cache
        return response


def _answer(joined: Joined, asked: Headers, cache: str) -> Response:
    if takes_gzip(asked):
        return packed_response(joined.packed, joined.media_type, cache)
    return Response(joined.plain, media_type=joined.media_type, headers={"Cache-Control": cache})
