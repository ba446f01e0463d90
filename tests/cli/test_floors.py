"""What the commands say of a job's floors."""

import contextlib
import io
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

import peftsearch
from peftsearch.live.terminal import LiveView, PlainView
from peftsearch.records.estimates import Estimate
from peftsearch.records.job import JobState
from peftsearch.records.preparation import Preparation
from peftsearch.records.trial import Trial
from peftsearch.results.comparisons.differences import Difference
from peftsearch.results.confirmations.confirmation import SEEDS, Arm, Confirmation, Run
from peftsearch.results.confirmations.confirmer import Confirmer
from peftsearch.results.confirmations.tested_reports import CONFIRM
from peftsearch.results.pictures import picture
from peftsearch.results.search_result import load_result
from peftsearch.spaces.configurations.configuration import Configuration
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_rows import Split
from peftsearch.workers.processes.pool import Pool
from peftsearch.workers.training.trial_runner import TrialRunner
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.report.jobs import comparison
from tests.service.records import PROBE, Filler, fill_example, fill_repeated, lora

from .calls import call

NOTHING = "Nothing here beats the floor by more than noise"
PROPOSED = "within one standard error of the best, does not beat the floor by more"
FLOOR = "floor: accuracy 0.7900 ± 0.0200, logistic regression on frozen features"


def fill(new_sqlite: NewDatabase, preparation: Preparation | None) -> str:
    """A database with the example, whose best has .80 of 400 rows."""
    url = new_sqlite()
    with Store.open(url) as store:
        job = fill_example(store).job
        if preparation is not None:
            store.prepare(job.id, preparation)
    return url


