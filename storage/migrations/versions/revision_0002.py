"""Trials are found by the event of their end, and workers show how far their trial is."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add an index and two columns."""
    op.create_index("ix_trials_job_id_ended_event", "trials", ["job_id", "ended_event"])
    op.add_column("workers", sa.Column("steps_done", sa.Integer))
    op.add_column("workers", sa.Column("steps_total", sa.Integer))
