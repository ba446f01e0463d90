"""`import`: results that were measured elsewhere, as a finished job."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from peftsearch.errors import UserError
from peftsearch.jobs.imported import Result, import_results, read_results
from peftsearch.results import views
from peftsearch.results.search_result import load_result
from peftsearch.results.wording import plural
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root

from .asked_import import Asked
from .console import console, place_options, print_front, print_json


def import_any(results: Path, spec: JobSpec, asked: Asked, storage: str, as_json: bool) -> None:
    """Record a file of results or a folder of adapters, print the front and what can be done."""
    from peftsearch.jobs.settling import settle, with_supposed_head
    from peftsearch.workers.data.task_data import load_for_launch

    data = load_for_launch(spec)
    settled = settle(spec, data).spec
    priced = with_supposed_head(settled, data)
    told: Mapping[str, Any] = {}
    if results.is_dir():
        from .importing_adapters import read_adapters

        read = read_adapters(results, settled, data, asked, storage, as_json)
        if read is None:
            return
        found, told = read.results, read.told
        if read.head is not None:
            anatomy = settled.anatomy.model_copy(update={"head": read.head})
            priced = settled.with_anatomy(anatomy)
    elif asked.options and results.exists():
        got = f"{asked.options[0]} for {results}"
        raise UserError("a folder of adapters with that option", got, "leave the option out")
    else:
        found = read_results(results, settled)
    source = results.resolve().name if results.is_dir() else results.name
    _record(settled, priced, found, source, told, storage, as_json)


def _record(
    spec: JobSpec,
    priced: JobSpec,
    found: Sequence[Result],
    source: str,
    told: Mapping[str, Any],
    storage: str,
    as_json: bool,
) -> None:
    root = files_root(storage)
    with Store.open(storage) as store:
        job = import_results(store, spec, found, source, priced)
        result = load_result(store, job, root)
    if as_json:
        front = views.front_json(result.members, job.spec)
        print_json({"job": job.name, "state": job.state.value, "front": front, **told})
        return
    console.print(f"{job.name}: {plural(len(found), 'result')} of {source}", highlight=False)
    print_front(result, storage)
    more = f"peftsearch resume {job.name} --trials {len(found) + 20}{place_options(storage, root)}"
    said = f"`{more}` goes on from them; jobs of this storage learn from them"
    console.print(said, highlight=False, soft_wrap=True)
