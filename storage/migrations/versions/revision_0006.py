"""A job that was stopped by a fault of its search keeps what that was."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add a column."""
    op.add_column("jobs", sa.Column("fault", sa.Text))
