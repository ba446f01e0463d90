"""Models that several tests of this folder share; each is made once."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from peftsearch.workers.models.backbone import Backbone

from .subjects import MODELS, Subject, make_subject, trace
from .tiny import FAMILIES, load, save_model


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Tiny products lose time to threads."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A saved tiny model of each family."""
    root = tmp_path_factory.mktemp("models")
    return {family: save_model(root / family, family) for family in FAMILIES}


@pytest.fixture(scope="session")
def backbones(folders: dict[str, Path]) -> dict[str, Backbone]:
    """Each loaded once; every test leaves them as it found them, which the tests check."""
    return {family: load(folder) for family, folder in folders.items()}


@pytest.fixture(scope="module")
def subjects() -> Iterator[dict[str, Subject]]:
    """One of each of `MODELS`; each test leaves them as it found them."""
    made = {family: make_subject(family, kind) for family, kind in MODELS.items()}
    before = {family: trace(subject.model) for family, subject in made.items()}
    yield made
    assert {family: trace(subject.model) for family, subject in made.items()} == before


@pytest.fixture
def unwalkable(tmp_path: Path) -> Iterator[Path]:
    """A link to a folder below which the system gives errors: that of a process that ended."""
    if not Path("/proc/self/task").is_dir():
        pytest.skip("such folders are Linux's")
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)
        (tmp_path / "link").symlink_to(f"/proc/{ended.pid}/task")
        yield tmp_path / "link"
