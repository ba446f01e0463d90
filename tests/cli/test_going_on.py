"""Commands that are printed to go on can be typed as they stand."""

import shlex
from pathlib import Path

import pytest

from peftsearch.cli import app
from peftsearch.cli.console import place_options
from peftsearch.records.job import Job, JobState
from peftsearch.storage.store import Store
from peftsearch.workers.runtime.machine_faults import MachineFault
from tests.conftest import NewDatabase
from tests.floors import prepare
from tests.service.records import fill_example
from tests.specs import make_spec

from .calls import call


def test_a_finished_job_goes_on_where_it_lies(
    new_sqlite: NewDatabase,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The folder of files stands in the command where it is another than the database's own."""
    url, files = new_sqlite(), tmp_path / "the files"
    with Store.open(url) as store:
        job = fill_example(store).job
        store.prepare(job.id, prepare(0.5))

    def work(store: Store, job: Job, crew: object) -> None:
        store.set_state(job.id, JobState.FINISHED)

    monkeypatch.setattr("peftsearch.cli.commands.run_crew", work)
    given = ["--storage", url, "--files", str(files)]
    assert call(monkeypatch, "resume", "job", "--trials", "99", *given) == 0
    text = capsys.readouterr().out
    (hint,) = [x for x in text.splitlines() if x.startswith("next: ")]
    assert shlex.split(hint)[-4:] == [
        "--storage",
        url.removeprefix("sqlite:///"),
        "--files",
        str(files),
    ]


def test_a_function_s_job_is_refused_before_its_budget_changes(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url, spec = new_sqlite(), make_spec("own", trials=3, training={"function": "mine.train"})
    with Store.open(url) as store:
        job = store.create_job(spec)
        store.set_state(job.id, JobState.FINISHED)
    options = ["--trials", "99", "--storage", url]
    assert call(monkeypatch, "resume", "own", *options) == 2
    assert "'mine.train' of a Python program" in capsys.readouterr().err
    with Store.open(url) as store:
        assert store.find_job("own").spec.budget.trials == 3
        assert store.find_job("own").state is JobState.FINISHED


def test_the_database_s_own_folder_is_not_named(
    new_sqlite: NewDatabase, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = new_sqlite().removeprefix("sqlite:///")
    own, other = Path(path).with_suffix(".files"), tmp_path / "files"
    assert place_options(f"sqlite:///{path}", own) == f" --storage {path}"
    assert place_options(f"sqlite:///{path}", other).endswith(f" --files {other}")
    monkeypatch.setenv("PEFTSEARCH_FILES", str(other))
    assert place_options(f"sqlite:///{path}", other) == f" --storage {path}"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ([], "`peftsearch resume job`"),
        (["--storage", "my jobs.db"], "`peftsearch resume job --storage 'my jobs.db'`"),
        (["--storage=x.db", "--files", "f"], "`peftsearch resume job --storage x.db --files f`"),
        (["--storage", "postgresql://u:secret@h/d"], "--storage 'postgresql://u:***@h/d'`"),
    ],
)
def test_an_error_s_command_repeats_what_was_given(
    given: list[str],
    told: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def fail(*arguments: object) -> None:
        raise MachineFault("train", "No space left on device", "job")

    monkeypatch.setattr("peftsearch.cli.job_file.read_job", fail)
    assert call(monkeypatch, "run", "job.toml", *given) == 1
    assert told in capsys.readouterr().err
    assert app._complete("an `own` word and `peftsearch front x`").endswith("front x`")
