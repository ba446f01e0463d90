"""The filters of the trials table as a request writes them."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Query, Request

from peftsearch.errors import UserError
from peftsearch.insight.points import Point
from peftsearch.insight.trial_table import Filter
from peftsearch.message_text import show, suggest
from peftsearch.records.trial import FailureKind, TrialState
from peftsearch.results.wording import ORIGINS
from peftsearch.spaces.jobspec.objectives import OBJECTIVES
from peftsearch.spaces.jobspec.sampler_names import origin_names

Word = Annotated[str, Query(max_length=200)]
_NAMED = ("state", "origin", "failure", "front", "technique", "text", "key")
_PAGING = ("sort", "offset", "limit")

_ORIGIN = "Who proposed it, as answers have it or as `show` tells it; repeatable."
_BY_WORD = {word: name for name, word in ORIGINS.items()}


def read_limits(request: Request) -> tuple[dict[str, float], dict[str, float]]:
    """Limits such as `min.accuracy=0.9&max.adapter_bytes=200000`: smallest, largest.

    Raises:
        UserError: An unknown name, or no number.
    """
    limits: dict[str, dict[str, float]] = {"min": {}, "max": {}}
    for name, text in request.query_params.multi_items():
        kind, _, column = name.partition(".")
        if kind in limits and column in OBJECTIVES:
            limits[kind][column] = _number(name, text)
        elif name not in (*_NAMED, *_PAGING):
            known = ", ".join(_NAMED)
            raise UserError(
                f"a filter among {known}, or min. or max. with one of {', '.join(OBJECTIVES)}",
                repr(name[:100]),
                "for example min.accuracy=0.9",
            )
    return limits["min"], limits["max"]


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"a number for {name}", repr(text[:100]), "correct it") from None


def check_origins(origins: Iterable[str], there: Iterable[Point]) -> None:
    """Refuse what proposes no trial, here or in any job.

    Args:
        there: The job's trials: some may be of a package that is gone.

    Raises:
        UserError: One is none; lists those that are, as people are told them.
    """
    for name in set(origins) - set(origin_names()):
        known = dict.fromkeys((*origin_names(), *(x.origin for x in there)))
        if name not in known:
            told = [ORIGINS.get(x, x) for x in known]
            hint = suggest(name, told, "correct it")
            raise UserError(f"an origin among {', '.join(told)}", show(name), hint)


def read_filter(
    request: Request,
    state: Annotated[tuple[TrialState, ...], Query(description="Repeatable.")] = (),
    origin: Annotated[tuple[Word, ...], Query(description=_ORIGIN)] = (),
    failure: Annotated[tuple[FailureKind, ...], Query(description="Repeatable.")] = (),
    front: Annotated[bool | None, Query(description="On the front, or not.")] = None,
    technique: Annotated[Word | None, Query(description="Carried by some layer.")] = None,
    text: Annotated[Word | None, Query(description="Part of the words or message.")] = None,
    key: Annotated[Word | None, Query(description="Of a configuration.")] = None,
) -> Filter:
    """The filters of a request."""
    least, most = read_limits(request)
    failures = [kind.value for kind in failure]
    origins = tuple(_BY_WORD.get(x, x) for x in origin)
    return Filter(state, origins, failures, front, technique, text, key, least, most)
