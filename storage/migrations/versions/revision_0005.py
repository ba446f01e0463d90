"""Commands that work on a job beside its search are known while they do."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add a column."""
    op.add_column("workers", sa.Column("command", sa.String(16)))
