"""Every page and call of the service that only looks, for `service`."""

import random
from collections.abc import Callable
from urllib.parse import quote

JOB = "large"
API = f"/api/v1/jobs/{JOB}"


def routes(trials: int) -> dict[str, Callable[[random.Random], str]]:
    """Every page and every call that only looks, by name, each with plausible arguments."""

    def number(rng: random.Random) -> int:
        return rng.randrange(trials)

    def pick(rng: random.Random) -> str:
        limit = rng.choice([50, 200, 800, 3200])
        return quote(f"accuracy where adapter_bytes <= {limit} KB and training_seconds <= 22")

    fixed = {
        "page jobs": "/",
        "page new": "/new",
        "page workers": "/workers",
        "page techniques": "/techniques",
        "page job": f"/jobs/{JOB}",
        "health": "/api/v1/health",
        "schema": "/api/v1/schema",
        "presets": "/api/v1/presets",
        "techniques": "/api/v1/techniques",
        "openapi": "/api/v1/openapi.json",
        "jobs": "/api/v1/jobs",
        "job": API,
        "points": f"{API}/points",
        "front": f"{API}/front",
        "front history": f"{API}/front/history",
        "progress": f"{API}/progress",
        "importance": f"{API}/importance",
        "parameters": f"{API}/parameters",
        "failures": f"{API}/failures",
        "pick knee": f"{API}/pick?pick=knee",
        "trials newest": f"{API}/trials?sort=-number&limit=50",
        "trials best": f"{API}/trials?sort=-accuracy&limit=50",
        "trials of the front": f"{API}/trials?front=true&sort=adapter_bytes",
        "trials by text": f"{API}/trials?text=dora&state=completed",
        "trials failed": f"{API}/trials?state=failed",
        "workers": "/api/v1/workers",
        "workers of the job": f"{API}/workers",
        "exports": f"{API}/exports",
        "reports": f"{API}/reports/confirm",
    }
    varied: dict[str, Callable[[random.Random], str]] = {
        "page trial": lambda rng: f"/jobs/{JOB}/trials/{number(rng)}",
        "page compare": lambda rng: f"/jobs/{JOB}/compare?trials={number(rng)},{number(rng)}",
        "points since": lambda rng: f"{API}/points?after={trials - rng.randrange(50)}",
        "front then": lambda rng: f"{API}/front?event={number(rng)}",
        "pick by budget": lambda rng: f"{API}/pick?pick={pick(rng)}",
        "trials anywhere": lambda rng: f"{API}/trials?offset={number(rng)}&limit=50",
        "trial": lambda rng: f"{API}/trials/{number(rng)}",
        "measurements": lambda rng: f"{API}/measurements?trials=1&first={number(rng)}",
        "measurements page": lambda rng: f"{API}/measurements?first={number(rng)}",
    }
    return {name: (lambda rng, path=path: path) for name, path in fixed.items()} | varied
