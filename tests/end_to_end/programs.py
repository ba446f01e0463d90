"""Running the command line as a person does, in processes of its own."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.waiting import LIMIT

COMMAND = [sys.executable, "-m", "peftsearch"]

_SCORE = """
import csv, json, sys
import torch
from transformers import AutoTokenizer
model_path, data = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(model_path)
model.eval()
rows = list(csv.DictReader(open(data)))
names = ["bad", "good"]
hits = 0
for row in rows:
    with torch.no_grad():
        logits = model(**tokenizer(row["text"], return_tensors="pt")).logits
    hits += names[int(logits.argmax())] == row["label"]
print(json.dumps(hits / len(rows)))
"""


def environment() -> dict[str, str]:
    """Offline, unaware of the caller's settings, and with threads that do not spin while they
    wait: on a machine that is busy with other work, spinning makes steps many times slower."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PEFTSEARCH_")}
    return kept | {"HF_HUB_OFFLINE": "1", "COLUMNS": "200", "OMP_WAIT_POLICY": "PASSIVE"}


def call(*arguments: str | Path, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Run to the end."""
    return subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=LIMIT,
        check=False,
    )


def read(*arguments: str | Path, folder: Path) -> Any:
    """Standard output as JSON; the command must succeed."""
    done = call(*arguments, "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def errors(said: str) -> list[str]:
    """The lines that tell neither what a command is at nor what the data is like."""
    told = [line for line in said.splitlines() if not line.endswith(" ...")]
    return [line for line in told if not line.startswith(("note: ", "quality: "))]


def start(*arguments: str | Path, folder: Path) -> "subprocess.Popen[str]":
    """Start in a process group of its own, so that a test can signal all of it."""
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def loading_program(export: Path, base: Path) -> str:
    """The program of an export's card, which defines `model`.

    Args:
        base: Folder of the base model.
    """
    found = re.search(r"```python\n(.*?)```", (export / "README.md").read_text(), re.DOTALL)
    assert found is not None
    program = found[1].replace("path/to/the/base/model", str(base))
    return program.replace("path/to/this/folder", str(export))


def load_and_score(workshop: Path, export: Path) -> float:
    """Accuracy of an export, loaded in a separate process by the program of its card."""
    program = loading_program(export, workshop / "model") + _SCORE
    done = subprocess.run(
        [sys.executable, "-c", program, str(workshop / "model"), str(workshop / "data.csv")],
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return float(json.loads(done.stdout))
