from pathlib import Path

import pytest

from peftsearch.errors import UserError
from peftsearch.workers.models.bare_names import check_bare_name


@pytest.mark.parametrize("path", ["who/tiny", "package:tiny", "/no/such/folder", "./missing"])
def test_what_may_be_had_elsewhere_passes(path: str, tmp_path: Path) -> None:
    check_bare_name(path, tmp_path)


def test_a_folder_where_one_works_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "vit").mkdir()
    monkeypatch.chdir(tmp_path)
    check_bare_name("vit", tmp_path / "elsewhere")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("vitt", "did you mean 'vit'?"), ("gpt2", "correct model.path"), ("a b", "correct")],
)
def test_a_misspelt_folder_is_told_at_once(name: str, hint: str, tmp_path: Path) -> None:
    (tmp_path / "vit").mkdir()
    (tmp_path / "vitt.txt").touch()
    with pytest.raises(UserError, match="no such folder") as refused:
        check_bare_name(name, tmp_path)
    assert refused.value.hint.startswith(hint)


def test_a_model_without_owner_that_was_fetched_before_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cached = tmp_path / "models--old"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text("abc")
    (cached / "snapshots" / "abc").mkdir(parents=True)
    (cached / "snapshots" / "abc" / "config.json").write_text("{}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    check_bare_name("old", tmp_path)
