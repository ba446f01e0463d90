"""People name trials and write notes on them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "trial_notes",
        sa.Column("trial_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("job_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64)),
        sa.Column("text", sa.Text),
        sa.Column("changed", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("trial_id", name="pk_trial_notes"),
        sa.ForeignKeyConstraint(["trial_id"], ["trials.id"], name="fk_trial_notes_trial_id"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_trial_notes_job_id"),
        sa.UniqueConstraint("job_id", "name", name="uq_trial_notes_job_id_name"),
    )
