"""Makes `revision_NNNN.sqlite`, a small database of the schema that is newest today.

The recipe: when a release brings a new revision, run, before the next change of the schema,

    python -m tests.storage.assets.make

and commit the file that it writes. Files of earlier revisions stay as they are: they were written
by the code of their time, and `tests/storage/test_migrations.py` opens a copy of each. All of them
hold what `expected.json` says, so `fill` may change only as long as there is a single file.
"""

import json
import sqlite3
import tempfile
from pathlib import Path

from peftsearch.records.trial import FailureKind
from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.storage.migrations import HEAD
from peftsearch.storage.store import Store
from tests.anatomies import BERT
from tests.storage.examples import claim, complete, insert, make_proposal

FOLDER = Path(__file__).parent
REPORT = {"name": "confirm", "differences": [0.01, -0.02]}


def fill(store: Store) -> dict[str, object]:
    """One job: a completed, a failed and a queued trial. What a reader should find."""
    spec = parse_spec(
        {
            "name": "asset",
            "seed": 3,
            "model": {"path": "package:model", "anatomy": BERT.model_dump(mode="json")},
            "task": {"train": "train.csv", "text": ["premise", "hypothesis"]},
            "space": {"preset": "strata", "ranks": [1, 2, 4], "boundaries": [[1, 3], [2, 5]]},
            "objectives": {"bounds": ["adapter_bytes <= 200 KB"]},
            "budget": {"trials": 10, "hours": 1.5},
            "try": [make_proposal(7).configuration.to_json()],
        }
    )
    job = store.create_job(spec)
    costs = [{"trainable_parameters": x} for x in (1024.0, 2048.0, 4096.0)]
    insert(store, job.id, [make_proposal(index) for index in range(3)], costs)
    complete(store, claim(store, job.id), 0.75, 1024.0)
    store.fail(claim(store, job.id).id, 1, FailureKind.OUT_OF_MEMORY, "out of memory")
    trial = claim(store, job.id)
    store.give_back(trial.id, trial.attempt)
    store.register_worker(job.id, "worker", "host", 1, "cpu")
    store.save_report(job.id, "confirm", REPORT)
    trials = store.trials(job.id)
    return {
        "event": 2,
        "keys": [trial.key for trial in trials],
        "states": [trial.state.value for trial in trials],
        "front": [{"accuracy": 0.75, "trainable_parameters": 1024.0}],
        "reports": [REPORT],
    }


def main() -> None:
    """Write the asset of the newest schema and what all of them hold."""
    target = FOLDER / f"revision_{HEAD}.sqlite"
    target.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "full.sqlite"
        with Store.open(f"sqlite:///{path}") as store:
            expected = fill(store)
        connection = sqlite3.connect(path, isolation_level=None)
        # Small pages: most of the 4 KB that each table and index would take are empty.
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA page_size = 512")
        connection.execute("VACUUM INTO ?", (str(target),))
        connection.close()
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main()
