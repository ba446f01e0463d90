"""`Store`: everything that the service keeps, over one connection to one database.

**Threads and processes.** A store owns one connection and is not thread-safe: open one for each
worker, thread and process, and never carry one across a fork.

**Atomicity.** Each method is one transaction, and sees one consistent moment of the database;
`together` makes one of several. If the connection breaks before its commit, the method is run once
more over a new one; if that fails too, or the commit itself breaks where repeating could record
twice (`create_job`, `complete`, `fail`, `save_report`) or find nothing any more (`delete_job`), it
raises StoreUnavailable and may be called again later. A trial whose `complete` was recorded
although its commit broke then answers StaleLeaseError: the result is there, once.

**Records.** What is returned is immutable and is not changed by later writes.
"""

from .catalogue import Catalogue
from .deletion import Deletion
from .front import Fronts
from .leases import Leases
from .ledger import Ledger
from .preparations import Preparations
from .registry import Registry
from .suggestions import Suggestions
from .trial_notes import TrialNotes
from .watching import Watching


class Store(
    Catalogue,
    Deletion,
    Suggestions,
    Leases,
    Fronts,
    Registry,
    Preparations,
    Ledger,
    TrialNotes,
    Watching,
):
    """See the module's docstring for threads, lost connections and records.

    Every method raises StoreUnavailable where the database does not answer.
    """
