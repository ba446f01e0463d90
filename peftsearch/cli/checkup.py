"""The command that examines the installation: doctor."""

from pathlib import Path

from rich.text import Text

from peftsearch.doctor.examination import examine
from peftsearch.doctor.finding import Finding, Health
from peftsearch.doctor.salvaging import describe_rescue, rescue
from peftsearch.errors import UserError

from .console import console, print_json

_STYLES = {Health.OK: "green", Health.NOTE: "yellow", Health.FAILED: "red"}


def diagnose(storage: str, files: Path | None, artefacts: str | None, as_json: bool) -> None:
    """Print every finding.

    Raises:
        SystemExit: With 1 where something fails.
    """
    found = []
    for finding in examine(storage, files, artefacts):
        found.append(finding)
        if not as_json:
            console.print(_line(finding), soft_wrap=True)
    well = all(finding.health is not Health.FAILED for finding in found)
    if as_json:
        print_json({"well": well, "findings": [finding.to_json() for finding in found]})
    if not well:
        raise SystemExit(1)


def save_what_is_left(
    source: Path | None, out: Path | None, files: Path | None, as_json: bool
) -> None:
    """Save a damaged database and print what came of it.

    Raises:
        UserError: One of the files is not named, the new one cannot be written, or nothing can be
            read.
    """
    if source is None or out is None:
        got = "only one of them"
        raise UserError("both --salvage and --out", got, "name the damaged file and a new one")
    found = rescue(source, out, files)
    if as_json:
        print_json(found.to_json())
        return
    for finding in describe_rescue(found):
        console.print(_line(finding), soft_wrap=True)


def _line(finding: Finding) -> Text:
    head = Text(f"{finding.health.value:<7}", style=_STYLES[finding.health])
    return head.append(f"{finding.subject:<11}{finding.text}", style="default")
