"""Whether the head of a cluster answers, by real connections."""

import socket

import pytest

from peftsearch.workers.engines import ray_pulse
from peftsearch.workers.engines.ray_pulse import Pulse


@pytest.fixture
def eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without pauses between two looks."""
    monkeypatch.setattr(ray_pulse, "_EVERY_SECONDS", 0.0)


@pytest.mark.usefixtures("eager")
def test_a_head_is_lost_when_it_has_been_silent_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as head:
        port = head.getsockname()[1]
        pulse = Pulse(f"ray://127.0.0.1:{port}")
        assert not pulse.is_lost()
    assert not pulse.is_lost()  # it may be back
    monkeypatch.setattr(ray_pulse, "_SILENT_SECONDS", 0.0)
    assert pulse.is_lost()
    with socket.create_server(("127.0.0.1", port)):
        assert not pulse.is_lost()


@pytest.mark.usefixtures("eager")
def test_time_in_which_nobody_looked_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    pulse = Pulse("127.0.0.1:1")
    monkeypatch.setattr("time.monotonic", lambda: 1e9)
    assert not pulse.is_lost()
