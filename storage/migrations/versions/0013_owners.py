"""A request, a hold and a clock know whose they are, and who is on their other side, without their case.

See `storage/models/owners.py`.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"

AGENCY, PARTY = "agency_id", "party_id"
COLUMNS = {"request": (AGENCY, PARTY), "preservation": (AGENCY,), "clock": (AGENCY, PARTY)}
OWNED = """
UPDATE {0} SET agency_id = (SELECT agency_id FROM "case" WHERE "case".id = {0}.case_id)
"""
PARTY_OF_A_REQUEST = """
UPDATE request SET party_id = CASE direction WHEN 'outgoing' THEN recipient_id ELSE sender_id END
"""
CLOCKS_OF_REQUESTS = """
UPDATE clock SET (agency_id, party_id) = (SELECT agency_id, party_id FROM request WHERE request.id = clock.request_id)
WHERE request_id IS NOT NULL
"""
CLOCKS_OF_HOLDS = """
UPDATE clock SET (agency_id, party_id) =
  (SELECT agency_id, recipient_id FROM preservation WHERE preservation.id = clock.preservation_id)
WHERE request_id IS NULL
"""
FILL = (OWNED.format("request"), OWNED.format("preservation"), PARTY_OF_A_REQUEST, CLOCKS_OF_REQUESTS, CLOCKS_OF_HOLDS)


def upgrade() -> None:
    """In sets, by the numbers of the rows they are of."""
    for table, columns in COLUMNS.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Integer(), nullable=True))
    for statement in FILL:
        op.execute(statement)
    for table, columns in COLUMNS.items():
        with op.batch_alter_table(table) as batch:
            for column in columns:
                batch.alter_column(column, existing_type=sa.Integer(), nullable=False)
                batch.create_foreign_key(op.f(f"fk_{table}_{column}_authority"), "authority", [column], ["id"])
