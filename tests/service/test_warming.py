"""What a service reads before anybody asks."""

import asyncio
from pathlib import Path

from peftsearch.service.memory.history import Histories
from peftsearch.service.memory.warming import NEWEST, warming
from peftsearch.service.stores import StorePool
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.seeding import seed_job


async def warm(url: str) -> Histories:
    """The histories once the thread has ended, which leaving the block waits for."""
    histories = Histories()
    stores = StorePool(url)
    async with warming(stores, histories):
        while len(histories) < NEWEST:  # ended by pytest where it never comes
            await asyncio.sleep(0.02)
    stores.close()
    return histories


def test_the_newest_jobs_are_read(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    for index in range(NEWEST + 2):
        seed_job(url, f"job-{index}", 3)
    histories = asyncio.run(warm(url))
    assert len(histories) == NEWEST
    with Store.open(url) as store:
        assert len(histories.get(store, f"job-{NEWEST + 1}").points) == 3


def test_a_database_that_cannot_be_opened_ends_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()

    async def enter() -> None:
        async with warming(StorePool(f"sqlite:///{folder}"), Histories()):
            pass

    asyncio.run(enter())
