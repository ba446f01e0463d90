"""All that stands beside a job, as plain data."""

from pathlib import Path
from typing import Any

from typing_extensions import TypedDict

from peftsearch.records.job import Job
from peftsearch.storage.store import Store

from .search_result import SearchResult, load_result
from .standing.ablation_words import AblationRow, ablation_json
from .standing.baseline_words import baselines_json
from .standing.beside import read_circle


class AblationBody(TypedDict):
    """The configuration that was taken apart, by its key, and each of its parts."""

    picked: str
    rows: list[AblationRow]


class BesideBody(TypedDict):
    """What a job is compared with.

    Attributes:
        parent: The job that this one stands beside; null of one that searched.
        baselines: With `trained`, `sentence`, `lines` and `command`, and the numbers where they
            are trained.
        ablation: The last one; null where nobody asked for any.
    """

    parent: str | None
    baselines: dict[str, Any]
    ablation: AblationBody | None


def beside_json(store: Store, job: Job, root: Path) -> BesideBody:
    """Of a job without companions nothing but these is read.

    Args:
        root: Folder of the jobs' files.

    Raises:
        UserError: Its spec cannot be read here.
    """
    circle = read_circle(store, job)
    if not circle.companions:
        return {
            "parent": circle.parent,
            "baselines": baselines_json(None, job.name, circle.parent),
            "ablation": None,
        }
    result = load_result(store, job, root)
    return {
        "parent": None,
        "baselines": result.beside_data,
        "ablation": last_ablation(result),
    }


def last_ablation(result: SearchResult) -> AblationBody | None:
    """None where nobody asked for any."""
    beside = result.circle.latest("ablation")
    if beside is None:
        return None
    picked = beside.companion.picked
    rows = ablation_json(result.ablation(picked), result.job.spec)
    return {"picked": picked, "rows": rows}
