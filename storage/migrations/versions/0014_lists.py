"""Indexes by which lists read no more than they show: of what is open, of each agency and party, in the order shown."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"

OPEN = "closed_at IS NULL"
RUNS, FOR_ANOTHER = "ended_at IS NULL", "agency_id <> sender_id AND agency_id <> recipient_id"
OF_A_REQUEST = f"{RUNS} AND request_id IS NOT NULL"
INDEXES = (
    ("case", "ix_case_agency", ("agency_id", "id"), None),
    ("case", "ix_case_label", ("agency_id", "label", "id"), None),
    ("case", "ix_case_open", ("agency_id", "id"), OPEN),
    ("case", "ix_case_open_label", ("agency_id", "label", "id"), OPEN),
    ("case", "ix_case_open_lead", ("lead_id", "id"), OPEN),
    ("case", "ix_case_lead", ("lead_id", "id"), None),
    ("case", "ix_case_without_lead", ("opened_by", "id"), "lead_id IS NULL"),
    ("case", "ix_case_merged", ("merged_into_id",), "merged_into_id IS NOT NULL"),
    ("participant", "ix_participant_person", ("person_id", "case_id"), None),
    ("participant", "ix_participant_authority", ("authority_id", "case_id"), None),
    ("request", "ix_request_agency", ("agency_id", "direction", "id"), None),
    ("request", "ix_request_agency_status", ("agency_id", "status", "direction", "id"), None),
    ("request", "ix_request_counterpart", ("agency_id", "party_id", "id"), None),
    ("request", "ix_request_counterpart_status", ("agency_id", "party_id", "status", "id"), None),
    ("request", "ix_request_party", ("party_id", "direction", "id"), None),
    ("request", "ix_request_party_status", ("party_id", "status", "direction", "id"), None),
    ("request", "ix_request_case_status", ("case_id", "status"), None),
    ("request", "ix_request_filed_by", ("filed_by", "status"), None),
    ("request", "ix_request_sent_for_another", ("sender_id",), FOR_ANOTHER),
    ("request", "ix_request_received_for_another", ("recipient_id",), FOR_ANOTHER),
    ("request", "ix_request_emergency", ("agency_id", "status"), "emergency"),
    ("request", "ix_request_parent", ("parent_id",), "parent_id IS NOT NULL"),
    ("target", "ix_target_preservation", ("preservation_id",), "preservation_id IS NOT NULL"),
    ("clock", "ix_clock_preservation", ("preservation_id",), "preservation_id IS NOT NULL"),
    ("preservation", "ix_preservation_alive", ("agency_id", "expires_on", "id"), OPEN),
    ("clock", "ix_clock_agency", ("agency_id", "imported", "due_at", "request_id"), OF_A_REQUEST),
    ("clock", "ix_clock_counterpart", ("agency_id", "party_id", "imported", "due_at", "request_id"), OF_A_REQUEST),
    ("clock", "ix_clock_party", ("party_id", "due_at", "request_id"), OF_A_REQUEST),
    ("clock", "ix_clock_kind", ("agency_id", "kind", "due_at"), RUNS),
    ("clock", "ix_clock_request", ("request_id",), RUNS),
)
REPLACED = (
    ("participant", "ix_participant_person_id"),
    ("participant", "ix_participant_authority_id"),
    ("case", "ix_case_lead_id"),
    ("request", "ix_request_parent_id"),
    ("target", "ix_target_preservation_id"),
    ("clock", "ix_clock_preservation_id"),
)


def upgrade() -> None:
    """They change no row."""
    for table, name, columns, where in INDEXES:
        condition = sa.text(where) if where else None
        op.create_index(name, table, columns, sqlite_where=condition, postgresql_where=condition)
    for table, name in REPLACED:
        op.drop_index(name, table_name=table)
