"""Names of trackers in job files and on command lines."""

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import differing_keys
from peftsearch.results.exports.job_texts import job_data
from peftsearch.spaces.jobspec import tracker_names
from peftsearch.spaces.jobspec.tracker_names import CLIENTS, check_installed
from tests.specs import make_spec


def test_one_key_names_one_or_several() -> None:
    assert make_spec().tracking == ()
    first, second, *_ = CLIENTS
    assert make_spec(tracking=first).tracking == (first,)
    assert make_spec(tracking=[first, second, first]).tracking == (first, second)
    assert make_spec(tracking="none").tracking == ()


@pytest.mark.parametrize("said", ["mlflw", ["none", "mlflow"], "https://ann:word@host", ""])
def test_what_is_no_tracker_is_refused(said: object) -> None:
    with pytest.raises(UserError) as caught:
        make_spec(tracking=said)
    assert caught.value.where == "tracking"
    assert "word@" not in str(caught.value)


def test_a_client_that_is_not_there_is_refused_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tracker_names, "CLIENTS", {"no_such_client": "pip install no-such-client"})
    with pytest.raises(UserError, match=r"pip install no-such-client"):
        check_installed(["no_such_client"])


def test_where_a_job_is_tracked_is_no_part_of_what_it_is() -> None:
    plain, tracked = make_spec(), make_spec(tracking=next(iter(CLIENTS)))
    assert differing_keys(plain, tracked) == []
    assert "tracking" not in job_data(tracked, {})
    assert tracked.tracked_by(None) is tracked
    assert tracked.tracked_by(["none"]).tracking == ()
