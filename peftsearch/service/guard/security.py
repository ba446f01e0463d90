"""All that stands between a caller and the routes, in its order.

Each part is plain ASGI: Starlette's `BaseHTTPMiddleware` would hold event streams back.
"""

from fastapi import FastAPI
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware

from peftsearch.service.settings import Settings

from .access import AccessCheck
from .body_limit import BodyLimit
from .crowds import StreamLimit, room_for
from .headers import Envelope
from .hosts import HostCheck
from .origins import OriginCheck
from .throttle import Throttle

_COMPRESS_FROM = 2_000
_UNCOMPRESSED = (*DEFAULT_EXCLUDED_CONTENT_TYPES, "text/html")
"""Event streams must not wait for a full buffer; pages hold the CSRF value beside what a caller
chose, and are small."""


def protect(app: FastAPI, settings: Settings, throttle: Throttle) -> None:
    """Put the parts around the application; what is added last is met first."""
    app.add_middleware(
        GZipMiddleware,
        minimum_size=_COMPRESS_FROM,
        compresslevel=4,
        exclude_content_types=_UNCOMPRESSED,
    )
    app.add_middleware(StreamLimit, room=room_for(settings.open_files))
    app.add_middleware(AccessCheck, settings=settings, throttle=throttle)
    app.add_middleware(OriginCheck)
    app.add_middleware(BodyLimit)
    app.add_middleware(HostCheck, settings=settings)
    app.add_middleware(Envelope)
