"""The program that makes a report for the service.

python -m peftsearch.service.work.reporting REQUEST PROGRESS PAGE
"""

import json
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from peftsearch.durable import write_whole
from peftsearch.message_text import plural
from peftsearch.records.job import Job
from peftsearch.storage.store import Store

from .child_program import Answer, answering, make_teller, with_job


def report(request: Mapping[str, Any], tell: Callable[[str], None], page: Path) -> Answer:
    """Write the page; its verdict, or a `mistake`."""
    tell("loading the libraries")
    from peftsearch.report.content import make_report
    from peftsearch.report.reading import read_records
    from peftsearch.report.rendering import render_page

    def act(store: Store, job: Job, root: Path) -> Answer:
        tell("reading the job's records")
        records = read_records(store, job, root)
        tell(f"working out what {plural(len(records.result.trials), 'trial')} say")
        found = make_report(records, request["pick"])
        tell("drawing the page")
        write_whole(page, render_page(found))
        return {"verdict": " ".join(found["verdict"])}

    return with_job(request, act)


def main() -> None:
    """Answer one request."""
    request, progress, page = sys.argv[1:]
    with answering() as answer:
        answer(report(json.loads(request), make_teller(Path(progress)), Path(page)))


if __name__ == "__main__":
    main()
