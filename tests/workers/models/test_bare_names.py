"""Misspelt folders are told from models of the hub."""

from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.models.bare_names import check_bare_name


@pytest.mark.parametrize(
    "path",
    ["who/tiny", "package:vitt", "/no/such/vitt", "./vitt", "gpt2", "bert-base-uncased", "vit"],
)
def test_what_may_be_had_elsewhere_passes(path: str, tmp_path: Path) -> None:
    (tmp_path / "vit").mkdir()
    check_bare_name(path, tmp_path)


def test_a_folder_where_one_works_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vit").mkdir()
    (tmp_path / "elsewhere" / "vitt").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    check_bare_name("vit", tmp_path / "elsewhere")


def test_a_misspelt_folder_is_told_at_once(tmp_path: Path) -> None:
    (tmp_path / "vit").mkdir()
    (tmp_path / "vitt.txt").touch()
    with pytest.raises(UserError, match="no such folder") as refused:
        check_bare_name("vitt", tmp_path)
    assert refused.value.hint == "did you mean 'vit'?"
