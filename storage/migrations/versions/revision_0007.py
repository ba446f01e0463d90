"""A preparation keeps what the best floor answered on the validation rows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add a column."""
    op.add_column("preparations", sa.Column("answers", sa.LargeBinary))
