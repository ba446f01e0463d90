"""Reading many trials keeps the collector away, and no longer than that."""

import gc

from peftsearch.service.memory.collector import MANY, Collector


def test_nothing_is_collected_while_somebody_reads_many() -> None:
    collector = Collector()
    frozen = gc.get_freeze_count()
    try:
        with collector.settling(MANY + 1):
            with collector.settling(MANY + 1):
                assert not gc.isenabled()
            assert not gc.isenabled()
        assert gc.isenabled()
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()


def test_few_trials_change_nothing() -> None:
    frozen = gc.get_freeze_count()
    with Collector().settling(MANY):
        assert gc.isenabled()
    assert gc.get_freeze_count() == frozen


def test_a_reading_that_fails_lets_it_collect_again() -> None:
    try:
        with Collector().settling(MANY + 1):
            raise LookupError
    except LookupError:
        assert gc.isenabled()
    finally:
        gc.unfreeze()
