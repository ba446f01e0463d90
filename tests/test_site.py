"""The documentation site, built as `scripts/build_docs` does: what is broken ends the build."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import peftsearch

ROOT = Path(__file__).parents[1]
SCRIPT = (ROOT / "scripts" / "build_docs").read_text(encoding="utf-8")


def build(folder: Path, page: str) -> subprocess.CompletedProcess[str]:
    """A site of one page with the settings and options of ours."""
    folder.mkdir()
    shutil.copy(ROOT / "docs" / "conf.py", folder)
    (folder / "index.md").write_text(page)
    found = re.search(r"^sphinx-build (.*) -b html", SCRIPT, flags=re.MULTILINE)
    assert found is not None
    options = [*found[1].split(), "-b", "html", str(folder), str(folder / "out")]
    command = [sys.executable, "-m", "sphinx", *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("[a page](gone.md)", "gone.md"),
        ("[a heading](#gone)", "gone"),
        ("```{eval-rst}\n.. autofunction:: peftsearch.gone\n```", "gone"),
        ("```{eval-rst}\n:py:func:`peftsearch.gone`\n```", "gone"),
    ],
)
def test_what_leads_nowhere_ends_the_build(wrong: str, words: str, tmp_path: Path) -> None:
    done = build(tmp_path / "site", f"# One\n\n{wrong}\n")
    assert done.returncode != 0
    assert words in done.stderr


def test_a_right_page_is_built(tmp_path: Path) -> None:
    page = (
        "# One\n\n[One](#one)\n\n```{eval-rst}\n.. autofunction:: peftsearch.load_adapter\n```\n"
    )
    done = build(tmp_path / "site", page)
    assert (done.returncode, done.stderr) == (0, "")
    assert "PreTrainedModel" in (tmp_path / "site" / "out" / "index.html").read_text()


def test_every_public_name_is_in_the_reference() -> None:
    page = (ROOT / "docs" / "reference" / "python.md").read_text(encoding="utf-8")
    functions = [x for x in peftsearch.__all__ if x not in vars(peftsearch.errors)]
    missing = [x for x in functions if f".. autofunction:: peftsearch.{x}\n" not in page]
    assert functions and missing == []
