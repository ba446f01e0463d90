"""The second half of a deletion, beside the request that asked for it."""

import logging
import threading
from collections.abc import Sequence

from peftsearch.errors import UserError
from peftsearch.jobs.removals import Removal

PATIENCE_SECONDS = 5.0
"""Of who asks; a store of artefacts may take half an hour."""


def finish_removals(removals: Sequence[Removal]) -> None:
    """Remove files of jobs that are deleted. What takes longer than a request may goes on in a
    thread, and what comes of it stands in the service's log; what it leaves when the service ends
    is noted, and goes when the job is deleted again.

    Raises:
        UserError: Something cannot be removed now.
    """
    failures: list[UserError] = []

    def finish() -> None:
        for removal in removals:
            try:
                removal.finish()
            except UserError as error:
                logging.getLogger("peftsearch").warning(str(error))
                failures.append(error)

    thread = threading.Thread(target=finish, name="removal", daemon=True)
    thread.start()
    thread.join(PATIENCE_SECONDS)
    if failures:
        raise failures[0]
