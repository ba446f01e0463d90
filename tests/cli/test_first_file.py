"""A first job file at the terminal, and what is told before there is one."""

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from peftsearch.jobs.all_mistakes import read_job
from peftsearch.results.wording import COUNTED
from peftsearch.storage.store import Store
from peftsearch.workers.data.task_data import load_data
from peftsearch.workers.training.rehearsal import rehearse
from tests.service.launches import write_workshop
from tests.specs import make_spec
from tests.workers.tiny import save_model

from .calls import call


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a model, and a table as a spreadsheet leaves it."""
    write_workshop(tmp_path)
    rows = [f'{i},"a ticket, number {i}",team {i % 2}' for i in range(100)]
    (tmp_path / "tickets.csv").write_text("\n".join(["Id,Body,Team", *rows]) + "\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("out", ["job.toml", "jobs/first.toml"])
def test_the_file_of_a_table_can_be_run(
    out: str, place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "init", "tickets.csv", "--model", "model", "--out", out) == 0
    told = capsys.readouterr().out
    assert f"next:  peftsearch run {out} --dry-run" in told
    assert "passed over, since they tell rows apart or are days: 'Id'\n" in told
    assert (
        "\n# Passed over, since they tell rows apart or are days: 'Id'.\n"
        in (place / out).read_text()
    )
    spec = read_job(place / out)
    assert (spec.name, spec.task.text, spec.task.label) == ("tickets", "Body", "Team")
    assert load_data(spec).label_names == ["team 0", "team 1"]


def write_unusual(place: Path) -> None:
    """A short text beside a longer one, and classes in no last column: guesses fail."""
    rows = [f"{i % 3},the long remark of row {i} of all,short {i},{i % 2}" for i in range(60)]
    (place / "unusual.csv").write_text("\n".join(["Urgency,Remark,Title,Region", *rows]) + "\n")


@pytest.mark.parametrize("texts", [("Title",), ("title", "Remark")])
def test_columns_may_be_named(
    texts: tuple[str, ...], place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_unusual(place)
    named = [x for text in texts for x in ("--text", text)]
    given = ["init", "unusual.csv", "--model", "model", *named, "--label", "urgency"]
    assert call(monkeypatch, *given) == 0
    task = read_job(place / "job.toml").task
    assert task.label == "Urgency"
    assert task.text == ("Title" if len(texts) == 1 else ("Title", "Remark"))
    assert call(monkeypatch, "init", "unusual.csv", "--out", "guessed.toml") == 0
    guessed = tomllib.loads((place / "guessed.toml").read_text())["task"]
    assert (guessed["text"], guessed["label"]) == ("Remark", "Region")


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (["unusual.csv", "--label", "Urgancy"], "did you mean 'Urgency'"),
        (["unusual.csv", "--text", "Title", "--label", "Title"], "different columns"),
        (["unusual.csv", *["--text", "a", "--text", "b", "--text", "c"]], "two for pairs"),
        (["--text", "Title"], "training data beside the names"),
    ],
)
def test_columns_that_cannot_be_are_refused(
    given: list[str],
    told: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_unusual(place)
    assert call(monkeypatch, "init", *given) == 2
    assert told in capsys.readouterr().err
    assert not (place / "job.toml").exists()


def test_without_a_model_it_begins_with_a_sample(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call(monkeypatch, "init", "tickets.csv") == 0
    assert 'path = "demo:model"' in (place / "job.toml").read_text()


FAMILIES = {
    "t5": {"d_model": 8, "d_kv": 4, "d_ff": 16, "num_layers": 2, "num_heads": 2},
    "gpt2": {"n_embd": 8, "n_layer": 2, "n_head": 2, "n_positions": 64},
}


@pytest.mark.parametrize(("family", "kind"), [("t5", "seq2seq"), ("gpt2", "causal_lm")])
def test_of_kinds_with_the_same_columns_it_is_the_one_that_the_model_can_do(
    family: str, kind: str, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_talk(place)
    (place / family).mkdir()
    config = {"model_type": family, "vocab_size": 32, **FAMILIES[family]}
    (place / family / "config.json").write_text(json.dumps(config))
    assert call(monkeypatch, "init", "talk.jsonl", "--model", family) == 0
    other = "causal_lm" if kind == "seq2seq" else "seq2seq"
    written = (place / "job.toml").read_text()
    assert f'kind = "{kind}"' in written and f"or {other}" in written


def write_talk(place: Path) -> None:
    rows = [f'{{"prompt": "question {i}", "response": "answer {i}"}}' for i in range(30)]
    (place / "talk.jsonl").write_text("\n".join(rows))


@pytest.mark.parametrize(
    ("data", "model", "told"),
    [
        ("tickets.csv", "nowhere/at/all", "'nowhere/at/all', where no folder is; correct --model"),
        ("tickets.csv", "modle", "'modle', and no such folder; did you mean 'model'?"),
        ("tickets.csv", "package:nothing-such", "no package 'nothing-such'; install it"),
        ("talk.jsonl", "model", "bert"),
        (None, "nowhere/at/all", "'nowhere/at/all', where no folder is; correct --model"),
    ],
)
def test_a_model_that_a_launch_would_refuse_gets_no_file(
    data: str | None,
    model: str,
    told: str,
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    write_talk(place)
    assert call(monkeypatch, "init", *([data] if data else []), "--model", model) == 2
    (line,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    assert told in line
    assert not (place / "job.toml").exists()


def test_test_rows_are_looked_at_as_a_launch_does(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "other.csv").write_text("Body,Team\n" + "a ticket,team 0\nanother,team 9\n" * 4)
    (place / "narrow.csv").write_text("Body\n" + "a ticket\n" * 8)
    (place / "held.csv").write_text("Body,Team\n" + "a ticket,team 0\nanother,team 1\n" * 4)
    for file, told in (
        ("none.csv", "no file 'none.csv'; check the path"),
        ("other.csv", "got 'team 9' at row 2"),
        ("narrow.csv", "a column among Body in"),
    ):
        assert call(monkeypatch, "init", "tickets.csv", "--test", file, "--out", "a/j.toml") == 2
        assert told in capsys.readouterr().err
        assert not (place / "a").exists()
    assert call(monkeypatch, "init", "--test", "held.csv") == 2
    assert "training data beside the test rows" in capsys.readouterr().err
    asked = ("tickets.csv", "--test", "held.csv", "--model", "model", "--out", "a/j.toml")
    assert call(monkeypatch, "init", *asked) == 0
    assert 'test = "../held.csv"\n' in (place / "a/j.toml").read_text()
    assert read_job(place / "a/j.toml").task.test == str(place / "held.csv")


def test_what_costs_time_is_shown_with_the_values_that_the_job_has(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    save_model(place / "real", "bert")
    assert call(monkeypatch, "init", "tickets.csv", "--model", "real") == 0
    assert "note:" not in capsys.readouterr().out
    text = (place / "job.toml").read_text()
    spec = read_job(place / "job.toml")
    data = load_data(spec)
    length = rehearse(spec, data).spec.task.max_length
    epochs = spec.training.regime().passes(len(data.train.texts))
    assert f"\n# max_length = {length} " in text
    assert f"\n# epochs = {epochs:g} " in text
    assert f"\nhours = 2                   # {COUNTED}\n" in text
    shown = text.replace("# max_length", "max_length").replace("# epochs", "epochs")
    (place / "job.toml").write_text(shown)
    again = read_job(place / "job.toml")
    assert (again.task.max_length, again.training.epochs) == (length, epochs)


def test_what_a_launch_would_refuse_of_the_rows_is_told_beside_the_file(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = [f'"a ticket, number {i}",team {i % 2}' for i in range(9)]
    (place / "few.csv").write_text("\n".join(["Body,Team", *rows]) + "\n")
    assert call(monkeypatch, "init", "few.csv", "--model", "model") == 0
    assert "note: as it stands, run refuses it: expected " in capsys.readouterr().out
    assert (place / "job.toml").exists()


def test_without_data_the_places_are_named(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "init", "--model", "model") == 0
    assert "first: fill in task.train, task.text, task.label" in capsys.readouterr().out
    text = (place / "job.toml").read_text()
    (place / "job.toml").write_text(text.replace("path/to/train.csv", "data.csv"))
    assert load_data(read_job(place / "job.toml")).label_names == ["0", "1"]


def test_what_is_there_is_never_overwritten(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (place / "job.toml").write_text("mine")
    assert call(monkeypatch, "init", "tickets.csv") == 2
    assert "'job.toml', which is there already; give another" in capsys.readouterr().err
    assert (place / "job.toml").read_text() == "mine"


def test_as_json(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "init", "tickets.csv", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["columns"] == {"text": "Body", "label": "Team"}
    assert (told["unfilled"], told["next"][1]) == ([], "peftsearch run job.toml")
    assert (told["passed_over"], told["notes"]) == (["Id"], [])


@pytest.mark.parametrize("command", [["run"], ["import", "results.csv", "--job"]])
def test_data_in_place_of_a_job_file_leads_to_one(
    command: list[str],
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert call(monkeypatch, *command, "tickets.csv") == 2
    told = "got 'tickets.csv', which looks like data; `peftsearch init tickets.csv` writes"
    assert told in capsys.readouterr().err


def test_no_jobs_yet_is_no_mistake(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "jobs") == 0
    assert capsys.readouterr().out.startswith("no jobs yet in peftsearch.db; ")
    assert call(monkeypatch, "jobs", "--json") == 0
    assert json.loads(capsys.readouterr().out) == []
    assert call(monkeypatch, "show", "tickets") == 2
    assert not (place / "peftsearch.db").exists()


@pytest.mark.parametrize("how", [(), ("--dry-run",)])
def test_a_test_file_of_other_labels_is_refused_before_anything_starts(
    how: tuple[str, ...],
    place: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (place / "held.csv").write_text("Body,Team\n" + "a ticket,team 0\nanother,team 9\n" * 4)
    assert call(monkeypatch, "init", "tickets.csv", "--model", "model") == 0
    text = (place / "job.toml").read_text()
    assert "# test =" in text
    (place / "job.toml").write_text(text.replace('# test = "FILE"', 'test = "held.csv"'))
    assert call(monkeypatch, "run", "job.toml", *how) == 2
    (told,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    assert "the classes of the training data (team 0, team 1); got 'team 9' at row 2" in told
    assert not (place / "peftsearch.db").exists()


def test_a_dry_run_refuses_a_name_that_a_run_would(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "init", "tickets.csv", "--model", "model") == 0
    with Store.open("sqlite:///peftsearch.db") as store:
        store.create_job(make_spec("tickets"))
    for how in ((), ("--dry-run",)):
        assert call(monkeypatch, "run", "job.toml", *how) == 2
        assert "the spec that job 'tickets' was launched with" in capsys.readouterr().err


def test_a_dry_run_tries_the_place_for_adapters(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "init", "tickets.csv", "--model", "model") == 0
    (place / "taken").touch()
    for how in ((), ("--dry-run",)):
        assert call(monkeypatch, "run", "job.toml", *how, "--artefacts", "taken/below") == 2
        (told,) = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
        assert "expected the artefact store file://" in told and "/taken/below" in told


def test_all_wrong_keys_come_in_one_answer_without_torch(place: Path) -> None:
    text = 'data = "tickets.csv"\ntrials = 3\nname = "a"\n[model]\npath = "nowhere/here/x"\n'
    (place / "job.toml").write_text(text)
    program = (
        "import sys\n"
        "from peftsearch.cli import app\n"
        "try: app.main()\n"
        "except SystemExit: pass\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "run", "job.toml", "--json"],
        capture_output=True,
        text=True,
        check=True,
    )
    told = done.stderr.splitlines()
    assert [x.split("; got ")[1] for x in told] == [
        "unknown key 'data'; did you mean 'task.train'?",
        "unknown key 'trials'; did you mean 'budget.trials'?",
        "nothing; correct task in the job file",
        "nothing; correct budget in the job file",
        "'nowhere/here/x', where no folder is; correct model.path",
    ]
    assert [f"error: {x}" for x in json.loads(done.stdout)["others"]] == told[1:]


def test_a_strange_name_of_a_file_leaves_a_job_file_that_can_be_read(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "tickets.csv").rename(place / "two\nlines.csv")
    assert call(monkeypatch, "init", "two\nlines.csv", "--model", "model") == 0
    assert read_job(place / "job.toml").task.train.endswith("two\nlines.csv")


def test_a_name_that_is_no_text_is_refused_before_a_file_is_made(
    place: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call(monkeypatch, "init", "tickets\udcff.csv") == 2
    assert "a path that is UTF-8 text" in capsys.readouterr().err
    assert not (place / "job.toml").exists()
