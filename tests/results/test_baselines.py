"""Whether a front beats what everybody does, and what is said of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.companions import ensure
from peftsearch.results.beside_json import beside_json
from peftsearch.results.search_result import SearchResult, load_result
from peftsearch.results.standing.ablation_words import ablation_json, tell_ablation
from peftsearch.results.standing.baseline_words import baselines_json, tell_baselines
from peftsearch.search.goals.hypervolume import hypervolume
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.service.beside import (
    PICKED,
    end_beside,
    fill_ablation,
    fill_baselines,
    fill_searched,
    plan_beside,
)
from tests.service.records import Filler


@pytest.fixture
def store(new_sqlite: NewDatabase) -> Iterator[Store]:
    with Store.open(new_sqlite()) as store:
        yield store


def load(store: Store, filler: Filler) -> SearchResult:
    return load_result(store, store.job(filler.job.id), Path())


def test_a_job_without_says_so_and_names_the_command(store: Store) -> None:
    result = load(store, fill_searched(store))
    assert result.baselines is None
    (line,) = result.beside
    assert line == (
        "baselines: none were trained; `peftsearch baselines job` holds the front against LoRA of "
        "each rank"
    )
    for told in (str(result), result._repr_html_()):
        assert "peftsearch baselines job" in told
    assert baselines_json(None, "job")["command"] == "peftsearch baselines job"
    with pytest.raises(UserError, match=r"train them: `peftsearch baselines job`"):
        result.find_swept()


def test_the_front_is_held_against_the_best_of_the_sweep_at_its_cost(store: Store) -> None:
    result = load(store, fill_baselines(store))
    found = result.baselines
    assert found is not None and found.best is not None and found.best.found is not None
    assert found.best.name == "rank 8 on all linears"
    assert found.at_cost is not None and found.at_cost.left[0].key == PICKED.key
    assert found.at_cost.gain == pytest.approx(0.03)
    assert found.tried == (4, 4)
    assert found.chosen is not None and found.chosen.gain == pytest.approx(0.10)
    assert found.outright == found.at_cost
    swept = [t for x in found.swept for t in x.trials]
    volumes = [hypervolume(result.job.spec, x, result.preparation) for x in (result.trials, swept)]
    assert found.shares == pytest.approx(tuple(volumes)) and volumes[0] > volumes[1] > 0
    lines = tell_baselines(found, "job")
    assert lines[0].startswith(
        "baselines: at no more than the cost of the LoRA sweep's best (rank 8 on all linears, "
        "331,776 trainable parameters, accuracy 0.7900) the search ties with it: accuracy 0.8200 "
        "at 9,984 trainable parameters, +0.0300 ± "
    )
    assert f"hypervolume {volumes[0]:.3f} against {volumes[1]:.3f}." in lines[0]
    assert any("full fine-tuning of all layers failed: no memory" in x for x in lines)
    cheap = (
        "the chosen one beats the best of the sweep at its cost or less (rank 1 on query+value, "
    )
    assert any(x.startswith(f"  {cheap}9,216 trainable parameters): +0.1000 ± ") for x in lines)
    assert not any("of its trainable parameters" in x for x in lines)  # that is said above
    places = "  its modules at 2 random places have accuracy 0.7200, 0.7200: the place matters ("
    assert any(x.startswith(places) for x in lines)
    assert any("the best of 4 configurations and the sweep of 4" in x for x in lines)


@pytest.mark.parametrize(
    ("swept", "searched", "told"),
    [(0.60, 0.95, "beats"), (0.79, 0.80, "ties with"), (0.96, 0.70, "is beaten by")],
)
def test_who_leads_is_said_whoever_it_is(
    swept: float, searched: float, told: str, store: Store
) -> None:
    result = load(store, fill_baselines(store, swept, searched))
    line = tell_baselines(result.baselines, "job")[0]
    assert f"the search {told} it: accuracy {0.78 if searched < 0.78 else searched:.4f}" in line
    assert line.count("hypervolume") == 1
    assert ("which may be chance" in line) == (told == "ties with")
    assert any("`peftsearch confirm job --sweep` trains both anew" in x for x in result.beside)
    assert result.find_swept().profile[0][0].capacity == 8
    data = baselines_json(result.baselines, "job")
    verdict = data["differences"]["at_cost"]["verdict"]
    assert verdict == {"beats": "ahead", "ties with": "level", "is beaten by": "behind"}[told]


def test_of_what_has_not_ended_the_number_is_said(store: Store) -> None:
    filler = fill_searched(store)
    beside = ensure(store, filler.job, plan_beside(filler))
    line = tell_baselines(load(store, filler).baselines, "job")
    assert "6 of 7 baselines" not in " ".join(line)
    end_beside(store, beside, lambda trial: 0.7, most=2)
    told = " ".join(tell_baselines(load(store, filler).baselines, "job", " --storage x.db"))
    assert "3 of 7 baselines have ended; `peftsearch baselines job --storage x.db` goes on" in told


def test_a_companion_says_whose_it_is(store: Store) -> None:
    filler = fill_baselines(store)
    beside = store.find_job("job.baselines")
    result = load_result(store, beside, Path())
    assert result.beside == ["beside the job job, whose results say what this is worth"]
    assert beside_json(store, beside, Path())["parent"] == "job"
    assert beside_json(store, filler.job, Path())["baselines"]["trained"]


def test_each_part_is_held_against_the_whole_trained_anew(store: Store) -> None:
    filler = fill_searched(store)
    assert load(store, filler).ablation(PICKED.key) == []
    fill_ablation(store, filler)
    result = load(store, filler)
    found = result.ablation(PICKED.key)
    assert [x.name for x in found] == ["without layers 3-4", "without layer 5"]
    rows = ablation_json(found, result.job.spec)
    assert [x["effect"] for x in rows] == ["worse", "none"]
    # The search chose by .82, which is luck in part; trained anew it has .80.
    assert {x["whole"] for x in rows} == {0.80}
    assert rows[0]["difference"] == pytest.approx(-0.20)
    head, first, second = tell_ablation(found, result.job.spec)
    assert head == "as it is: accuracy 0.8000, by 2 new trainings"
    assert first.startswith("  without layers 3-4: worse (−0.2000 ± ")
    assert second.startswith("  without layer 5: nothing to be seen (+0.0000 ± ")
    body = beside_json(store, filler.job, Path())["ablation"]
    assert body is not None and body["picked"] == PICKED.key and body["rows"] == rows


def test_what_an_ablation_trains_changes_no_mean_of_the_front(store: Store) -> None:
    filler = fill_baselines(store)
    before = tell_baselines(load(store, filler).baselines, "job")
    fill_ablation(store, filler)
    assert tell_baselines(load(store, filler).baselines, "job") == before
