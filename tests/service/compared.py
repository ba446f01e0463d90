"""Two jobs for comparisons: their trials say on which rows and of which data they were scored."""

from collections.abc import Sequence
from typing import Any

from peftsearch.records.job import JobState
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.storage.store import Store
from tests.floors import prepare
from tests.specs import make_spec
from tests.storage.examples import claim

from .records import PROBE, Filler, lora

DATA = {"data": "a" * 64, "validation_rows": 400, "model": {"sha256": "m"}, "device": "cpu"}
Result = tuple[Configuration, float]


def fill_job(
    store: Store,
    name: str,
    results: Sequence[Result],
    provenance: dict[str, Any] | None = None,
    slow: float = 1.0,
    **sections: Any,
) -> Filler:
    """A finished job whose trials end with these accuracies, in their order.

    Args:
        slow: The accuracy from which on a training takes 100 seconds in place of 2.
    """
    filler = Filler.open(store, make_spec(name, **sections))
    store.prepare(filler.job.id, prepare(0.62), b"head")
    for configuration, accuracy in results:
        filler.queue(configuration)
        trial = claim(store, filler.job.id)
        seconds = 100.0 if accuracy >= slow else 2.0
        values = {"accuracy": accuracy, "f1": accuracy, "training_seconds": seconds}
        told = DATA | (provenance or {})
        store.complete(trial.id, trial.attempt, values, told, f"{trial.number}")
    store.set_state(filler.job.id, JobState.FINISHED)
    return filler


def fill_pair(store: Store, gain: float, **provenance: Any) -> None:
    """Jobs `one` and `other`; the best of `other` is better by `gain`."""
    fill_job(store, "one", [(PROBE, 0.60), (lora(1), 0.70), (lora(8), 0.75)])
    better = [(PROBE, 0.60), (lora(2), 0.74), (lora(16), round(0.75 + gain, 4))]
    fill_job(store, "other", better, provenance, training={"epochs": 3.0})
