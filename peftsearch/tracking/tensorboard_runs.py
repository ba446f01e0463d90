"""Runs for TensorBoard: a folder of event files for each."""

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch.utils.tensorboard.summary import hparams
from torch.utils.tensorboard.writer import SummaryWriter

from .run import Experiment, Run

_MARK = "mark.txt"
_FOLDER = "tensorboard"


class TensorboardRuns:
    """`peftsearch.tracking.tracker.Tracker` in the folder `tensorboard` among the jobs' files.

    A run that ends is written anew, whole, in place of what was there of it.
    """

    def __init__(self, experiment: Experiment) -> None:
        self._job = experiment
        self._root = experiment.folder / _FOLDER / f"{experiment.name}-{experiment.uid}"
        self._open: dict[str, SummaryWriter] = {}

    @property
    def place(self) -> str:
        """See `Tracker.place`."""
        return f"{self._root.parent}, for `tensorboard --logdir`"

    def marks(self) -> Mapping[str, str]:
        """See `Tracker.marks`."""
        prefix = f"{self._job.uid[:16]}-"
        folders = [x for x in self._root.glob("*") if x.is_dir()]
        return {
            prefix + x.name.rpartition("-")[2]: _read(x / _MARK)
            for x in folders
            if not x.name.startswith(".")
        }

    def begin(self, run: Run) -> None:
        """See `Tracker.begin`."""
        self._close(run)
        folder = self._clear(run)
        writer = self._open[run.id(self._job)] = SummaryWriter(str(folder))
        self._tell(writer, run)
        writer.flush()

    def advance(self, run: Run, share: float) -> None:
        """See `Tracker.advance`."""
        writer = self._open[run.id(self._job)]
        writer.add_scalar("progress", share)
        writer.flush()

    def end(self, run: Run) -> None:
        """See `Tracker.end`."""
        self._close(run)
        folder = self._clear(run)
        with SummaryWriter(str(folder)) as writer:
            self._tell(writer, run)
            begin, end = run.started or 0.0, run.ended or 0.0
            last = max((step for step, _ in run.curve), default=1)
            for step, loss in run.curve:
                at = begin + (end - begin) * step / last
                writer.add_scalar("training_loss", loss, step, at)
        (folder / _MARK).write_text(run.mark, encoding="utf-8")

    def close(self) -> None:
        """See `Tracker.close`."""
        for writer in self._open.values():
            writer.close()

    def _close(self, run: Run) -> None:
        if (writer := self._open.pop(run.id(self._job), None)) is not None:
            writer.close()

    def _clear(self, run: Run) -> Path:
        name = "job" if run.number is None else f"{run.number:06d}"
        folder = self._root / f"trial-{name}" if run.number is not None else self._root / name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    def _tell(self, writer: SummaryWriter, run: Run) -> None:
        tags = "".join(f"\n- {key}: {value}" for key, value in run.tags.items())
        failed = f"\n\n{run.failure}" if run.failure else ""
        writer.add_text("run", f"{run.words}\n{tags}{failed}", 0, run.started)
        for name, value in run.metrics.items():
            writer.add_scalar(f"metrics/{name}", value, 0, run.ended or run.started)
        columns = {f"metrics/{name}": value for name, value in run.metrics.items()}
        if run.number is not None and run.ended is not None:
            parts: Any = hparams(dict(run.parameters), columns)  # type: ignore[no-untyped-call]
            events: Any = writer.file_writer
            for part in parts:
                events.add_summary(part)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.is_file() else ""
