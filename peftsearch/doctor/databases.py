"""Whether the database answers, and what schema it has; nothing is created or migrated."""

from pathlib import Path

from peftsearch.errors import UserError
from peftsearch.results.wording import plural
from peftsearch.storage.connection import describe, parse_url
from peftsearch.storage.migrations import HEAD
from peftsearch.storage.opening import read_revision
from peftsearch.storage.store import Store

from .finding import Finding, failure, fine, note


def examine_database(storage: str) -> Finding:
    """Open it as it is."""
    try:
        url = parse_url(storage)
        if url.get_backend_name() == "sqlite" and not Path(url.database or "").is_file():
            return fine("database", f"no file {url.database} yet; the first job makes it")
        revision = read_revision(storage)
        finding = judge_revision(describe(url), revision)
        unread = _find_unread(storage) if revision == HEAD else []
        return _tell_unread(finding, unread) if unread else finding
    except UserError as error:
        return failure("database", str(error))


def _find_unread(storage: str) -> list[str]:
    """Of each job that cannot be read here, why not."""
    with Store.open(storage) as store:
        return [job.problem for job in store.jobs() if job.problem]


def _tell_unread(finding: Finding, problems: list[str]) -> Finding:
    jobs = plural(len(problems), "job")
    return note(finding.subject, f"{finding.text}; {jobs} cannot be read here: {problems[0]}")


def judge_revision(name: str, revision: str | None) -> Finding:
    """A database that answers, by its schema; None for one without tables of ours."""
    if revision is None:
        return fine("database", f"{name} answers and is empty; the first job makes its tables")
    if revision > HEAD:
        text = f"{name} has schema {revision}, which a newer peftsearch wrote; update peftsearch"
        return failure("database", text)
    if revision < HEAD:
        return note("database", f"{name} has schema {revision}; opening it brings it to {HEAD}")
    return fine("database", f"{name} answers, schema {revision}")


def examine_driver() -> Finding:
    """What a PostgreSQL URL would be opened with."""
    try:
        import psycopg
    except ImportError as error:  # also where the C library is missing
        return failure("postgresql", f"{error}; run `pip install 'psycopg[binary]'`")
    library = psycopg.pq.version()
    made = f"{psycopg.pq.__impl__}, libpq {library // 10000}.{library % 10000}"
    return fine("postgresql", f"psycopg {psycopg.__version__} ({made})")
