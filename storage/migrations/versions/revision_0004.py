"""Jobs get an id that no other database has, and trials the hash of their adapter."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_JOBS = sa.table("jobs", sa.column("id", sa.Integer), sa.column("uid", sa.String))


def upgrade() -> None:
    """Add two columns and an index, and draw an id for each job that is there."""
    op.add_column("jobs", sa.Column("uid", sa.String(32)))
    connection = op.get_bind()
    for job_id in connection.scalars(sa.select(_JOBS.c.id)).all():
        mine = _JOBS.update().where(_JOBS.c.id == job_id)
        connection.execute(mine.values(uid=uuid.uuid4().hex))
    op.create_index("ix_jobs_uid", "jobs", ["uid"], unique=True)
    op.add_column("trials", sa.Column("adapter_sha256", sa.String(64)))
