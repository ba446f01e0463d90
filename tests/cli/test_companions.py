"""`baselines` and `ablate`: what is told before anything is trained, and after."""

import json

import pytest

from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.beside import fill_ablation, fill_baselines, fill_searched

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
