"""Static files: where ours are, named by the hash of what they hold, and Plotly's."""

import functools
import gzip
import hashlib
import re
import time
from importlib import metadata, resources
from pathlib import Path

from fastapi import Request, Response
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
REVALIDATE = "no-cache"
PREFIX = "v-"
_JAVASCRIPT = "text/javascript"


def static_url(name: str) -> str:
    """Address of a file of ours that changes with the content of any of them.

    All files share one version, so that scripts which import each other by relative paths are
    always of one release.
    """
    return f"/static/{PREFIX}{version()}/{name}"


def version() -> str:
    """Hash of all files of ours, as they were at most a second ago."""
    return _version(int(time.monotonic()))


@functools.lru_cache(maxsize=1)
def _version(second: int) -> str:
    found = sorted(path for path in FOLDER.rglob("*") if path.is_file())
    return _digest(tuple((path, path.stat().st_mtime_ns) for path in found))


@functools.lru_cache(maxsize=1)
def _digest(files: tuple[tuple[Path, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _ in files:
        digest.update(path.relative_to(FOLDER).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


@functools.cache
def plotly_name() -> str:
    """File name of Plotly's script, with its version."""
    return f"plotly-{metadata.version('plotly')}.min.js"


def serve_plotly(request: Request) -> Response:
    """Plotly's script from its Python package, compressed where the browser takes that.

    Raises:
        HTTPException: The address names another version (404).
    """
    if request.url.path != f"/static/{plotly_name()}":
        raise HTTPException(404, "another version of Plotly is served")
    if not takes_gzip(request.headers):
        return FileResponse(
            _plotly_path(), media_type=_JAVASCRIPT, headers={"Cache-Control": FOREVER}
        )
    return packed_response(_compressed_plotly(), _JAVASCRIPT, FOREVER)


def takes_gzip(headers: Headers) -> bool:
    """Whether who asks takes a compressed answer."""
    return "gzip" in headers.get("accept-encoding", "")


def packed_response(packed: bytes, media_type: str, cache: str) -> Response:
    """An answer that was compressed before."""
    headers = {"Cache-Control": cache, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
    return Response(packed, media_type=media_type, headers=headers)


def _plotly_path() -> Path:
    return Path(str(resources.files("plotly") / "package_data" / "plotly.min.js"))


@functools.cache
def _compressed_plotly() -> bytes:
    """1.5 MB instead of 4.8; takes 0.2 s, once."""
    return gzip.compress(_plotly_path().read_bytes(), 6, mtime=0)


@functools.cache
def plotly_style_id() -> str:
    """Id of the style element of its maps; a page that has it is spared those styles.

    They would be inline, which the content-security policy refuses. Empty where Plotly has none.
    """
    found = re.search(rb'getElementById\("([0-9a-f]{64})"\)', _plotly_path().read_bytes())
    return found[1].decode() if found else ""
