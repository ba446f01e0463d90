"""Reports on jobs of made-up records in a real store."""

from pathlib import Path
from typing import Any

from peftsearch.report.content import make_report
from peftsearch.report.outline import Report
from peftsearch.report.reading import read_records
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.storage.store import Store

ROOT = Path("/home/jane roe/jobs.files")


def report_on(store: Store, pick: str = "1se", job: str = "job") -> Report:
    """As the command line makes it."""
    records = read_records(store, store.find_job(job), ROOT)
    return make_report(records, pick)


def comparison(picked: Configuration, lora: Configuration, gain: float) -> dict[str, Any]:
    """What `confirm` keeps: the picked one beside a tuned LoRA, with an interval of ± 0.01."""
    arms = [("picked", picked, 0.7 + gain), ("uniform LoRA r=8", lora, 0.7)]
    return {
        "metric": "accuracy",
        "seeds": [1, 2, 3],
        "test_rows": 500,
        "arms": [
            {
                "name": name,
                "values": [mean] * 3,
                "mean": mean,
                "standard_error": 0.001,
                "trainable_parameters": 10,
                "description": name,
                "configuration": x.to_json(),
            }
            for name, x, mean in arms
        ],
        "differences": [
            {"versus": arms[1][0], "mean": gain, "low": gain - 0.01, "high": gain + 0.01}
        ],
    }
