"""Jobs keep what they found out before their first trial."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add a table."""
    op.create_table(
        "preparations",
        sa.Column("job_id", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("document", sa.JSON, nullable=False),
        sa.Column("tensors", sa.LargeBinary, nullable=False),
        sa.Column("created", sa.Double, nullable=False),
        sa.PrimaryKeyConstraint("job_id", name="pk_preparations"),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_preparations_job_id"),
    )
