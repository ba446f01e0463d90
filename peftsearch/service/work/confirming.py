"""What the service has a program of its own do with a test split: foresee a confirmation, or make
it.

    python -m peftsearch.service.work.confirming            a forecast: a request of standard input
    python -m peftsearch.service.work.confirming REQUEST PROGRESS     a confirmation

The database and the folder of files come by the environment, as they do for every command.
"""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from peftsearch.errors import PeftsearchError, UserError, located
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.results.confirm_plan import Plan
from peftsearch.results.confirming import Wanted
from peftsearch.results.confirming_front import confirm_front
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.spaces.jobspec.mistakes import Mistake
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import choose_root


def foresee(request: Mapping[str, Any]) -> dict[str, Any]:
    """A forecast, or a `mistake`."""
    from peftsearch.results.confirm_forecast import foresee_confirmation

    def look(store: Store, result: SearchResult) -> dict[str, Any]:
        plan = _plan(request)
        if request["sweep"]:
            plan = replace(plan, swept=result.find_swept())
        found = foresee_confirmation(store, result, request["pick"], plan, request["by"])
        return found.to_json()

    return _with_job(request, look)


def confirm(request: Mapping[str, Any], tell: Callable[[str], None]) -> dict[str, Any]:
    """How a confirmation ended: its sentence and its reading, or a `mistake`."""

    def act(store: Store, result: SearchResult) -> dict[str, Any]:
        plan = replace(_plan(request), agreed=request["reading"])
        wanted = Wanted(request["device"], tell, plan, request["by"], request["sweep"])
        if request["pick"] is None:
            return _end(confirm_front(store, result, wanted).to_json())
        return _end(result.confirm_in(store, request["pick"], wanted).to_json())

    return _with_job(request, act)


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


def _with_job(
    request: Mapping[str, Any], act: Callable[[Store, SearchResult], dict[str, Any]]
) -> dict[str, Any]:
    storage = os.environ["PEFTSEARCH_STORAGE"]
    root = choose_root(storage, Path(os.environ["PEFTSEARCH_FILES"]))
    try:
        with open_existing(storage) as store:
            job = store.find_job(request["job"])
            if job.uid != request["uid"]:
                raise UserError("the job that was asked for", "another of its name", "ask again")
            return act(store, load_result(store, job, root))
    except UserError as error:
        return {"mistake": asdict(Mistake.of(error)), "kind": type(error).__name__}
    except PeftsearchError as error:
        return {"error": str(error)}
    except Exception as error:  # such as a device without memory: its first line, here
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}".partition("\n")[0]}


@contextlib.contextmanager
def _answering() -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Gives what answers on what standard output was; libraries print what they like."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)
        yield lambda found: json.dump(found, answer)


def _teller(path: Path) -> Callable[[str], None]:
    """Keeps the latest line in a file; a full disk loses a line and no training."""

    def tell(line: str) -> None:
        part = path.with_name(f".{path.name}")
        with contextlib.suppress(OSError):
            part.write_text(line, encoding="utf-8")
            os.replace(part, path)

    return tell


def main() -> None:
    """Answer one request."""
    with _answering() as answer:
        if len(sys.argv) == 1:
            answer(foresee(json.load(sys.stdin)))
        else:
            answer(confirm(json.loads(sys.argv[1]), _teller(Path(sys.argv[2]))))


if __name__ == "__main__":
    main()
