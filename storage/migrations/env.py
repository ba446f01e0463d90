"""Alembic runs this file to migrate over the connection that `migrate` hands to it."""

from alembic import context

from peftsearch.storage.migrations import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    version_table=VERSION_TABLE,
    # Ours is: `storage.engine` sends BEGIN to SQLite itself, and its DDL rolls back.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
