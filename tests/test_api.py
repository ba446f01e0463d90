"""What a person sees of the Python API before calling it."""

import inspect
import pydoc
import subprocess
import sys
from pathlib import Path

import pytest

import peftsearch
from peftsearch.storage.store import Store
from tests.service.launches import add_job, spec_of, write_workshop

FUNCTIONS = [name for name in peftsearch.__all__ if inspect.isfunction(getattr(peftsearch, name))]


def test_search_has_a_signature() -> None:
    assert list(inspect.signature(peftsearch.search).parameters) == [
        *("spec", "storage", "device", "files"),
        *("train", "model", "metric", "minutes", "trials", "validation", "test"),
        *("text", "label", "kind", "name", "space", "objectives", "evaluate", "progress"),
        *("tracking", "sections"),
    ]


def test_help_shows_the_arguments_of_search() -> None:
    text = pydoc.plain(pydoc.render_doc(peftsearch.search))
    assert "search(" in text and "device: str = 'auto'" in text
    for name in inspect.signature(peftsearch.search).parameters:
        assert f"        {name}: " in text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_each_function_documents_each_argument(name: str) -> None:
    function = getattr(peftsearch, name)
    text = inspect.getdoc(function) or ""
    for argument in inspect.signature(function).parameters:
        assert f"\n    {argument}: " in text, argument


def test_all_verbs_are_public() -> None:
    verbs = {"search", "launch", "resume", "stop", "delete", "load", "load_adapter", "note"}
    assert verbs == set(FUNCTIONS)


@pytest.mark.usefixtures("warm_test")
@pytest.mark.parametrize(
    "first", ["import peftsearch", "from peftsearch.search.proposals import propose"]
)
def test_the_folder_and_the_function_share_a_name(first: str) -> None:
    """Whatever is imported first, and also after all of the folder is."""
    program = (
        f"{first}\n"
        "import peftsearch, pkgutil, importlib, sys\n"
        "folder = importlib.import_module('peftsearch.search')\n"
        "for found in pkgutil.iter_modules(folder.__path__):\n"
        "    importlib.import_module(f'peftsearch.search.{found.name}')\n"
        "from peftsearch.search.proposals import propose\n"
        "print(type(peftsearch.search).__name__, propose.__module__)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["function", "peftsearch.search.proposals"]


def test_import_is_light() -> None:
    program = (
        "import sys, peftsearch\n"
        "print(sorted({'torch', 'sqlalchemy', 'pydantic', 'numpy'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


def test_load_reads_a_job_and_its_front(tmp_path: Path) -> None:
    path = tmp_path / "jobs.db"
    with Store.open(f"sqlite:///{path}") as store:
        add_job(store, "tickets", [0.5, 0.7])
    result = peftsearch.load("tickets", str(path))
    assert (result.job.name, len(result.trials), len(result.front)) == ("tickets", 2, 2)
    assert result.root == tmp_path / "jobs.files"
    with pytest.raises(peftsearch.NotFoundError):
        peftsearch.load("other", str(path))


def test_open_is_load_and_hides_nothing() -> None:
    assert peftsearch.open is peftsearch.load and "open" not in peftsearch.__all__


def test_nothing_is_made_where_nothing_is(tmp_path: Path) -> None:
    """A wrong path is told, not turned into an empty database."""
    with pytest.raises(peftsearch.UserError, match="no file"):
        peftsearch.stop("tickets", str(tmp_path / "none.db"))
    assert list(tmp_path.iterdir()) == []


def test_launch_makes_no_job_of_data_that_is_wrong(tmp_path: Path) -> None:
    workshop = write_workshop(tmp_path / "workshop")
    job = workshop / "job.toml"
    job.write_text(
        'name = "a"\n[model]\npath = "model"\n[task]\ntrain = "data.csv"\nlabel = "lable"\n'
        "[budget]\ntrials = 3\n"
    )
    with pytest.raises(peftsearch.UserError, match="label"):
        peftsearch.launch(job, str(tmp_path / "jobs.db"))
    assert not (tmp_path / "jobs.db").exists()
    job.write_text(job.read_text().replace('label = "lable"\n', ""))
    assert peftsearch.launch(job, str(tmp_path / "jobs.db")).name == "a"


def test_what_a_stop_will_not_do_is_a_warning_of_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    workshop, url = write_workshop(tmp_path / "workshop"), str(tmp_path / "jobs.db")
    budget = {"trials": 3, "stop_when": "no gain"}
    spec = spec_of("a", search={"sampler": "random"}, budget=budget)
    spec |= {"model": {"path": str(workshop / "model")}}
    peftsearch.launch(spec | {"task": {"train": str(workshop / "data.csv")}}, url)
    peftsearch.stop("a", url)
    peftsearch.resume("a", url)
    told = [x.getMessage() for x in caplog.records if x.name == "peftsearch"]
    of_data, at_launch, at_resume = told
    assert of_data.startswith("classes with fewer than 10 validation rows")
    assert at_launch.startswith("budget.stop_when = 'no gain' ends no job of search.sampler")
    assert at_resume == at_launch
    peftsearch.resume("a", url, trials=9)  # which has no such stop
    assert len(caplog.records) == len(told)


def test_modules_of_the_engine_are_found_beside_the_function_of_their_name() -> None:
    import peftsearch.search.design as design
    import peftsearch.search.surrogates.surrogate as surrogate

    assert design.__name__ == "peftsearch.search.design"
    assert surrogate.__name__ == "peftsearch.search.surrogates.surrogate"
    assert peftsearch.search is peftsearch.api.search
    assert next(iter(inspect.signature(peftsearch.search).parameters)) == "spec"
    assert (peftsearch.search.__name__, peftsearch.search.__module__) == (
        "search",
        "peftsearch.api",
    )
