"""Methods of a store are transactions, and show themselves as they are written."""

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from peftsearch.storage.session import Session
from peftsearch.storage.store import Store

METHODS = [
    method
    for name, method in inspect.getmembers(Store, inspect.isfunction)
    if not name.startswith("_") and name not in vars(Session)
]


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.__name__)
def test_every_method_opens_a_transaction_and_is_documented(method: Callable[..., Any]) -> None:
    assert hasattr(method, "__wrapped__"), "mark it `read`, `write` or `write_once`"
    assert method.__doc__


def test_help_shows_the_real_signature() -> None:
    trial = "peftsearch.records.trial.Trial | None"
    expected = f"(self, job_id: int, worker: str, seconds: float) -> {trial}"
    assert str(inspect.signature(Store.claim)) == expected
