"""A job in the caller's own process: what it makes of the process ends with it."""

import gc
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from peftsearch import extensions
from peftsearch.jobs.inline import work_inline
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.recipes import install
from tests.workers.runners import open_runner
from tests.workers.tiny import save_model

MODULE = """
import gc

from peftsearch.spaces.jobspec.objectives import Objective

ROW = Objective("kept", "kept", True, measure=lambda outcome: gc.get_freeze_count())
"""


@pytest.fixture
def objective(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Of a package: how many objects collections pass over while a trial is measured."""
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "kept_objects.py").write_text(MODULE)
    groups = {"peftsearch.objectives": {"kept": "kept_objects:ROW"}}
    install({"name": "keeper", "version": "1.0", "entry-points": groups}, tmp_path)
    extensions._points.cache_clear()
    yield "kept"
    sys.modules.pop("kept_objects", None)
    extensions._points.cache_clear()


def test_collections_pass_over_what_is_loaded_while_trials_run_and_no_longer(
    objective: str, tmp_path: Path, new_sqlite: NewDatabase
) -> None:
    opened = open_runner(tmp_path, save_model(tmp_path / "bert", "bert"), epochs=1)
    changed = {"objectives": {"also": [objective]}, "budget": {"trials": 1}}
    spec = JobSpec.model_validate(opened.spec.to_json() | changed)
    runner = replace(opened, spec=spec)
    gc.unfreeze()
    with Store.open(new_sqlite()) as store:
        job = store.create_job(spec)
        work_inline(store, job, runner, tmp_path)
        (trial,) = store.trials(job.id)
    assert trial.measurements[objective] > 100_000
    assert gc.get_freeze_count() == 0
