"""`baselines` and `ablate`: what is told before anything is trained, and after."""

from itertools import product

import pytest

from tests.service.beside import PICKED, fill_ablation, fill_baselines, fill_searched
from tests.specs import make_spec

from .conftest import Terminal


@pytest.fixture
def searched(terminal: Terminal) -> Terminal:
    """A job that has searched, and nothing beside it."""
    with terminal.store() as store:
        fill_searched(store)
    return terminal


@pytest.fixture
def accompanied(terminal: Terminal) -> Terminal:
    """A job with its baselines and an ablation."""
    with terminal.store() as store:
        fill_ablation(store, fill_baselines(store))
    return terminal


def _names(terminal: Terminal) -> list[str]:
    with terminal.store() as store:
        return [x.name for x in store.jobs()]


def test_a_dry_run_tells_how_much_and_trains_nothing(searched: Terminal) -> None:
    given = ["job", "--pick", "best", "--dry-run"]
    said = searched("baselines", *given).err
    assert "baselines of job: 7 trainings, 1 of them are made already; 6 to train, about " in said
    found = searched("ablate", *given, "--json").json
    assert (found["trainings"], found["left"]) == (6 + 1, 6)
    assert [x["name"] for x in found["parts"]][0] == "as it is"
    assert _names(searched) == ["job"]


def test_everything_that_shows_a_front_tells_how_it_stands(accompanied: Terminal) -> None:
    for command in ("front", "show"):
        assert "the search ties with it" in accompanied(command, "job").out
    assert accompanied("front", "job", "--json").json["baselines"]["trained"]
    assert "beside the job job" in accompanied("front", "job.baselines").out
    given = ["job", "--pick", "best", "--workers", "0"]
    assert "without layer 5: nothing to be seen" in accompanied("ablate", *given).out


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
    arguments: list[str], told: str, searched: Terminal
) -> None:
    (mistake,) = searched(*arguments, code=2).mistakes
    assert told in mistake
    assert _names(searched) == ["job"]


def test_a_list_shows_companions_below_their_job_or_not_at_all(terminal: Terminal) -> None:
    with terminal.store() as store:
        fill_baselines(store)
        store.create_job(make_spec("another"))
    rows = [x.split()[0] for x in terminal("jobs").out.splitlines() if x.strip()]
    shown = [x for x in rows if x in ("job", "└─job.baselines", "another")]
    assert shown == ["job", "job", "└─job.baselines", "another"]  # the first is the table's head
    assert "job.baselines" not in terminal("jobs", "--searches").out
    told = {x["name"]: x["parent"] for x in terminal("jobs", "--json").json}
    assert told == {"job": None, "job.baselines": "job", "another": None}
    with terminal.store() as store:
        store.delete_job(store.find_job("job").id)
    assert "job.baselines (beside" in terminal("jobs").out


def test_a_companion_proposes_no_baselines_of_its_own(accompanied: Terminal) -> None:
    for command, options in product(("front", "show"), ([], ["--json"])):
        said = accompanied(command, "job.baselines", *options)
        assert "peftsearch baselines" not in said.out and "beside the job job" in said.out
    assert said.json["parent"] == "job" and said.json["baselines"]["command"] is None


def test_both_name_the_job_and_what_stands_beside_it(accompanied: Terminal) -> None:
    given = ["job", "--pick", "best", "--workers", "0", "--json"]
    for command, name in (("baselines", "job.baselines"), ("ablate", "job.ablation")):
        found = accompanied(command, *given).json
        assert (found["job"], found["companion"]) == ("job", name)
        assert found["picked"] == PICKED.key


def test_ranks_of_the_sweep_are_chosen(searched: Terminal) -> None:
    parts = searched("baselines", "job", "--ranks", "4, 2,4", "--dry-run", "--json").json["parts"]
    swept = {x["name"].partition(" on ")[0] for x in parts if x["role"] == "sweep"}
    assert swept == {"rank 2", "rank 4"}
