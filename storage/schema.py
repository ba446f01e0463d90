"""The tables. Columns for what is queried, JSON for what is only carried.

Times are seconds since the epoch on the database's clock (`storage.clock`). A change here needs a
new revision under `storage/migrations/versions`; `tests/storage/test_migrations.py` compares them.
"""

from enum import StrEnum

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Double,
    Enum,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from peftsearch.records.job import JobState
from peftsearch.records.trial import FailureKind, TrialState

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _choice(kind: type[StrEnum]) -> Enum:
    """Stored as the member's value, so that a new member needs no migration."""
    return Enum(kind, native_enum=False, length=16, values_callable=lambda e: [x.value for x in e])


jobs = Table(
    "jobs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(64), nullable=False, unique=True),
    Column("spec", JSON, nullable=False),
    Column("state", _choice(JobState), nullable=False),
    Column("event", Integer, nullable=False),
    Column("created", Double, nullable=False),
    Column("suggestion_token", Integer, nullable=False),
    Column("suggestion_worker", Text),
    Column("suggestion_until", Double),
    Column("uid", String(32)),
    Column("fault", Text),
    Index(None, "uid", unique=True),
)
"""`event` counts the ends of trials; `suggestion_*` is the lease of the one that may propose.
`uid` is empty only where a program of an older schema, open since before, made the job."""

trials = Table(
    "trials",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey(jobs.c.id), nullable=False),
    Column("number", Integer, nullable=False),
    Column("key", String(16), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("configuration", JSON, nullable=False),
    Column("origin", String(16), nullable=False),
    Column("fidelity", Double, nullable=False),
    Column("state", _choice(TrialState), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("worker", Text),
    Column("lease_until", Double),
    Column("claimed_at", Double),
    Column("ended_at", Double),
    Column("ended_event", Integer),
    Column("failure", _choice(FailureKind)),
    Column("message", Text),
    Column("provenance", JSON, nullable=False),
    Column("adapter", Text),
    Column("adapter_sha256", String(64)),
    UniqueConstraint("job_id", "number"),
    UniqueConstraint("job_id", "key", "seed"),
    Index(None, "job_id", "state", "number"),
    Index(None, "job_id", "ended_event"),
)

measurements = Table(
    "measurements",
    metadata,
    Column("trial_id", ForeignKey(trials.c.id), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("fidelity", Double, primary_key=True),
    Column("value", Double, nullable=False),
)

lost_attempts = Table(
    "lost_attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("trial_id", ForeignKey(trials.c.id), nullable=False, index=True),
    Column("attempt", Integer, nullable=False),
    Column("worker", Text),
    Column("claimed_at", Double, nullable=False),
    Column("ended_at", Double, nullable=False),
)
"""Attempts that ended without a result: given back, or lost with their worker. The budget of
hours counts them. `worker` is the one that fell silent; empty where it gave the trial back."""

front_entries = Table(
    "front_entries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey(jobs.c.id), nullable=False),
    Column("key", String(16), nullable=False),
    Column("means", JSON, nullable=False),
    Column("trial_numbers", JSON, nullable=False),
    Column("entered_event", Integer, nullable=False),
    Column("left_event", Integer),
    UniqueConstraint("job_id", "key", "entered_event"),
    Index(None, "job_id", "left_event"),
)
"""A key is on the front from `entered_event` until before `left_event`; one whose mean changes
leaves and enters at the same event."""

workers = Table(
    "workers",
    metadata,
    Column("name", String(255), primary_key=True),
    Column("job_id", ForeignKey(jobs.c.id), nullable=False, index=True),
    Column("host", Text, nullable=False),
    Column("pid", Integer, nullable=False),
    Column("device", Text, nullable=False),
    Column("seen_at", Double, nullable=False),
    Column("steps_done", Integer),
    Column("steps_total", Integer),
    Column("command", String(16)),
)
"""`steps_*` are of the trial that the worker holds; empty while it holds none. `command` is what
works on the job beside its search; empty of a worker of the search."""

reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("job_id", ForeignKey(jobs.c.id), nullable=False),
    Column("kind", String(64), nullable=False),
    Column("created", Double, nullable=False),
    Column("content", JSON, nullable=False),
    Index(None, "job_id", "kind"),
)

preparations = Table(
    "preparations",
    metadata,
    Column("job_id", ForeignKey(jobs.c.id), primary_key=True, autoincrement=False),
    Column("document", JSON, nullable=False),
    Column("tensors", LargeBinary, nullable=False),
    Column("created", Double, nullable=False),
    Column("answers", LargeBinary),
)
"""What a job found out before its first trial. Jobs of before it was have none."""

readings = Table(
    "readings",
    metadata,
    Column("data", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("job_uid", String(32), nullable=False),
    Column("job", String(64), nullable=False),
    Column("subject", Text, nullable=False),
    Column("created", Double, nullable=False),
)
"""Readings of test data, by the hash of these. No foreign key: they outlive the jobs."""

trial_notes = Table(
    "trial_notes",
    metadata,
    Column("trial_id", ForeignKey(trials.c.id), primary_key=True, autoincrement=False),
    Column("job_id", ForeignKey(jobs.c.id), nullable=False),
    Column("name", String(64)),
    Column("text", Text),
    Column("changed", Double, nullable=False),
    UniqueConstraint("job_id", "name"),
)
"""What people call trials and say of them. It stands apart from the trials, of which an ended one
never changes."""
