"""Trial runners in several processes that train together, each trial by the first of them."""

import os
import pickle
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

import pytest
import torch

from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.workers.processes.group import LOST, start_group
from peftsearch.workers.processes.shared_status import CONTEXT
from peftsearch.workers.runtime.machine_faults import machine_reason
from peftsearch.workers.training.outcome import Outcome
from peftsearch.workers.training.team import meet
from peftsearch.workers.training.trial_failures import TrialFailure, classify
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.waiting import wait_until

from .keepers import BrokenOff, Memory, break_off


@dataclass(frozen=True)
class Asked:
    """One training.

    Attributes:
        keeper: Of its rungs, where it has any.
        breaks: At which of its steps the first process ends it; None never does.
        fails: What the last process fails by at its first batch; None does not.
        sums: Whether it does so only as it puts the gradients together that are to be added up.
    """

    configuration: Configuration
    seed: int = 3
    keeper: Memory | None = None
    breaks: int | None = None
    fails: BaseException | None = None
    sums: bool = False


@dataclass
class Told:
    """What came of it.

    Attributes:
        failure: In place of an outcome.
        machine: What the system said, where the machine is to blame.
        left: Whether the model of the first was as before, afterwards.
    """

    outcome: Outcome | None = None
    failure: TrialFailure | None = None
    machine: str | None = None
    keeper: Memory | None = None
    left: bool = True


def train_together(spec: JobSpec, asked: Sequence[Asked], size: int = 2) -> list[Told]:
    """All trainings in one team, one after another."""
    place = Path(tempfile.mkdtemp()) / "told"

    def start(rank: int, folder: Path) -> Any:
        given = (rank, size, folder, spec, pickle.dumps(list(asked)), place)
        process = CONTEXT.Process(target=_run, args=given, daemon=True)
        process.start()
        return process

    group = start_group(size, start)
    try:
        wait_until(lambda: not group.is_alive())
        assert group.exitcode == 0
    finally:
        group.kill()
    found: list[Told] = pickle.loads(place.read_bytes())
    shutil.rmtree(place.parent)
    return found


def _run(rank: int, size: int, folder: Path, spec: JobSpec, told: bytes, place: Path) -> None:
    torch.set_num_threads(1)
    asked: list[Asked] = pickle.loads(told)
    runner = TrialRunner.open(spec, "cpu")
    team = meet(folder, rank, size, "cpu", _leave)
    if rank:
        failing = iter(asked)
        if rank == size - 1:
            _fail_where_asked(runner, failing)
        runner.follow_all(team)
        return
    runner.team = team
    found = [_evaluate(runner, x) for x in asked]
    team.tell(None)
    place.write_bytes(pickle.dumps(found))


def _fail_where_asked(runner: TrialRunner, asked: Any) -> None:
    follow = TrialRunner.follow

    def follow_or_fail(self: TrialRunner, order: Any, team: Any) -> None:
        this = next(asked)
        with pytest.MonkeyPatch.context() as patch:
            if this.fails is not None and this.sums:
                patch.setattr(torch, "cat", partial(_raise, this.fails))
            elif this.fails is not None:
                raise this.fails
            follow(self, order, team)

    TrialRunner.follow = follow_or_fail  # type: ignore[assignment, method-assign]


def _raise(error: BaseException, *_: object) -> NoReturn:
    raise error


def _evaluate(runner: TrialRunner, asked: Asked) -> Told:
    before = {name: x.clone() for name, x in runner.backbone.model.state_dict().items()}
    on_step = (lambda *_: None) if asked.breaks is None else break_off(asked.breaks)
    told = Told(keeper=asked.keeper)
    try:
        told.outcome = runner.evaluate(
            asked.configuration, asked.seed, on_step, keeper=asked.keeper
        )
    except BrokenOff:
        pass
    except Exception as error:
        told.failure, told.machine = classify(error), machine_reason(error)
    after = runner.backbone.model.state_dict()
    told.left = all(torch.equal(x, before[name]) for name, x in after.items())
    return told


def _leave() -> NoReturn:
    os._exit(LOST)
