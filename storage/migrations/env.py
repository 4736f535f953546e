"""Alembic's entry: runs on the connection that `storage.database.engine.migrate` opened, inside its transaction."""

from alembic import context

from storage import models  # noqa: F401 - fills the metadata
from storage.models.base import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
