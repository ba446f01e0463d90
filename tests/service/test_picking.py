"""A pick that bounds the size of the file takes no other form than that whose size it bounds."""

from types import SimpleNamespace
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.insight.points import point_of
from peftsearch.service.work.picking import check_form
from peftsearch.spaces.configurations.forms import shipped_form
from tests.results.made import SPEC, make_trial

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
