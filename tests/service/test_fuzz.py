"""What the published OpenAPI document allows is sent, and much that it does not: no request makes
the service fail, and every answer is as the document says."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import httpx2 as httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis.checks import allow_header_conformance, positive_data_acceptance
from schemathesis.core.result import Ok, Result
from schemathesis.pytest.lazy import get_all_tests

from peftsearch.records.job import JobState
from peftsearch.service.application import PREFIX, make_app
from peftsearch.service.context import Service
from peftsearch.service.settings import Settings
from peftsearch.service.work.checker import Checker
from peftsearch.service.work.confirmer import Confirmer
from peftsearch.service.work.exporter import Exporter
from peftsearch.service.work.supervisor import Supervisor
from peftsearch.spaces.jobspec.spec import JobSpec
from peftsearch.storage.store import Store
from tests.conftest import NewDatabase

from .live import serve
from .records import SPEC, Filler, fill_example
from .sites import BEARER, TOKEN, open_site

pytestmark = pytest.mark.slow

T = TypeVar("T")

EXAMPLES = 8
PATIENCE = 120
"""Seconds for an answer of a busy machine; 10 where nobody says, which a report may outlast."""
FULL, EMPTY = "job", "empty"
QUICK = (sys.executable, "-S", "-c", "")
"""In place of `peftsearch`: workers end at once, and exports fail."""
NOT_MEANT = [
    positive_data_acceptance,  # a schema cannot tell the language of picks
    allow_header_conformance,  # Starlette names the methods of the first route alone
]
KNOWN = {"job": {"enum": [FULL, EMPTY]}, "number": {"maximum": 7}}
SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)


@dataclass(frozen=True)
class Target:
    """A service with a token; its address, callers that keep a connection, and its database."""

    url: str
    session: requests.Session
    client: httpx.Client
    store: Store

    def restore(self, state: JobState) -> None:
        """Make what a request before may have changed: a job with trials and one without."""
        pulses = self.store.pulses()
        known = {pulse.name for pulse in pulses}
        if FULL not in known:
            fill_example(self.store)
        if EMPTY not in known:
            Filler.open(self.store, SPEC.model_copy(update={"name": EMPTY}))
        for pulse in pulses if {FULL, EMPTY} <= known else self.store.pulses():
            if pulse.state is not state:
                self.store.set_state(pulse.id, state)


class _Checker(Checker):
    def check_device(self, device: str) -> None:
        """Nothing: a process that loads torch would outlast a request on a busy machine."""


@pytest.fixture(scope="module")
def target(new_sqlite: NewDatabase) -> Iterator[Target]:
    """A real server, whose child processes are quick ones; specs may read from no folder."""
    url = new_sqlite()
    app = open_site(url, TOKEN, data_roots=())
    service: Service = app.state.service
    supervisor = Supervisor(service.settings, service.stores.runs, QUICK)
    exporter = Exporter(service.settings, QUICK)
    confirmer, checker = Confirmer(service.settings, QUICK), _Checker(service.settings, QUICK)
    service = replace(service, supervisor=supervisor, exporter=exporter)
    app.state.service = replace(service, confirmer=confirmer, checker=checker)
    with serve(app) as (address, _), Store.open(url) as store:
        with (
            requests.Session() as session,
            httpx.Client(base_url=address + PREFIX, headers=BEARER) as client,
        ):
            yield Target(address, session, client, store)
        supervisor.close()
        exporter.close()
        confirmer.close()


def make_document() -> dict[str, Any]:
    """The published document, with what is there, and with the published schema of specs."""
    document = make_app(Settings("sqlite://", Path())).openapi()
    schemas = document["components"]["schemas"]
    spec = JobSpec.model_json_schema(by_alias=True, ref_template="#/components/schemas/{model}")
    schemas |= spec.pop("$defs") | {"JobSpec": spec}
    schemas["Check"]["properties"]["spec"] = {"$ref": "#/components/schemas/JobSpec"}
    for methods in document["paths"].values():
        for operation in methods.values():
            for parameter in operation.get("parameters", ()):
                parameter["schema"] |= KNOWN.get(parameter["name"], {})
    return document


def valid(made: Result[T, Any]) -> T:
    assert isinstance(made, Ok), made.err()
    return made.ok()


SCHEMA = schemathesis.openapi.from_dict(make_document()).exclude(path_regex="/events$")
OPERATIONS = [valid(operation).label for operation in SCHEMA.get_all_operations()]


def send(case: schemathesis.Case[Any], target: Target) -> None:
    target.restore(JobState.STOPPED if case.method == "DELETE" else JobState.RUNNING)
    more = {} if case.media_type else {"Content-Type": "application/json"}
    case.call_and_validate(
        base_url=target.url,
        session=target.session,
        headers=BEARER | more,
        timeout=PATIENCE,
        excluded_checks=NOT_MEANT,
    )


@pytest.mark.parametrize("operation", OPERATIONS)
def test_no_request_makes_the_service_fail(operation: str, target: Target) -> None:
    """The requests are made here: `SCHEMA.parametrize()` makes them while tests are collected,
    which each of the processes that share the tests does."""
    schema = SCHEMA.include(name=operation)
    (made,) = get_all_tests(schema=schema, test_func=send, settings=SETTINGS, given_kwargs=None)
    _, test = valid(made)
    test(target=target)


WORDS = [
    *"accuracy trainable_parameters adapter_bytes cost quality event number knee best".split(),
    *"trial front where and or <= >= < = - ( ) 0 1 5 -1 1e999 nan inf 0.5 % KB MB s".split(),
    *"99999999999999999999 lora bitfit+lora completed failed true é \x00".split(),
]
HEADERS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30).map(str.strip)
SENTENCES = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)
TEXTS = st.one_of(SENTENCES, st.text(st.characters(codec="utf-8"), max_size=60))
QUESTIONS = st.one_of(
    st.tuples(st.just("pick"), st.fixed_dictionaries({"pick": TEXTS})),
    st.tuples(st.just("importance"), st.fixed_dictionaries({"target": TEXTS})),
    st.tuples(
        st.just("trials"),
        st.dictionaries(st.sampled_from(["sort", "text", "technique", "key", "state"]), TEXTS),
    ),
)


@given(question=QUESTIONS)
@settings(SETTINGS, max_examples=10 * EXAMPLES)
def test_no_words_make_the_service_fail(target: Target, question: Any) -> None:
    """Sentences of the language of picks, which is not in the schema, and of the filters."""
    target.restore(JobState.RUNNING)
    route, query = question
    answer = target.client.get(f"/jobs/{FULL}/{route}", params=query)
    assert answer.status_code in (200, 404, 422)


@given(job=st.sampled_from([FULL, EMPTY, "none"]), after=TEXTS, last=st.none() | HEADERS)
@settings(SETTINGS)
def test_no_question_breaks_a_stream(target: Target, job: str, after: str, last: Any) -> None:
    target.restore(JobState.RUNNING)
    more = {} if last is None else {"Last-Event-ID": last}
    query = {"after": after}
    with target.client.stream("GET", f"/jobs/{job}/events", params=query, headers=more) as answer:
        assert answer.status_code in (200, 404, 422)
