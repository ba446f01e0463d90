"""`import`: results that were measured elsewhere, as a finished job."""

from pathlib import Path

from peftsearch.jobs.imported import import_results, read_results
from peftsearch.jobs.jobfile import read_spec
from peftsearch.results import views
from peftsearch.results.search_result import load_result
from peftsearch.results.wording import plural
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import files_root

from .console import console, place_options, print_front, print_json


def import_file(results: Path, job_file: Path, storage: str, as_json: bool) -> None:
    """Record the results, print the front and what can be done with it."""
    from peftsearch.jobs.settling import settle, with_supposed_head
    from peftsearch.workers.data.task_data import load_data

    spec = read_spec(job_file)
    data = load_data(spec)
    settled = settle(spec, data).spec
    found, root = read_results(results, settled), files_root(storage)
    with Store.open(storage) as store:
        priced = with_supposed_head(settled, data)
        job = import_results(store, settled, found, results.name, priced)
        result = load_result(store, job, root)
    if as_json:
        front = views.front_json(result.members, job.spec)
        print_json({"job": job.name, "state": job.state.value, "front": front})
        return
    console.print(f"{job.name}: {plural(len(found), 'result')} of {results.name}", highlight=False)
    print_front(result, storage)
    more = f"peftsearch resume {job.name} --trials {len(found) + 20}{place_options(storage, root)}"
    said = f"`{more}` goes on from them; jobs of this storage learn from them"
    console.print(said, highlight=False, soft_wrap=True)
