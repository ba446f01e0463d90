"""Documents of before a key keep what was done before it."""

import sys
from typing import Any

import pytest

from peftsearch.errors import UserError
from peftsearch.jobs.jobfile import differing_keys
from peftsearch.spaces.jobspec.spec import JobSpec, parse_spec
from peftsearch.spaces.jobspec.stored import BEFORE, is_later, parse_stored
from tests.specs import make_spec

KEYS = [(section, name) for section, keys in BEFORE.items() for name in keys]


def section(spec: JobSpec, name: str) -> Any:
    return getattr(spec, name)


@pytest.mark.parametrize(("place", "name"), KEYS)
def test_a_document_without_a_key_means_what_was_before_it(place: str, name: str) -> None:
    document = make_spec().to_json()
    assert parse_stored(document) == make_spec()
    del document[place][name]
    assert getattr(section(parse_stored(document), place), name) == BEFORE[place][name]


@pytest.mark.parametrize(("place", "name"), KEYS)
def test_a_job_file_without_a_key_means_the_default_of_today(place: str, name: str) -> None:
    assert getattr(section(make_spec(), place), name) != BEFORE[place][name]


@pytest.mark.parametrize(("place", "name"), KEYS)
def test_the_same_file_resumes_a_job_of_before(place: str, name: str) -> None:
    document, today, key = make_spec().to_json(), make_spec(), f"{place}.{name}"
    assert not is_later(document, key, today)
    document[place][name] = BEFORE[place][name]  # as it is written once its budget was changed
    assert is_later(document, key, today)
    del document[place][name]
    assert is_later(document, key, today)
    assert not is_later(document, f"{place}.other", today)
    assert not is_later(document, key, parse_stored(document))


@pytest.mark.parametrize(
    ("document", "file", "same"),
    [
        ({}, {}, True),  # of before the key: 1
        ({"checkpoints": 3}, {}, True),  # of when 3 was the default
        ({"checkpoints": None}, {}, True),
        ({"checkpoints": 5}, {}, False),
        ({}, {"checkpoints": 1}, True),
        ({}, {"checkpoints": 3}, False),
        ({"checkpoints": 3}, {"checkpoints": 3}, True),
        ({"checkpoints": 3}, {"checkpoints": 1}, False),
        ({"checkpoints": None}, {"checkpoints": 1}, False),
        ({"checkpoints": None}, {"checkpoints": 3}, False),
    ],
)
def test_documents_of_three_times_and_the_files_that_resume_them(
    document: dict[str, Any], file: dict[str, Any], same: bool
) -> None:
    whole, asked = make_spec().to_json(), make_spec(training=file)
    del whole["training"]["checkpoints"]
    whole["training"] |= document
    stored = parse_stored(whole)
    assert stored.training.checkpoints == document.get("checkpoints", 1)
    assert parse_stored(stored.to_json()) == stored
    differing = differing_keys(stored, asked)
    assert all(is_later(whole, key, asked) for key in differing) is same


def test_a_whole_dump_is_read_back_whatever_it_holds() -> None:
    spec = make_spec(task={"train": "train.csv", "reading": 1})
    assert parse_stored(spec.to_json()) == spec


@pytest.mark.parametrize(
    ("then", "limit"),
    [
        ("trainable_parameters <= 20 KB", 20_000),
        ("size <= 5 h", 18_000),
        ("size <= 1e400", sys.float_info.max),
        ("size < 5 KB", 5000),
    ],
)
def test_a_bound_in_a_unit_of_another_objective_means_what_it_meant(
    then: str, limit: float
) -> None:
    document = make_spec().to_json()
    document["objectives"]["bounds"] = [then]
    (bound,) = parse_stored(document).bounds
    assert bound.limit == limit


@pytest.mark.parametrize(("place", "name"), KEYS)
def test_a_file_that_says_the_default_of_today_is_another_search(place: str, name: str) -> None:
    """Left out it means what the job began with; said, it is what the user wants."""
    document, key = make_spec().to_json(), f"{place}.{name}"
    said = parse_spec({**document, place: {**document[place], name: document[place][name]}})
    document[place][name] = BEFORE[place][name]
    assert not is_later(document, key, said)


def test_a_stored_name_of_before_means_what_it_did() -> None:
    document = make_spec().to_json()
    document["space"]["preset"] = "mola"
    document["try"] = [{"recipe": "mola", "rank": 4}]
    spec = parse_stored(document)
    assert spec.space.preset == "rank_profile"
    assert spec.tries == ({"recipe": "rank_profile", "rank": 4},)


def test_a_job_file_with_a_name_of_before_is_told_the_new_one() -> None:
    document = make_spec().to_json()
    document["space"]["preset"] = "mola"
    with pytest.raises(UserError, match="called rank_profile now, experts by depth are"):
        parse_spec(document)
