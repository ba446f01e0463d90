"""`baselines` and `ablate`: what is told before anything is trained, and after."""

import json

import pytest

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.beside import PICKED, fill_ablation, fill_baselines, fill_searched
from tests.specs import make_spec

from .calls import call


def test_a_dry_run_tells_how_much_and_trains_nothing(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_searched(store)
    given = ["job", "--pick", "best", "--dry-run", "--storage", url]
    assert call(monkeypatch, "baselines", *given) == 0
    said = capsys.readouterr().err
    assert "baselines of job: 7 trainings, 1 of them are made already; 6 to train, about " in said
    assert call(monkeypatch, "ablate", *given, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["trainings"], found["left"]) == (6 + 1, 6)
    assert [x["name"] for x in found["parts"]][0] == "as it is"
    with Store.open(url) as store:
        assert [x.name for x in store.jobs()] == ["job"]


def test_everything_that_shows_a_front_tells_how_it_stands(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_ablation(store, fill_baselines(store))
    assert call(monkeypatch, "front", "job", "--storage", url) == 0
    assert "the search ties with it" in capsys.readouterr().out
    assert call(monkeypatch, "front", "job", "--storage", url, "--json") == 0
    assert json.loads(capsys.readouterr().out)["baselines"]["trained"]
    assert call(monkeypatch, "show", "job", "--storage", url) == 0
    assert "the search ties with it" in capsys.readouterr().out
    assert call(monkeypatch, "front", "job.baselines", "--storage", url) == 0
    assert "beside the job job" in capsys.readouterr().out
    given = ["job", "--pick", "best", "--workers", "0", "--storage", url]
    assert call(monkeypatch, "ablate", *given) == 0
    assert "without layer 5: nothing to be seen" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["ablate", "job", "--seeds", "0"], "--seeds from 1 to 20"),
        (["ablate", "job", "--pick", "1"], "a part to leave out"),
        (["baselines", "none"], "none"),
        (["baselines", "job", "--ranks", "8,x"], "--ranks as whole numbers from 1 to 4,096"),
        (["baselines", "job", "--ranks", "0"], "--ranks as whole numbers from 1 to 4,096"),
        (["baselines", "job", "--ranks", ""], "--ranks as whole numbers from 1 to 4,096"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    arguments: list[str],
    told: str,
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_searched(store)
    assert call(monkeypatch, *arguments, "--storage", url) == 2
    said = [x for x in capsys.readouterr().err.splitlines() if x.startswith("error: ")]
    assert len(said) == 1 and told in said[0]
    with Store.open(url) as store:
        assert [x.name for x in store.jobs()] == ["job"]


def test_a_list_shows_companions_below_their_job_or_not_at_all(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_baselines(store)
        store.create_job(make_spec("another"))
    assert call(monkeypatch, "jobs", "--storage", url) == 0
    rows = [x.split()[0] for x in capsys.readouterr().out.splitlines() if x.strip()]
    shown = [x for x in rows if x in ("job", "└─job.baselines", "another")]
    assert shown == ["job", "job", "└─job.baselines", "another"]  # the first is the table's head
    assert call(monkeypatch, "jobs", "--searches", "--storage", url) == 0
    assert "job.baselines" not in capsys.readouterr().out
    assert call(monkeypatch, "jobs", "--json", "--storage", url) == 0
    told = {x["name"]: x["parent"] for x in json.loads(capsys.readouterr().out)}
    assert told == {"job": None, "job.baselines": "job", "another": None}
    with Store.open(url) as store:
        store.delete_job(store.find_job("job").id)
    assert call(monkeypatch, "jobs", "--storage", url) == 0
    assert "job.baselines (beside" in capsys.readouterr().out


def test_a_companion_proposes_no_baselines_of_its_own(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_baselines(store)
    for command in ("front", "show"):
        for options in ([], ["--json"]):
            assert call(monkeypatch, command, "job.baselines", "--storage", url, *options) == 0
            said = capsys.readouterr().out
            assert "peftsearch baselines" not in said and "beside the job job" in said
    found = json.loads(said)
    assert found["parent"] == "job" and found["baselines"]["command"] is None


def test_both_name_the_job_and_what_stands_beside_it(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_ablation(store, fill_baselines(store))
    given = ["job", "--pick", "best", "--workers", "0", "--json", "--storage", url]
    for command, name in (("baselines", "job.baselines"), ("ablate", "job.ablation")):
        assert call(monkeypatch, command, *given) == 0
        found = json.loads(capsys.readouterr().out)
        assert (found["job"], found["companion"]) == ("job", name)
        assert found["picked"] == PICKED.key


def test_ranks_of_the_sweep_are_chosen(
    new_sqlite: NewDatabase,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        fill_searched(store)
    given = ["job", "--ranks", "4, 2,4", "--dry-run", "--json", "--storage", url]
    assert call(monkeypatch, "baselines", *given) == 0
    parts = json.loads(capsys.readouterr().out)["parts"]
    swept = {x["name"].partition(" on ")[0] for x in parts if x["role"] == "sweep"}
    assert swept == {"rank 2", "rank 4"}
