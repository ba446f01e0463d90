"""Options of `confirm` that do not go together are refused before anything is opened."""

from contextlib import nullcontext
from pathlib import Path

import pytest

from peftsearch.cli import confirming
from peftsearch.cli.confirming import Asked, check
from peftsearch.errors import UserError
from peftsearch.results.confirmations.plan import Plan


def test_what_goes_together_is_a_plan() -> None:
    assert check(None, None, False, None, None) == Plan()
    assert check(4, None, True, None, None) == Plan(4, None, 4)
    assert check(None, 0.02, False, None, "topic") == Plan(3, 0.02, 10)
    assert check(None, None, False, "other.csv", "topic") == Plan()


@pytest.mark.parametrize(
    ("given", "match"),
    [
        ((None, 0.1, True, None, None), "--front without --width"),
        ((None, None, True, "a.csv", "topic"), "--front without --by or --data"),
        ((3, None, False, "a.csv", None), "--data without --seeds"),
        ((1, None, False, None, None), "from 2 to"),
    ],
)
def test_what_does_not_is_refused_in_one_line(
    given: tuple[int | None, float | None, bool, str | None, str | None], match: str
) -> None:
    with pytest.raises(UserError, match=match) as caught:
        check(*given)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("front", "data"), [(True, None), (False, "a.csv")])
def test_the_sweep_is_of_one_point_on_the_test_split(front: bool, data: str | None) -> None:
    with pytest.raises(UserError, match="without --sweep"):
        check(None, None, front, data, None, sweep=True)


def test_a_front_has_no_pick() -> None:
    with pytest.raises(UserError, match="--front without --pick"):
        check(None, None, True, None, None, "best")


class Interrupted:
    """A result whose confirmation is interrupted."""

    def confirm_in(self, *_: object) -> None:
        raise KeyboardInterrupt


def test_who_interrupts_is_told_what_stays(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(confirming, "open_existing", lambda storage: nullcontext())
    monkeypatch.setattr(confirming, "load_result", lambda *_: Interrupted())
    monkeypatch.setattr(Asked, "find_job", lambda self, store: None)
    asked = Asked("small", f"sqlite:///{tmp_path}/jobs.db", "cpu", tmp_path, False, None)
    with pytest.raises(KeyboardInterrupt):
        confirming.confirm(asked, "best", Plan())
    told = capsys.readouterr().err
    assert "what has ended is kept, and the same command goes on from there" in told
