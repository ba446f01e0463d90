"""Find the best parameter-efficient fine-tuning configurations of a transformer for one task.

::

    import peftsearch

    result = peftsearch.search(train=frame, model="path/to/model", metric="accuracy", minutes=10)
    result.export("adapter/", pick="size <= 200 KB")
    model = peftsearch.load_adapter(model, "adapter/")

The same as a job file, and its result again, whoever worked on it::

    result = peftsearch.search("job.toml")
    result = peftsearch.load("tickets")

A search that others work on, here or elsewhere::

    peftsearch.launch("job.toml", "jobs.db")
    peftsearch.load("tickets", "jobs.db").front
    peftsearch.stop("tickets", "jobs.db")
    peftsearch.resume("tickets", "jobs.db", trials=100)
    peftsearch.note("tickets", 17, "the one in use", name="small-enough", storage="jobs.db")
    peftsearch.delete("tickets", "jobs.db")
"""

# The folder `search` comes first: once it is imported, the function keeps its name for good
# (docs/decisions/0015-search-is-a-function.md).
import peftsearch.search  # noqa: F401  # isort: skip
import sys

from .api import delete, launch, load, load_adapter, note, resume, search, stop
from .errors import (
    Conflict,
    NotFoundError,
    PeftsearchError,
    StoreUnavailable,
    UserError,
)

# So `import peftsearch.search.design as design` and `peftsearch.search.design` find the modules.
search.__dict__ = vars(sys.modules["peftsearch.search"])

open = load
"""Another name of `load`, which is not in `__all__`: it would hide the one of Python."""

__all__ = [
    "Conflict",
    "NotFoundError",
    "PeftsearchError",
    "StoreUnavailable",
    "UserError",
    "delete",
    "launch",
    "load",
    "load_adapter",
    "note",
    "resume",
    "search",
    "stop",
]

__version__ = "0.1.0"
