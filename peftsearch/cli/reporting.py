"""The command that writes a report."""

from pathlib import Path

from peftsearch.jobs.existing_storage import open_existing
from peftsearch.report.content import make_report
from peftsearch.report.reading import read_records
from peftsearch.report.writing import check_place, write_report
from peftsearch.workers.files.job_folder import choose_root

from .console import console, log, print_json


def report(name: str, pick: str, out: Path, storage: str, as_json: bool) -> None:
    """Write the report of a job; print its sentences and its files, or its data."""
    check_place(out)
    with open_existing(storage) as store:
        records = read_records(store, store.find_job(name), choose_root(storage, None))
    found = make_report(records, pick)
    files = write_report(found, out)
    if as_json:
        print_json({"files": [str(x) for x in files], "report": found})
        return
    for text in found["verdict"]:
        console.print(text, highlight=False, soft_wrap=True)
    for line in found["warnings"]:
        console.print(line, highlight=False, soft_wrap=True, style="yellow")
    log.print(f"report: {files[0]} and {files[1]}", highlight=False, soft_wrap=True)
