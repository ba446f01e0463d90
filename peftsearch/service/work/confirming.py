"""What the service has a program of its own do with a test split: foresee a confirmation, or make
it.

    python -m peftsearch.service.work.confirming            a forecast: a request of standard input
    python -m peftsearch.service.work.confirming REQUEST PROGRESS     a confirmation
"""

import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from peftsearch.errors import located
from peftsearch.results.confirmations.confirming import Wanted, confirm_front
from peftsearch.results.confirmations.plan import Plan
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.storage.store import Store

from .child_program import Answer, answering, make_teller, with_job


def foresee(request: Mapping[str, Any]) -> dict[str, Any]:
    """A forecast, or a `mistake`."""
    from peftsearch.results.confirmations.forecast import foresee_confirmation

    def look(store: Store, result: SearchResult) -> dict[str, Any]:
        plan = _plan(request)
        if request["sweep"]:
            plan = replace(plan, swept=result.find_swept())
        found = foresee_confirmation(store, result.subject(request["pick"]), plan, request["by"])
        return found.to_json()

    return _with_result(request, look)


def confirm(request: Mapping[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """How a confirmation ended: its sentence and its reading, or a `mistake`."""

    def act(store: Store, result: SearchResult) -> dict[str, Any]:
        plan = replace(_plan(request), agreed=request["reading"])
        wanted = Wanted(request["device"], tell, plan, request["by"], request["sweep"])
        if request["pick"] is None:
            return _end(confirm_front(store, result.subject(None), wanted).to_json())
        return _end(result.confirm_in(store, request["pick"], wanted).to_json())

    return _with_result(request, act)


def _end(report: Mapping[str, Any]) -> dict[str, Any]:
    reading = report["reading"]
    return {
        "sentence": report.get("sentence", report["verdict"]),
        "reading": reading["number"],
        "level": report["level"],
    }


def _plan(request: Mapping[str, Any]) -> Plan:
    with located("seeds" if request["width"] is None else "width"):
        return Plan.of(request["seeds"], request["width"])


def _with_result(
    request: Mapping[str, Any], act: Callable[[Store, SearchResult], Answer]
) -> Answer:
    return with_job(request, lambda store, job, root: act(store, load_result(store, job, root)))


def main() -> None:
    """Answer one request."""
    with answering() as answer:
        if len(sys.argv) == 1:
            answer(foresee(json.load(sys.stdin)))
        else:
            answer(confirm(json.loads(sys.argv[1]), make_teller(Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
