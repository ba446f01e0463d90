"""What the programs have in common that the service has work on a job: one request, one answer.

The database and the folder of files come by the environment, as they do for every command.
"""

import contextlib
import json
import os
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from peftsearch.durable import write_whole
from peftsearch.errors import PeftsearchError, UserError
from peftsearch.jobs.existing_storage import open_existing
from peftsearch.records.job import Job
from peftsearch.spaces.jobspec.mistakes import Mistake
from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import choose_root

Answer = dict[str, Any]


def with_job(request: Mapping[str, Any], act: Callable[[Store, Job, Path], Answer]) -> Answer:
    """What `act` answers on the job of a request and the folder of files; else a `mistake` or an
    `error`.

    Args:
        request: With the `job` and its `uid`, since another may have its name by now.
    """
    storage = os.environ["PEFTSEARCH_STORAGE"]
    root = choose_root(storage, Path(os.environ["PEFTSEARCH_FILES"]))
    try:
        with open_existing(storage) as store:
            job = store.find_job(request["job"])
            if job.uid != request["uid"]:
                raise UserError("the job that was asked for", "another of its name", "ask again")
            return act(store, job, root)
    except UserError as error:
        return {"mistake": asdict(Mistake.of(error)), "kind": type(error).__name__}
    except PeftsearchError as error:
        return {"error": str(error)}
    except Exception as error:  # such as a device without memory: its first line, here
        traceback.print_exc()
        return {"error": f"{type(error).__name__}: {error}".partition("\n")[0]}


@contextlib.contextmanager
def answering() -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Gives what answers on what standard output was; libraries print what they like."""
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as answer:
        os.dup2(2, 1)
        yield lambda found: json.dump(found, answer)


def make_teller(path: Path) -> Callable[[str], None]:
    """Keeps the latest line in a file; a full disk loses a line and no work."""

    def tell(line: str) -> None:
        with contextlib.suppress(OSError):
            write_whole(path, line)

    return tell
