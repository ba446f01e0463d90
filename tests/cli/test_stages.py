"""What `run` says before the first trial, and while one trains."""

import contextlib
import io
import math
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from peftsearch.live.stages import tell_stopping
from peftsearch.live.terminal import LiveView, PlainView
from peftsearch.records.job import Job
from peftsearch.records.worker import AWAITING_STORE
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.spaces.jobspec.head import suppose_head
from peftsearch.storage.store import Store
from peftsearch.workers.processes.child import Child
from peftsearch.workers.processes.pool import Pool
from peftsearch.workers.processes.shared_status import CONTEXT, SharedStatus
from tests.anatomies import BERT, LLAMA
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.service.records import Filler, lora
from tests.specs import make_spec

FEATURES = "preparing: frozen features of 1,000 training rows, for the floors and the head"


def make_pool(store: Store, url: str, root: Path, **sections: Any) -> tuple[Job, Pool, Child]:
    """A worker whose process nobody started."""
    job = store.create_job(make_spec(**sections))
    child = Child("w", 0, SharedStatus(), CONTEXT.Process())
    return job, Pool(store, job, url, root, workers=1, children=[child]), child


def test_what_goes_on_is_said_while_nothing_ends(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        job, pool, child = make_pool(
            store, url, tmp_path, task={"train": "data.csv", "train_rows": 1000}
        )
        written = io.StringIO()
        view = PlainView(store, job, Console(file=written, width=120))

        def look(later: bool = True) -> str:
            """What is printed, ten seconds later or at once."""
            written.truncate(written.seek(0))
            view.refreshed, view.told = 0.0, -math.inf if later else view.told
            view.update(pool)
            return written.getvalue()

        assert look().startswith("loading the model and the data in the workers ... (")
        assert look(later=False) == ""
        child.status.steps.value = 1
        assert look().startswith(f"{FEATURES} ... (")
        child.status.done.value, child.status.total.value = 3, 1127
        assert look().startswith(f"{FEATURES}, step 3 of 1,127 ... (")
        store.prepare(job.id, prepare(0.79))
        assert look().splitlines()[-1].startswith("choosing the first configurations ... (")
        child.status.trial.value, child.status.number.value = 1, 0
        child.status.done.value = child.status.total.value = 0
        assert look().startswith("training: trial 0 ... (")
        child.status.done.value, child.status.total.value = 40, 250
        assert look().startswith("training: trial 0 batch 40 of 250 ... (")
        child.status.done.value, child.status.total.value = AWAITING_STORE
        assert look().startswith("training: trial 0 (waits for the artefact store) ... (")
        assert child.progress == AWAITING_STORE  # for the pages
        assert look(later=False) == ""
        child.status.trial.value = -1
        assert look() == ""
        view.begun, view.seen = False, {0}  # of a command that came when a trial had ended
        assert look() == ""


@pytest.mark.parametrize(
    ("cost", "told"),
    [
        ("trainable_parameters", "6,144 parameters: "),
        ("backward_depth", "backward depth 4 layers: "),
    ],
)
def test_a_trial_that_ended_tells_what_is_minimised(
    cost: str, told: str, new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url, written = new_sqlite(), io.StringIO()
    with Store.open(url) as store:
        filler = Filler.open(store, make_spec(objectives={"minimise": [cost]}))
        pool = Pool(store, filler.job, url, tmp_path, workers=1, children=[])
        view = PlainView(store, filler.job, Console(file=written, width=200))
        filler.complete(lora(1, start=2), 0.8)
        view.update(pool)
    assert told in written.getvalue()


def test_a_share_is_of_the_job_as_its_workers_found_it(
    new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url, written = new_sqlite(), io.StringIO()
    with Store.open(url) as store:
        spec = make_spec(objectives={"minimise": ["export_bytes"]})
        filler = Filler.open(store, spec)
        pool = Pool(store, filler.job, url, tmp_path, workers=1, children=[])
        view = PlainView(store, filler.job, Console(file=written, width=200))
        store.prepare(filler.job.id, prepare(0.7))
        larger = suppose_head(spec.head, "classification", 150, BERT)
        found = store.describe(filler.job.id, larger).spec
        filler.complete(lora(8), 0.8)
        view.update(pool)
        trials, prepared = store.trials(filler.job.id), store.preparation(filler.job.id)
    share = hypervolume(found, trials, prepared)
    assert f"{share:.3f}" != f"{hypervolume(spec, trials, prepared):.3f}"
    assert f"hypervolume {share:.3f}" in written.getvalue()


@pytest.mark.parametrize("kind", ["causal_lm", "classification"])
def test_the_panel_says_it_too(kind: str, new_sqlite: NewDatabase, tmp_path: Path) -> None:
    url, written = new_sqlite(), io.StringIO()
    asked = {"prompt": "a", "response": "b", "metric": "exact_match"}
    task = {"train": "data.csv", "kind": kind} | (asked if kind == "causal_lm" else {})
    anatomy = LLAMA if kind == "causal_lm" else BERT
    with Store.open(url) as store:
        job, pool, child = make_pool(store, url, tmp_path, task=task, anatomy=anatomy)
        child.status.steps.value = 1
        with LiveView(store, job, Console(file=written, force_terminal=True, width=120)) as view:
            view.update(pool)
    read = (
        "the floors, the base model as it is and the best of a few prompts"
        if kind == "causal_lm"
        else "frozen features of training rows"
    )
    assert f"preparing: {read}" in written.getvalue()


@pytest.mark.parametrize("kind", [PlainView, LiveView])
def test_what_an_interrupted_pool_waits_for_is_said(
    kind: type[PlainView] | type[LiveView], new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url, written = new_sqlite(), io.StringIO()
    with Store.open(url) as store:
        job, pool, child = make_pool(store, url, tmp_path)
        child.process = CONTEXT.Process(target=time.sleep, args=(600,), daemon=True)
        child.process.start()
        assert "waiting for 1 worker to give back what runs, at most 29 s" in tell_stopping(
            pool, 29
        )
        child.status.trial.value, child.status.number.value = 1, 7
        child.status.done.value, child.status.total.value = 40, 250
        view = kind(store, job, Console(file=written, force_terminal=True, width=200))
        with view if isinstance(view, LiveView) else contextlib.nullcontext():
            view.stop(pool, 29.0)
            view.stop(pool, 28.9)
        child.process.kill()
        child.process.join()
    waits = (
        "stopping: waiting for 1 worker (trial 7 batch 40 of 250) to give back what runs, at most"
    )
    assert waits in written.getvalue()
    assert kind is LiveView or written.getvalue().count("stopping") == 1


def test_a_note_leaves_the_panel_whole(new_sqlite: NewDatabase, tmp_path: Path) -> None:
    """The panel is drawn below each note: with its markup, and no wider than the terminal."""
    url, written = new_sqlite(), io.StringIO()
    with Store.open(url) as store:
        job, pool, child = make_pool(store, url, tmp_path)
        child.status.steps.value = 1
        store.prepare(job.id, replace(prepare(0.79), notes=("the words of a note " * 9,)))
        with LiveView(store, job, Console(file=written, force_terminal=True, width=70)) as view:
            view.update(pool)
            view.refreshed, view.preparation = 0.0, None
            view.update(pool)
    told = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "\n", written.getvalue())
    assert told.count("note: the words of a note") == 2
    assert "[bold]" not in told
    assert max(map(len, told.splitlines())) <= 70
