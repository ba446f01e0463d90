"""Trial runners over tiny models of each kind of task."""

from pathlib import Path
from typing import Any

from peftsearch.workers.training.trial_runner import TrialRunner

from .families import save_model
from .rows import make_choices, make_rows, write_rows
from .runners import write_texts
from .tiny import complete, spec_on


def open_kind(folder: Path, family: str, kind: str, head: Any = None, **task: Any) -> TrialRunner:
    """A runner of 128 rows with nothing prepared yet."""
    folder.mkdir(exist_ok=True)
    rows = {"multiple_choice": make_choices, "causal_lm": make_rows, "seq2seq": make_rows}
    data = (
        write_rows(folder / "data.jsonl", rows[kind]())
        if kind in rows
        else write_texts(folder / "data.csv", kind == "regression")
    )
    model = save_model(folder / "model", family, kind=kind)
    given = {"train": str(data), "kind": kind} | task
    training = {"batch_size": 8, "epochs": 1, "precision": "float32"}
    spec = spec_on(model, task=given, head=head or {}, training=training)
    return TrialRunner.open(complete(spec), "cpu")
