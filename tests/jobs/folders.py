"""A folder with a job file beside a model of which only the `config.json` is there."""

import json
from pathlib import Path

CONFIG = {
    "model_type": "bert",
    "hidden_size": 8,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
}
JOB = """
name = "tickets"
[model]
path = "model"
[task]
train = "tickets.csv"
[budget]
trials = 5
"""


def write_folder(folder: Path, job: str = JOB) -> Path:
    """With one row of data."""
    (folder / "model").mkdir()
    (folder / "model" / "config.json").write_text(json.dumps(CONFIG))
    (folder / "tickets.csv").write_text("text,label\nhello,1\n")
    (folder / "job.toml").write_text(job)
    return folder
