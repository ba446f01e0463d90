"""The first schema."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create all tables."""
    _create_jobs()
    _create_trials()
    _create_trial_details()
    _create_front_entries()
    _create_workers_and_reports()


def _create_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("event", sa.Integer, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("suggestion_token", sa.Integer, nullable=False),
        sa.Column("suggestion_worker", sa.Text),
        sa.Column("suggestion_until", sa.Double),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
        sa.UniqueConstraint("name", name="uq_jobs_name"),
    )


def _create_trials() -> None:
    op.create_table(
        "trials",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("configuration", sa.JSON, nullable=False),
        sa.Column("origin", sa.String(16), nullable=False),
        sa.Column("fidelity", sa.Double, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("lease_until", sa.Double),
        sa.Column("claimed_at", sa.Double),
        sa.Column("ended_at", sa.Double),
        sa.Column("ended_event", sa.Integer),
        sa.Column("failure", sa.String(16)),
        sa.Column("message", sa.Text),
        sa.Column("provenance", sa.JSON, nullable=False),
        sa.Column("adapter", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_trials"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_trials_job_id"),
        sa.UniqueConstraint("job_id", "number", name="uq_trials_job_id_number"),
        sa.UniqueConstraint("job_id", "key", "seed", name="uq_trials_job_id_key_seed"),
    )
    op.create_index("ix_trials_job_id_state_number", "trials", ["job_id", "state", "number"])


def _create_trial_details() -> None:
    op.create_table(
        "measurements",
        sa.Column("trial_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("fidelity", sa.Double, nullable=False),
        sa.Column("value", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("trial_id", "name", "fidelity", name="pk_measurements"),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name="fk_measurements_trial_id"),
    )
    op.create_table(
        "lost_attempts",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("trial_id", sa.Integer, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("worker", sa.Text),
        sa.Column("claimed_at", sa.Double, nullable=False),
        sa.Column("ended_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lost_attempts"),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name="fk_lost_attempts_trial_id"),
    )
    op.create_index("ix_lost_attempts_trial_id", "lost_attempts", ["trial_id"])


def _create_front_entries() -> None:
    op.create_table(
        "front_entries",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("key", sa.String(16), nullable=False),
        sa.Column("means", sa.JSON, nullable=False),
        sa.Column("trial_numbers", sa.JSON, nullable=False),
        sa.Column("entered_event", sa.Integer, nullable=False),
        sa.Column("left_event", sa.Integer),
        sa.PrimaryKeyConstraint("id", name="pk_front_entries"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_front_entries_job_id"),
        sa.UniqueConstraint(
            "job_id", "key", "entered_event", name="uq_front_entries_job_id_key_entered_event"
        ),
    )
    op.create_index(
        "ix_front_entries_job_id_left_event", "front_entries", ["job_id", "left_event"]
    )


def _create_workers_and_reports() -> None:
    op.create_table(
        "workers",
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("host", sa.Text, nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("device", sa.Text, nullable=False),
        sa.Column("seen_at", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_workers"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_workers_job_id"),
    )
    op.create_index("ix_workers_job_id", "workers", ["job_id"])
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("kind", sa.String(64), nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.Column("content", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_reports_job_id"),
    )
    op.create_index("ix_reports_job_id_kind", "reports", ["job_id", "kind"])
