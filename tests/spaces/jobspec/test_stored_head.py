from peftsearch.spaces.jobspec.spec import parse_spec
from peftsearch.spaces.jobspec.stored import is_later, parse_stored
from tests.specs import make_spec


def test_a_job_from_before_keeps_its_head_and_goes_on_from_its_old_file() -> None:
    new = make_spec()
    document = {name: x for name, x in new.to_json().items() if name != "head"}
    old = parse_stored(document)
    assert (old.head.pooling, old.head.start, old.head.relative) == ("model", "random", True)
    assert parse_stored(old.to_json()) == old
    assert parse_spec(document).head == new.head
    assert all(
        is_later(document, f"head.{name}", new) for name in ("pooling", "start", "relative")
    )
    assert not is_later(document, "head.pooling", make_spec(head={"pooling": "mean"}))
