"""Another package's sampler that is broken: one typed error, whatever it does."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from peftsearch import extensions
from peftsearch.search.added_samplers import SamplerError
from tests.search.jobs import run_job
from tests.specs import make_spec
from tests.strange_samplers import FAULTS, MODULE, install_samplers


@pytest.fixture
def strange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Its package is installed."""
    monkeypatch.syspath_prepend(tmp_path)
    install_samplers(tmp_path)
    extensions._points.cache_clear()
    yield
    extensions._points.cache_clear()
    sys.modules.pop(MODULE, None)


@pytest.mark.usefixtures("strange")
@pytest.mark.parametrize("name", FAULTS)
def test_what_a_broken_sampler_does_is_told(name: str) -> None:
    spec = make_spec(search={"sampler": name})
    with pytest.raises(SamplerError) as caught:
        run_job(spec, seed=0, trials=20, batch=1)
    line = str(caught.value)
    assert f"the sampler {name!r} of strange 1.0; got " in line and FAULTS[name][2] in line
    assert "`peftsearch resume job` goes on" in line and "\n" not in line
    assert caught.value.exit_code == 1


@pytest.mark.usefixtures("strange")
def test_a_sampler_that_cannot_be_imported(tmp_path: Path) -> None:
    (tmp_path / f"{MODULE}.py").write_text("import no_such_module_anywhere\n")
    with pytest.raises(SamplerError, match="No module named 'no_such_module_anywhere'"):
        run_job(make_spec(search={"sampler": "text"}), seed=0, trials=20)
