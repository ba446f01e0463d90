"""A trial runner that writes down more of a training than a job keeps.

A job has 20 means of the training loss and the scores of the state it kept. A ground also needs
the validation scores at 1/9, 1/3, 2/3 and the end of one schedule, there of the mean of recent
weights too, every step's loss, and the test split's scores of the last state. The trial itself is
the product's: the same code trains it, but for that its last state is kept, whatever the
validation loss was before.
"""

import contextlib
import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.training import Regime
from peftsearch.workers.adapters.attachment import Attachment
from peftsearch.workers.batches.encodings import Encoded
from peftsearch.workers.preparation.evaluation import Evaluation
from peftsearch.workers.training import trial_runner
from peftsearch.workers.training.checkpoints import Checkpoints
from peftsearch.workers.training.clock import Clock, OnStep
from peftsearch.workers.training.evaluation import Evaluator
from peftsearch.workers.training.kept_states import Kept
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.rungs import Keeper
from peftsearch.workers.training.trainer import Request
from peftsearch.workers.training.trial_failures import Collapsed, NonFiniteLoss, classify
from peftsearch.workers.training.trial_runner import TrialRunner

from .averages import Averages

SHARES = (1 / 9, 1 / 3, 2 / 3, 1.0)


@dataclass
class WatchedRunner(TrialRunner):
    """Appends one line of JSON to `spool` for each training that ends, failed ones too."""

    spool: Path | None = None
    after: Callable[[], None] = lambda: None
    _seen: dict[str, Any] = field(default_factory=dict)
    _averages: Averages = field(default_factory=lambda: Averages((), ()))

    def evaluate(
        self,
        configuration: Configuration,
        seed: int,
        on_step: OnStep = lambda done, total: None,
        split: str = "validation",
        watched: bool = False,
        keeper: Keeper | None = None,
    ) -> Outcome:
        """See `TrialRunner.evaluate`; no rungs are kept, since they know nothing of its looks."""
        self._seen = {"key": configuration.key, "seed": seed, "looks": [], "averages": []}
        self._averages = Averages((), ())

        def stepping(done: int, total: int) -> None:
            self._averages.step()
            on_step(done, total)

        began, cpu = time.perf_counter(), time.process_time()
        try:
            outcome = super().evaluate(configuration, seed, stepping, split)
            self._seen |= {"measurements": dict(outcome.measurements)}
            self._seen |= {"provenance": dict(outcome.provenance)}
            return outcome
        except Exception as error:
            failure = classify(error)
            self._seen |= {"failure": failure.kind.value, "message": failure.message}
            raise
        finally:
            self._seen["seconds"] = time.perf_counter() - began
            self._seen["cpu_seconds"] = time.process_time() - cpu
            if {"measurements", "failure"} & self._seen.keys():  # else it was broken off
                self._write(configuration)

    def _write(self, configuration: Configuration) -> None:
        assert self.spool is not None, "open the runner with a spool"
        row = self._seen | {"configuration": configuration.to_json()}
        mend_end(self.spool)
        with self.spool.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
        self.after()

    def _stops(self, attachment: Attachment, regime: Regime, settled: int) -> tuple[int, ...]:
        steps = regime.steps(len(self.encoded("train")))
        stops = sorted({max(1, round(share * steps)) for share in SHARES})
        self._seen["stops"] = stops
        if not attachment.trained:
            return ()
        self._averages = Averages([*attachment.trained.values()], stops)
        return tuple(stops)

    def _evaluator(self, configuration: Configuration) -> Evaluator:
        return remake(super()._evaluator(configuration), _Looking, note=self._note)

    def _note(self, measure: Callable[[], Evaluation]) -> Evaluation:
        """The state as it was found; all but the last look worse than they are, so that the last
        one is kept."""
        looks = self._seen["looks"]
        self._averages.paused = True
        found = measure()
        looks.append(dict(found.measurements))
        with self._averages.applied():
            self._seen["averages"].append(_measure_finite(measure))
        self._averages.paused = False
        return (
            found
            if len(looks) == len(self._seen["stops"])
            else replace(found, trained_loss=math.inf)
        )

    def _measure(
        self, attachment: Attachment, request: Request, clock: Clock, kept: Kept
    ) -> Outcome:
        outcome = super()._measure(attachment, request, clock, kept)
        scale, self.scale = self.scale, None  # its head answers in the labels' units by now
        try:
            evaluator = TrialRunner._evaluator(self, request.configuration)
            tested = evaluator.evaluate(self.encoded("test"), Clock(0, lambda done, total: None))
        finally:
            self.scale = scale
        self._seen["test"] = dict(tested.measurements)
        return outcome

    def _tell_training(
        self, regime: Regime, checkpoints: Checkpoints, losses: Sequence[float]
    ) -> dict[str, float]:
        self._seen["losses"] = [float(f"{x:.5g}") for x in losses]
        self._seen["collapsed"] = self._has_collapsed(losses)
        return super()._tell_training(regime, checkpoints, losses)

    def _has_collapsed(self, losses: Sequence[float]) -> bool:
        """Whether the job would have ended it by `training.stop_collapsed`."""
        try:
            for done in range(len(losses) // 2, len(losses) + 1):
                self._check_progress(losses[:done], len(losses))
        except Collapsed:
            return True
        return False


def _measure_finite(measure: Callable[[], Evaluation]) -> dict[str, float]:
    """Scores; none where outputs are not numbers."""
    try:
        return dict(measure().measurements)
    except NonFiniteLoss:
        return {}


def remake(made: Evaluator, kind: type[Evaluator], **added: Any) -> Evaluator:
    """An evaluator of another class, with what the class adds."""
    return kind(**{x.name: getattr(made, x.name) for x in fields(made)}, **added)


@dataclass(frozen=True)
class _Looking(Evaluator):
    """Tells what it measures."""

    note: Any = None

    def measure(self, data: Encoded, clock: Clock) -> Evaluation:
        """See `Evaluator.measure`."""
        found: Evaluation = self.note(lambda: super(_Looking, self).measure(data, clock))
        return found


@contextlib.contextmanager
def watching(spool: Path, after: Callable[[], None]) -> Iterator[None]:
    """Runners that are opened within the block write to `spool`, and call `after` then."""
    plain = trial_runner.TrialRunner

    class Opened(WatchedRunner):
        @classmethod
        def open(cls, *arguments: Any, **named: Any) -> Self:
            return replace(super().open(*arguments, **named), spool=spool, after=after)

    trial_runner.TrialRunner = Opened
    try:
        yield
    finally:
        trial_runner.TrialRunner = plain


def mend_end(spool: Path) -> None:
    """Without the half of a line that a killed recorder left."""
    said = spool.read_bytes() if spool.exists() else b""
    if not said.endswith(b"\n"):
        spool.write_bytes(said[: said.rfind(b"\n") + 1])


def read_spool(spool: Path | str) -> list[Mapping[str, Any]]:
    """Its trainings, each (key, seed) once; of one that was killed as it was written, nothing."""
    path = Path(spool)
    if not path.exists():
        return []
    lines = [*filter(str.strip, path.read_text("utf-8").splitlines(keepends=True))]
    return unique([*map(json.loads, (x for x in lines if x.endswith("\n")))])


def unique(rows: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Each (key, seed) once: one that was trained again after a kill is equal."""
    return list({(row["key"], row["seed"]): row for row in rows}.values())
