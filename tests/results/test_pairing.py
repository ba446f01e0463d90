"""Adapters that answer again: what the rows say of a difference, and when they say nothing."""

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from peftsearch.records.estimates import estimate, pair_error
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.versus import (
    PAIR_ERRORS,
    Noise,
    Versus,
    hold_against,
    read_kept,
)
from peftsearch.results.confirmations.pairing import Pairing
from peftsearch.storage.store import Store
from peftsearch.workers.files.ownership import CONFIGURATION
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.workers.runners import LORA, PROBE, open_runner
from tests.workers.tiny import save_model

from .trained import train


@dataclass
class Job:
    """Two real trainings with kept adapters."""

    root: Path
    runner: TrialRunner
    trials: tuple[Trial, Trial]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Job:
    root = tmp_path_factory.mktemp("pairing")
    runner = open_runner(root, save_model(root / "bert", "bert"), epochs=1)
    found = []
    for number, configuration in enumerate((LORA, PROBE)):
        made = train(runner, configuration, root / f"{number}")
        found.append(replace(made, id=number, number=number, adapter=f"{number}"))
    return Job(root, runner, (found[0], found[1]))


@pytest.fixture
def pairing(new_sqlite: Callable[[], str], trained: Job) -> Iterator[Pairing]:
    with Store.open(new_sqlite()) as store:
        job = store.create_job(trained.runner.spec)
        yield Pairing(store, job, trained.root, trained.runner, lambda line: None)


def versus(job: Job, *trials: Trial) -> Versus:
    left, right = ([estimate([x])] for x in trials)
    return hold_against(left, right, job.runner.spec, {}, Noise())


def test_the_error_is_that_of_answers_to_the_same_rows(pairing: Pairing, trained: Job) -> None:
    apart = versus(trained, *trained.trials)
    assert pairing.pair([apart, apart], {}) == 1
    kept = read_kept(pairing.store.reports(pairing.job.id, PAIR_ERRORS))
    found = hold_against(apart.left, apart.right, trained.runner.spec, kept, Noise())
    answers = [trained.runner.evaluate(x, 7) for x in (LORA, PROBE)]
    right = [x.predictions == x.references for x in answers]
    gained, lost = np.sum(right[0] & ~right[1]), np.sum(right[1] & ~right[0])
    assert found.paired and not apart.paired
    assert found.error == pytest.approx(pair_error(int(gained), int(lost), len(right[0])))
    assert pairing.pair([apart], kept) == 0  # what is known is not asked again


def test_what_has_no_adapter_or_answers_otherwise_stays_as_it_is(
    pairing: Pairing, trained: Job
) -> None:
    lora, probe = trained.trials
    gone = replace(lora, id=10, adapter=None)
    other = replace(lora, id=11, measurements={**lora.measurements, "accuracy": 0.123})
    missing = replace(lora, id=12, adapter="nowhere")
    said: list[str] = []
    pairing.report = said.append
    elsewhere = trained_on_other_rows(trained, lora)
    for trial in (gone, other, missing, elsewhere):
        assert pairing.pair([versus(trained, trial, probe)], {}) == 0
    assert pairing.store.reports(pairing.job.id, PAIR_ERRORS) == []
    assert any(x.startswith("trial 0 is left out of it: ") for x in said)
    assert any("the rows that trial 13 had" in x for x in said)


def trained_on_other_rows(trained: Job, trial: Trial) -> Trial:
    """Its whole adapter, of a job whose data was changed since."""
    told = {**trial.provenance, "data": "another"}
    folder = shutil.copytree(trained.root / str(trial.adapter), trained.root / "elsewhere")
    known = json.loads((folder / CONFIGURATION).read_text())
    (folder / CONFIGURATION).write_text(json.dumps({**known, "metadata": told}))
    return replace(trial, id=13, number=13, adapter="elsewhere", provenance=told)
