"""What a pick takes home, and what is said of it."""

from types import SimpleNamespace
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.insight.points import point_of
from peftsearch.results.confirmations.tested_reports import CONFIRM
from peftsearch.service.work.picking import check_form
from peftsearch.spaces.configurations.forms import shipped_form
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase
from tests.report.jobs import comparison
from tests.results.made import SPEC, make_trial

from .records import fill_example, lora
from .sites import client_of, open_site

TRIAL = make_trial(3, 8, 0.79)
SIZED = "accuracy where export_bytes <= 1 MB"


def check(pick: str, form: Any) -> None:
    history: Any = SimpleNamespace(job=SimpleNamespace(spec=SPEC))
    check_form(history, pick, form, point_of(TRIAL, SPEC))


def test_only_the_form_whose_size_is_bounded_is_exported() -> None:
    shipped = shipped_form(TRIAL.configuration, SPEC.anatomy)
    for pick, form in [("best", "merged"), (SIZED, "auto"), (SIZED, shipped)]:
        check(pick, form)
    with pytest.raises(UserError, match=f"expected the form {shipped}.*got merged.*'trial 3'"):
        check(SIZED, "merged")


def test_a_pick_says_what_the_test_rows_said_of_it(new_sqlite: NewDatabase) -> None:
    url = new_sqlite()
    with Store.open(url) as store:
        job = fill_example(store).job
        for reading, gain in enumerate((0.02, 0.05), 1):
            number = {"number": reading, "created": float(reading)}
            kept = comparison(lora(8), lora(4), gain) | {"reading": number, "level": 0.975}
            kept["arms"][0]["interval"] = [0.70 + gain, 0.74 + gain]
            store.save_report(job.id, CONFIRM, kept | {"sentence": "It leads."})
    with client_of(open_site(url)) as client:
        ask = "/api/v1/jobs/job/pick"
        points = client.get("/api/v1/jobs/job/front").json()["points"]
        told = {x["key"]: client.get(ask, params={"pick": f"{x['row']}"}).json() for x in points}
    first, how = told.pop(lora(8).key)["tested"]
    assert first.startswith("On 500 test rows in the second reading of them: accuracy 0.7500")
    assert "97.5 % interval 0.7500 to 0.7900" in first and how == "It leads."
    assert [x["tested"] for x in told.values()] == [[]] * (len(points) - 1)
