"""A hub that is not known from here is asked once and not for half a minute."""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import datasets
import pytest
from huggingface_hub import constants, hf_hub_download

from peftsearch.errors import UserError
from peftsearch.workers.data.saved_sets import read_hub
from peftsearch.workers.models import locations
from peftsearch.workers.runtime import hub


@pytest.fixture(autouse=True)
def unproxied(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine without proxies, whose caches are empty."""
    monkeypatch.setattr(hub, "getproxies", dict)
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", False)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    yield
    assert not constants.HF_HUB_OFFLINE and not datasets.config.HF_HUB_OFFLINE


@pytest.fixture
def unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names of hosts have no address."""

    def resolve(*asked: Any, **options: Any) -> NoReturn:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", resolve)


def test_caches_alone_are_read(unknown: None) -> None:
    with hub.asked_if_known():
        assert constants.is_offline_mode() and datasets.config.HF_HUB_OFFLINE


@pytest.mark.parametrize("fetch", ["model", "data"])
def test_what_is_in_no_cache_is_one_line(
    unknown: None, capsys: pytest.CaptureFixture[str], fetch: str
) -> None:
    with pytest.raises(UserError, match="the hub gave none .huggingface.co is not known here"):
        if fetch == "data":
            read_hub("who/none", None, ["text"], "a file or a hub id")
        else:
            locations.fetch_model("who/none")
    assert "Retrying" not in capsys.readouterr().err


def test_what_is_in_the_cache_is_found(unknown: None, tmp_path: Path) -> None:
    folder = tmp_path / "models--who--model"
    (folder / "refs").mkdir(parents=True)
    (folder / "refs" / "main").write_text("a" * 40)
    (folder / "snapshots" / ("a" * 40)).mkdir(parents=True)
    kept = folder / "snapshots" / ("a" * 40) / "config.json"
    kept.write_text("{}")
    with hub.asked_if_known():
        assert Path(hf_hub_download("who/model", "config.json", cache_dir=tmp_path)) == kept


def test_a_proxy_may_know_it(unknown: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub, "getproxies", lambda: {"https": "http://proxy:3128"})
    assert hub.is_known()
    with hub.asked_if_known():
        assert not constants.is_offline_mode()


def test_a_host_that_has_an_address_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked: [(2, 1, 6, "", ("10.0.0.1", 443))])
    assert hub.is_known()


def test_the_user_s_own_switch_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(constants, "HF_HUB_OFFLINE", True)
        assert hub.why_not(OSError()) == "HF_HUB_OFFLINE is set, and its cache has none"
