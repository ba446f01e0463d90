"""A few faults of each kind befall one job, on each database; nothing is lost, doubled or swapped.

The long run is `python -m tests.chaos --kills 200`.
"""

import random
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from peftsearch.storage.store import Store
from peftsearch.workers.files.job_folder import trials_folder
from tests.cluster import find_programs
from tests.end_to_end.conftest import write_data, write_model

from .databases import DATABASES
from .faults import FAULTS, mixed
from .ground import Ground
from .legs import run_leg
from .tally import Tally, take_tally

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("warm_start")]


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model and data."""
    folder = tmp_path_factory.mktemp("workshop")
    write_model(folder / "model")
    write_data(folder / "data.csv")
    return folder


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def ground(request: pytest.FixtureRequest, workshop: Path, tmp_path: Path) -> Iterator[Ground]:
    """A job that has not begun."""
    if request.param == "postgresql" and find_programs() is None:
        pytest.skip("the programs of a PostgreSQL server are missing")
    with DATABASES[request.param](tmp_path / "database") as database:
        own = tmp_path / "job"
        own.mkdir()
        yield Ground(own, database.create(), workshop, 6, own / "files", random.Random(0))


def _execute(ground: Ground, statement: str) -> None:
    with create_engine(ground.url, poolclass=NullPool).begin() as connection:
        connection.execute(text(statement))


def _swap(ground: Ground) -> None:
    """Two adapters take each other's place."""
    with Store.open(ground.url) as store:
        folder = trials_folder(ground.files, store.find_job("small"))
    one, other = sorted(folder.iterdir())[-2:]
    for source, target in ((one, folder / "x"), (other, one), (folder / "x", other)):
        source.rename(target)


_QUEUE_AGAIN = (
    "UPDATE trials SET state = 'queued' "
    "WHERE number = (SELECT min(number) FROM trials WHERE state = 'completed')"
)
LIES: dict[str, Callable[[Ground], object]] = {
    "files": lambda x: (x.files / "forgotten.part").touch(),
    "swapped": _swap,
    "fronts": lambda x: _execute(x, "UPDATE front_entries SET left_event = 1"),
    "double": lambda x: _execute(x, "UPDATE jobs SET event = event + 1"),
    "lost": lambda x: _execute(x, _QUEUE_AGAIN),
}
"""What a job would look like to which something had happened, by what the tally counts."""


def test_nothing_is_lost_doubled_or_swapped(ground: Ground) -> None:
    kinds = len(FAULTS) - 1
    tally = run_leg(ground, mixed(), kinds)
    assert tally.faults >= kinds
    assert tally.trials >= 6
    assert tally.wrong == {}, (tally, ground.said)
    for name, lie in LIES.items():
        lie(ground)
        assert name in take_tally(ground, 0).wrong
    with subprocess.Popen(["sleep", "600"], cwd=ground.folder) as forgotten:
        assert "processes" in take_tally(ground, 0).wrong
        forgotten.kill()


def test_tallies_add_up() -> None:
    assert Tally(1, 2, lost=3) + Tally(4, 5, lost=6) == Tally(5, 7, lost=9)
    assert (Tally(1, 2) + Tally(3, 4)).wrong == {}
