"""No process of tests is left alone with the longest of them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from .long_first import put_first


def quick() -> None: ...


@pytest.mark.slow
def slow() -> None: ...


@pytest.mark.usefixtures("warm_start")
def starting() -> None: ...


@pytest.mark.slow
@pytest.mark.usefixtures("two_nodes")
def clustering() -> None: ...


MODULES: dict[str, list[Callable[[], None]]] = {
    "a": [quick, quick],
    "b": [quick, slow],
    "c": [quick],
    "d": [starting, quick],
    "e": [quick, clustering],
}


def test_modules_that_wait_come_first_and_stay_whole(request: pytest.FixtureRequest) -> None:
    items: list[pytest.Item] = []
    for name, functions in MODULES.items():
        module = pytest.Module.from_parent(request.session, path=Path(__file__).with_name(name))
        for i, function in enumerate(functions):
            item = pytest.Function.from_parent(module, name=f"{i}", callobj=function)
            items.append(item)
    put_first(items)
    names = [f"{x.path.name}{x.name}" for x in items]
    assert names == ["e0", "e1", "b0", "b1", "d0", "d1", "a0", "a1", "c0"]


def test_the_tests_of_this_run_are_so_ordered(request: pytest.FixtureRequest) -> None:
    items = list(request.session.items)
    put_first(items)
    assert items == request.session.items
