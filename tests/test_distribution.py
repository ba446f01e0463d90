"""What others install: a source distribution, the wheel made from it, and the command in it."""

import json
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILD = "import sys; from setuptools import build_meta as b; getattr(b, sys.argv[1])(sys.argv[2])"
LEFT_OUT = {".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", "tests", "benchmarks"}


def run(folder: Path, *command: str, **environment: str) -> str:
    done = subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def names(folder: Path) -> set[str]:
    """Files of the package, those behind its links to the root's folders among them."""
    found = {
        Path(at, name).relative_to(folder).as_posix()
        for at, _, files in os.walk(folder / "peftsearch", followlinks=True)
        for name in files
    }
    return {x for x in found if "__pycache__" not in x}


@pytest.mark.slow
def test_the_wheel_of_the_source_distribution_is_the_whole_package(tmp_path: Path) -> None:
    source, out = tmp_path / "source", tmp_path / "out"
    shutil.copytree(ROOT, source, symlinks=True, ignore=lambda _, found: LEFT_OUT & set(found))
    run(source, sys.executable, "-c", BUILD, "build_sdist", str(out))
    (sources,) = out.glob("*.tar.gz")
    with tarfile.open(sources) as packed:
        packed.extractall(tmp_path / "unpacked", filter="data")
    (unpacked,) = (tmp_path / "unpacked").iterdir()
    run(unpacked, sys.executable, "-c", BUILD, "build_wheel", str(out))
    (wheel,) = out.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(tmp_path / "installed")
    assert names(tmp_path / "installed") == names(source)
    elsewhere = {"PYTHONPATH": str(tmp_path / "installed")}
    peftsearch = (sys.executable, "-m", "peftsearch")
    assert run(tmp_path, *peftsearch, "--version", **elsewhere).startswith("peftsearch ")
    techniques = json.loads(run(tmp_path, *peftsearch, "techniques", "--json", **elsewhere))
    where = "import peftsearch; print(peftsearch.__file__)"
    assert run(tmp_path, sys.executable, "-c", where, **elsewhere).startswith(str(tmp_path))
    assert len(techniques) > 40
