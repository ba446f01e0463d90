"""Below a path of a proxy: nothing leads out of it, whether the proxy leaves the path or not."""

import pytest

from peftsearch.errors import UserError
from peftsearch.service.settings import check_root_path
from tests.conftest import NewDatabase

from .sites import TOKEN, client_of, open_site


@pytest.mark.parametrize(
    ("given", "kept"),
    [("", ""), ("/", ""), ("/peft", "/peft"), ("/user/a.b/peft-1/", "/user/a.b/peft-1")],
)
def test_a_path_is_kept_without_its_last_slash(given: str, kept: str) -> None:
    assert check_root_path(given) == kept


@pytest.mark.parametrize(
    "given",
    [
        "peft",
        "//x",
        "/a//b",
        "/a b",
        "/a?b",
        "/..",
        "/a/../b",
        "/%2e",
        "/" + "x" * 100,
        "/\n",
        "/a\n",
    ],
)
def test_what_is_no_plain_path_is_refused(given: str) -> None:
    with pytest.raises(UserError, match="a path such as /peftsearch"):
        check_root_path(given)


@pytest.mark.parametrize("before", ["", "/tools/peft"])
def test_addresses_stay_below_it(before: str, new_sqlite: NewDatabase) -> None:
    with client_of(open_site(new_sqlite(), TOKEN, root_path="/tools/peft")) as client:
        asked = client.get(f"{before}/workers?x=1")
        assert asked.status_code == 303
        assert asked.headers["Location"] == "/tools/peft/login?next=%2Fworkers%3Fx%3D1"
        form = client.get(f"{before}/login?next=%2Fworkers")
        assert 'action="/tools/peft/login"' in form.text and 'value="/workers"' in form.text
        done = client.post(f"{before}/login", data={"token": TOKEN, "next": "/workers"})
        assert (done.status_code, done.headers["Location"]) == (303, "/tools/peft/workers")
        page = client.get(f"{before}/workers")
    assert page.status_code == 200 and 'data-root="/tools/peft"' in page.text
    assert not [
        x
        for x in page.text.split('"')
        if x.startswith("/") and x[:12] != "/tools/peft/" and x != "/tools/peft"
    ]


def test_a_path_that_only_begins_alike_is_another(new_sqlite: NewDatabase) -> None:
    with client_of(open_site(new_sqlite(), root_path="/peft")) as client:
        assert client.get("/peft/api/v1/jobs").status_code == 200
        assert client.get("/peft").status_code == 200
        assert client.get("/peftsearch/api/v1/jobs").status_code == 404