@pytest.mark.parametrize(
    ("preparation", "floors", "warned"),
    [(prepare(0.79), True, True), (prepare(0.7), True, False), (None, False, False)],
)
def test_front_names_the_floors_and_says_where_nothing_beats_them(
    preparation: Preparation | None,
    floors: bool,
    warned: bool,
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = fill(new_sqlite, preparation)
    assert call(monkeypatch, "front", "job", "--storage", url) == 0
    text = capsys.readouterr().out
    assert ("floor: accuracy" in text) is floors
    assert (NOTHING in text) is warned
    assert ("Try " in text) is warned


def test_what_does_not_beat_the_floor_is_not_proposed(
    new_sqlite: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        filler = fill_example(store)
        filler.complete(lora(4), 0.785)
        store.prepare(filler.job.id, prepare(0.72))
    assert call(monkeypatch, "front", "job", "--storage", url) == 0
    shown = capsys.readouterr().out
    assert f"{PROPOSED} than noise: accuracy 0.7850 is " in shown
    assert " Row 4 is the cheapest that does." in shown
    with Store.open(url) as store:
        store.set_state(store.find_job("job").id, JobState.FINISHED)
        result = load_result(store, store.find_job("job"), tmp_path)
    assert PROPOSED in str(result) and 'pick="4"' in str(result)
    assert not any(PROPOSED in x for x in result.doubts(result.pick("best")))
    monkeypatch.setattr("peftsearch.cli.commands.check_device", lambda device: None)
    monkeypatch.setattr("peftsearch.jobs.life.resume", lambda store, name, budget: result.job)
    given = ["--storage", url, "--files", str(tmp_path)]
    assert call(monkeypatch, "resume", "job", *given) == 0
    text = capsys.readouterr().out
    assert PROPOSED in text and "peftsearch export job --pick 4 --out adapter/" in text
    assert "on test rows: peftsearch confirm job --pick 4 --storage " in text
    picked = result.pick(result.proposed).configuration
    with Store.open(url) as store:
        store.save_report(result.job.id, CONFIRM, comparison(picked, lora(8), 0.02))
    assert call(monkeypatch, "resume", "job", *given) == 0
    text = capsys.readouterr().out
    assert "On 500 test rows: accuracy 0.7200" in text and "peftsearch confirm job" not in text


def test_show_tells_what_was_found_out(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = fill(new_sqlite, prepare(0.79))
    assert call(monkeypatch, "show", "job", "--storage", url) == 0
    text = capsys.readouterr().out
    assert FLOOR in text and "the head reads the mean" in text
    assert "job: waits for workers, budget" in text and "nobody works on job: `peftsearch" in text
    with Store.open(url) as store:
        store.set_state(store.find_job("job").id, JobState.STOPPED)
    assert call(monkeypatch, "show", "job", "--storage", url) == 0
    text = capsys.readouterr().out
    assert "nobody" not in text and "stopped after " in text
    assert call(monkeypatch, "show", "job", "--storage", url, "--json") == 0
    found = json.loads(capsys.readouterr().out)["preparation"]
    assert Preparation.from_json(found) == prepare(0.79)


def test_run_and_its_json_say_it(
    new_sqlite: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = fill(new_sqlite, prepare(0.79))
    with Store.open(url) as store:
        store.set_state(store.find_job("job").id, "finished")  # type: ignore[arg-type]
    monkeypatch.setattr("peftsearch.cli.commands.check_device", lambda device: None)
    given = ["--storage", url, "--files", str(tmp_path), "--workers", "0", "--json"]
    assert call(monkeypatch, "resume", "job", "--trials", "9", *given) == 0
    found = json.loads(capsys.readouterr().out)
    assert [x["name"] for x in found["floors"]] == ["features", "tfidf"]
    assert NOTHING in found["warnings"][0]


@pytest.mark.parametrize("kind", [PlainView, LiveView])
def test_progress_says_once_what_the_preparation_decided(
    kind: type[PlainView] | type[LiveView], new_sqlite: NewDatabase, tmp_path: Path
) -> None:
    url, written = fill(new_sqlite, prepare(0.79)), io.StringIO()
    with Store.open(url) as store:
        job = store.find_job("job")
        view = kind(store, job, Console(file=written, force_terminal=True, width=120))
        pool = Pool(store, job, url, tmp_path, workers=0)
        with view if isinstance(view, LiveView) else contextlib.nullcontext():
            view.update(pool)
            view.refreshed = 0.0
            view.update(pool)
    assert written.getvalue().count("note: the head reads the mean") == 1


def test_confirm_names_the_floors_keeps_them_in_its_report_and_holds_the_job(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, run = fill(new_sqlite, prepare(0.79)), Run({"accuracy": 0.5}, [0.0], [1.0])
    arms = [Arm(f"{i}", x, (run,) * len(SEEDS)) for i, x in enumerate((lora(8), PROBE))]
    found = Confirmation(tuple(arms), (Difference(0.0, -0.1, 0.1),), "accuracy")

    def confirm(self: Confirmer, picked: Configuration, probe: Configuration) -> Confirmation:
        peftsearch.stop("job", url)
        with pytest.raises(peftsearch.Conflict, match=f"confirm in process {os.getpid()} on "):
            peftsearch.delete("job", url)
        return found

    data = SimpleNamespace(fingerprint="a", label_names=["no", "yes"])
    rows = {"data": data, "split": lambda name: Split([("bad",), ("good",)], [0, 1])}
    rows["inputs"] = {"data": "a"}
    monkeypatch.setattr(
        TrialRunner, "open", lambda spec, device: SimpleNamespace(spec=spec, **rows)
    )
    monkeypatch.setattr(Confirmer, "confirm", confirm)
    assert call(monkeypatch, "confirm", "job", "--storage", url) == 0
    assert f"{FLOOR} (on the validation rows)" in capsys.readouterr().out
    with Store.open(url) as store:
        (report,) = store.reports(store.find_job("job").id, "confirm")
        assert store.all_at_work(store.find_job("job").id) == []
    assert [x["value"] for x in report["floors"]] == [0.79, 0.65]


def test_front_as_json_has_the_floors(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = fill(new_sqlite, prepare(0.79))
    assert call(monkeypatch, "front", "job", "--storage", url, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert [x["name"] for x in found["floors"]] == ["features", "tfidf"]
    assert NOTHING in found["warnings"][0]
    assert found["job"] == "job" and len(found["front"]) > 1 and found["front"][0]["row"] == 1


def test_an_empty_front_says_why_its_trials_failed(
    new_sqlite: NewDatabase, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        filler = Filler.open(store)
        filler.fail(lora(1), "no memory at all")
        filler.fail(lora(2), "x" * 5_000)
    assert call(monkeypatch, "front", "job", "--storage", url) == 0
    text = capsys.readouterr().out
    assert "No completed trial is there." in text
    line = next(x for x in text.splitlines() if x.startswith("2 of 2 trials failed: xxx"))
    assert "peftsearch show job --storage" in line and len(line) < 700


def test_the_ring_of_a_picture_is_where_the_table_has_its_star(
    new_sqlite: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both by what further trainings are expected to show, where that is known."""
    url, drawn = new_sqlite(), list[Sequence[Estimate[Trial]]]()
    with Store.open(url) as store:
        fill_repeated(store)
    monkeypatch.setattr(picture, "draw_front", lambda members, *_: drawn.append(members))
    given = ["--storage", url, "--picture", str(tmp_path / "front.png")]
    assert call(monkeypatch, "front", "job", *given) == 0
    assert any(x.expected for x in drawn[0])
