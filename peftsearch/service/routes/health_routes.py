"""Routes: whether the service answers. Open to all who reach it."""

from fastapi import APIRouter

from peftsearch import __version__

router = APIRouter(tags=["service"])


@router.get("/health")
async def read_health() -> dict[str, str]:
    """The service's state and version; needs no token and looks at no database."""
    return {"status": "ok", "version": __version__}
