"""Entry points of other packages: found by name, refused in one line where they are broken."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from peftsearch import extensions
from peftsearch.errors import UserError
from peftsearch.registry import Registry
from peftsearch.search.samplers import SAMPLERS
from peftsearch.spaces.jobspec.sampler_names import COMPARED, GROUP, sampler_names
from peftsearch.spaces.jobspec.search_section import SearchSpec
from tests.recipes import install


@dataclass(frozen=True)
class Named:
    """A row of a table."""

    name: str


Add = Callable[[str, str, str], None]


@pytest.fixture
def add(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Add]:
    """Installs a package with one sampler: the package's name, the sampler's, and its object."""
    monkeypatch.syspath_prepend(tmp_path)

    def install_sampler(package: str, name: str, value: str) -> None:
        groups = {GROUP: {name: value}}
        install({"name": package, "version": "1.0", "entry-points": groups}, tmp_path)
        extensions._points.cache_clear()

    yield install_sampler
    extensions._points.cache_clear()


def test_the_names_of_samplers_are_those_that_can_be_made() -> None:
    assert set(COMPARED) == set(SAMPLERS)


def test_an_installed_package_adds_a_name(add: Add) -> None:
    with pytest.raises(ValueError, match="'mine'"):
        SearchSpec(sampler="mine")
    add("one", "mine", "json:dumps")
    assert SearchSpec(sampler="mine").sampler == "mine"
    assert SearchSpec.model_json_schema()["properties"]["sampler"]["enum"][-1] == "mine"
    assert extensions.load(GROUP, "mine")([1]) == "[1]"


def test_what_cannot_be_imported_names_its_package(add: Add) -> None:
    add("one", "gone", "no_such_module:thing")
    assert "gone" in sampler_names()
    with pytest.raises(UserError, match="package one .*No module named 'no_such_module'"):
        extensions.load(GROUP, "gone")


def test_two_packages_must_not_give_one_name(add: Add) -> None:
    add("one", "mine", "json:dumps")
    add("two", "mine", "json:loads")
    assert "mine" in sampler_names()
    for ask in (lambda: extensions.load(GROUP, "mine"), lambda: SearchSpec(sampler="mine")):
        with pytest.raises(ValueError, match="one and two; uninstall one of them"):
            ask()
    assert SearchSpec.model_json_schema()
    assert extensions.providers(GROUP, "mine") == "one 1.0 and two 1.0"


def test_ours_cannot_be_replaced_and_long_names_are_left_out(add: Add) -> None:
    """The database keeps 16 characters."""
    add("one", "tpe", "json:dumps")
    add("two", "a-name-of-seventeen", "json:loads")
    assert sampler_names() == ("bo", *COMPARED)


@pytest.mark.parametrize(
    "line", ["raise SystemExit(3)", "import sys; sys.exit('no\\nlicence')", "1 / 0"]
)
def test_a_module_that_raises_anything_is_a_broken_one(
    add: Add, tmp_path: Path, line: str
) -> None:
    (tmp_path / "raising_rows.py").write_text(line)
    add("one", "gone", "raising_rows:ROW")
    with pytest.raises(UserError, match="the package one") as caught:
        extensions.load(GROUP, "gone")
    assert "\n" not in str(caught.value)


def test_ctrl_c_while_a_module_loads_is_no_broken_module(add: Add, tmp_path: Path) -> None:
    (tmp_path / "interrupted_rows.py").write_text("raise KeyboardInterrupt")
    add("one", "gone", "interrupted_rows:ROW")
    with pytest.raises(KeyboardInterrupt):
        extensions.load(GROUP, "gone")


def test_a_row_never_replaces_one_of_ours(add: Add) -> None:
    own = [Named("lora")]
    registry = Registry(GROUP, "a thing", Named, own)
    add("one", "lora", "json:dumps")
    assert registry["lora"] is own[0]
    assert registry.usable() == list(registry.values()) == own
    ((name, mistake),) = registry.mistakes()
    assert (name, "'lora' of one 1.0; rename it" in str(mistake)) == ("lora", True)


def test_a_name_of_two_packages_is_of_no_use_and_breaks_nothing_else(add: Add) -> None:
    own = [Named("lora")]
    registry = Registry(GROUP, "a thing", Named, own)
    add("one", "mine", "json:dumps")
    add("two", "mine", "json:loads")
    assert list(registry) == ["lora", "mine"]
    assert registry.usable() == own
    with pytest.raises(UserError, match="one and two; uninstall one of them"):
        registry.find("mine")


def test_the_package_of_a_row_is_told(add: Add) -> None:
    add("one", "mine", "json:dumps")
    assert extensions.provider(GROUP, "mine") == "one 1.0"
