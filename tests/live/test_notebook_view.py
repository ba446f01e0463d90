"""What an output of a notebook shows while a job runs."""

from pathlib import Path

import pytest

from peftsearch.live.displays import Notebook, Silent, Terminal, choose_display, in_notebook
from peftsearch.live.notebook_view import NotebookView
from peftsearch.live.progress import measure_progress, tell_volume
from peftsearch.notebook.shown_work import InlineCrew
from peftsearch.records.trial import Proposal
from peftsearch.storage.store import Store
from peftsearch.workers.engines.engine import SeenMember
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.search.jobs import lora, make_trial
from tests.service.launches import add_job
from tests.specs import make_spec


def test_phases_are_shown_in_one_place(new_sqlite: NewDatabase) -> None:
    shown: list[str] = []
    display = Notebook(shown.append)
    display.tell("loading <the> data")
    assert "loading &lt;the&gt; data ..." in shown[-1] and "<the>" not in shown[-1]
    with Store.open(new_sqlite()) as store:
        job = add_job(store, "tickets", [0.5, 0.75], budget={"trials": 8})
        crew = InlineCrew()
        with display.follow(store, job) as view:
            view.update(crew)
            assert "preparing: frozen features of training rows" in shown[-1]
            assert "tickets: 2 of 8 trials done, best accuracy so far 0.7500" in shown[-1]
            assert 'value="0.250"' in shown[-1]
            view.update(crew)
            assert len(shown) == 2  # within a second
        store.prepare(job.id, prepare(0.6))
        crew.children = [SeenMember(trial=(7, 1), number=2, batches=(3, 40))]
        view = NotebookView(store, job, shown.append)
        view.update(crew)
        assert "training: trial 2 batch 3 of 40" in shown[-1]
        assert "floor: accuracy 0.6500" in shown[-1]
        assert "<div>note: the head reads the mean</div>" in shown[-1]
        view.update(InlineCrew([]))
        assert "done" in shown[-1] and "training" not in shown[-1]


def test_a_budget_of_hours_is_a_bar_too(new_sqlite: NewDatabase) -> None:
    shown: list[str] = []
    with Store.open(new_sqlite()) as store:
        job = add_job(store, "tickets", [0.5], budget={"hours": 1000.0})
        NotebookView(store, job, shown.append).update(InlineCrew())
    assert "tickets: 1 trial done" in shown[-1] and 'value="0.000"' in shown[-1]


def test_the_display_is_that_of_the_place() -> None:
    assert not in_notebook()
    assert isinstance(choose_display(True), Terminal)
    assert isinstance(choose_display(False), Silent)


def test_a_kernel_shows_it_in_one_output(tmp_path: Path) -> None:
    """In a real kernel, where one is installed."""
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    pytest.importorskip("ipykernel")
    lines = (
        "from peftsearch.live.displays import choose_display",
        "display = choose_display(True)",
        "display.tell('loading the data')",
        "display.tell('loading the model')",
    )
    page = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("\n".join(lines))])
    nbclient.NotebookClient(page, timeout=300).execute()
    (output,) = page.cells[0].outputs
    assert "loading the model ..." in output["data"]["text/html"]


def test_a_share_of_nothing_is_not_told_where_nothing_beats_the_floor() -> None:
    spec, trial = make_spec(), make_trial(0, Proposal(lora(2), 0, "try"), 0.8)
    for floor, told in ((0.9, "nothing beats the floor yet"), (0.7, "hypervolume 0.")):
        now = measure_progress(spec, [trial], 0.0, 1, prepare(floor))
        assert tell_volume(now).startswith(told)
    assert tell_volume(measure_progress(spec, [], 0.0, 1, prepare(0.9))) == "hypervolume 0.000"
    over = measure_progress(make_spec(trials=1), [trial], 0.0, 1, prepare(0.9))
    assert tell_volume(over) == ""  # the result below it says so
