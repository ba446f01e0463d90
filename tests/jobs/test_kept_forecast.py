"""What a dry run foresaw is known to the run of the same job, and to no other."""

from pathlib import Path

import pytest

from peftsearch.jobs.kept_forecast import keep_forecast, recall_forecast
from peftsearch.records.ranges import Range
from tests.specs import make_spec

FORESEEN = Range(10.0, 20.0, 40.0)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PEFTSEARCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_the_last_dry_run_of_the_same_job_counts() -> None:
    spec = make_spec()
    keep_forecast(spec, 2, Range(1.0, 2.0, 3.0))
    keep_forecast(spec, 2, FORESEEN)
    assert recall_forecast(spec, 2) == FORESEEN
    assert recall_forecast(spec, 1) is None
    assert recall_forecast(make_spec(trials=41), 2) is None


@pytest.mark.parametrize("found", ["", "[]", "[" * 100_000, '{"key": 1}'])
def test_a_broken_or_missing_file_is_no_forecast(cache: Path, found: str) -> None:
    assert recall_forecast(make_spec(), 1) is None
    cache.mkdir()
    (cache / "dry-runs.json").write_text(found)
    assert recall_forecast(make_spec(), 1) is None
    keep_forecast(make_spec(), 1, FORESEEN)
    assert recall_forecast(make_spec(), 1) == FORESEEN
    assert [x.name for x in cache.iterdir()] == ["dry-runs.json"]


def test_a_cache_that_cannot_be_written_keeps_nothing(cache: Path) -> None:
    cache.write_text("a file where the folder should be")
    keep_forecast(make_spec(), 1, FORESEEN)
    assert recall_forecast(make_spec(), 1) is None


def test_old_forecasts_leave() -> None:
    for number in range(102):
        keep_forecast(make_spec(), number, FORESEEN)
    assert recall_forecast(make_spec(), 0) is None
    assert recall_forecast(make_spec(), 101) == FORESEEN


@pytest.mark.parametrize("time", ["NaN", "Infinity", "1" + 400 * "0", "-1.0"])
def test_times_that_cannot_be_are_no_forecast(cache: Path, time: str) -> None:
    """A run would end in a traceback as it tells them, after all its trials."""
    keep_forecast(make_spec(), 1, FORESEEN)
    file = cache / "dry-runs.json"
    file.write_text(file.read_text().replace("10.0", time))
    assert recall_forecast(make_spec(), 1) is None
