"""The command that copies a job for other tools: optuna."""

from peftsearch.jobs.existing_storage import open_existing
from peftsearch.message_text import agree, plural
from peftsearch.mirror.copying import copy_job
from peftsearch.results.wording import count
from peftsearch.storage.connection import check_scheme, describe, parse_url

from .console import console, print_json


def mirror(name: str, storage: str, out: str, as_json: bool) -> None:
    """Copy a job's ended trials into the Optuna study of its name; what is there stays.

    Args:
        storage: Database of the job.
        out: Database of the study: a SQLAlchemy URL, or the path of an SQLite file.

    Raises:
        NotFoundError: There is no such job.
        UserError: `out` is no database for Optuna, or has another study of that name.
    """
    with open_existing(storage) as store:
        job = store.find_job(name)
        trials = store.trials(job.id)
    check_scheme(out)
    url = out if "://" in out else f"sqlite:///{out}"
    present, added = copy_job(job, trials, url)
    if as_json:
        print_json({"study": name, "present": present, "added": added})
        return
    console.print(
        f"{plural(added, 'trial')} added to study {name}, {count(present)} "
        f"{agree(present, 'were')} there; "
        f"next: optuna-dashboard {describe(parse_url(url))}",
        highlight=False,
        soft_wrap=True,
    )
