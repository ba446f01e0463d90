"""Reports on jobs of made-up records in a real store."""

import json
from pathlib import Path
from typing import Any

from peftsearch.report.content import make_report
from peftsearch.report.outline import Report
from peftsearch.report.reading import read_records
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.confirmations.confirmation import TUNED, Arm, Confirmation, Run
from peftsearch.results.confirmations.verdict import tell_verdict
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.storage.store import Store
from tests.specs import make_spec

ROOT = Path("/home/jane roe/jobs.files")


def report_on(store: Store, pick: str = "1se", job: str = "job") -> Report:
    """As the command line makes it."""
    records = read_records(store, store.find_job(job), ROOT)
    return make_report(records, pick)


def head_of(report: Report) -> str:
    """Its first paragraphs."""
    return " ".join(report["verdict"])


def comparison(
    picked: Configuration, lora: Configuration, gain: float, over: float = 0.05
) -> dict[str, Any]:
    """What `confirm` keeps: the picked one beside a tuned LoRA and a floor, with intervals of
    ± 0.01.

    Args:
        gain: Over tuned LoRA.
        over: Over the floor.
    """
    mean = 0.7 + gain
    arms = (
        _arm("picked", picked, mean, 3),
        _arm(TUNED, lora, 0.7, 3),
        _arm("TF-IDF", None, mean - over, 1),
    )
    found = Confirmation(
        arms,
        tuple(_between(x) for x in (gain, over)),
        "accuracy",
        intervals=tuple(_between(x.values("accuracy")[0]) for x in arms),
    )
    words = {"verdict": tell_verdict(found), "sentence": tell_verdict(found, ends=True)}
    kept: dict[str, Any] = json.loads(json.dumps(found.to_json(make_spec()) | words))
    return kept


def _arm(name: str, configuration: Configuration | None, mean: float, seeds: int) -> Arm:
    run = Run({"accuracy": mean}, [1.0] * 500, [1.0] * 500)
    return Arm(name, configuration, (run,) * seeds, name)


def _between(mean: float) -> Difference:
    return Difference(mean, mean - 0.01, mean + 0.01, 0.005)
