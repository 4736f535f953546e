"""Database tables (SQLAlchemy): parties, matters, files, timing, messages, chronicle, installations, search, tally."""

from storage.models import owners  # noqa: F401 - it listens
from storage.models.chronicle import AuditLine, AuditText, Counter, Heartbeat, LeaseRow, Trait
from storage.models.files import Attachment, File
from storage.models.installations import SlackBot, SlackInstallation, SlackState
from storage.models.matters import (
    Case,
    Note,
    Participant,
    PastMove,
    Preservation,
    PreservationRequest,
    Proposal,
    Request,
    Target,
    Watch,
)
from storage.models.messages import InboxRow, Memo, OutboxRow, Posting
from storage.models.parties import (
    Account,
    Authority,
    Channel,
    External,
    Holiday,
    LinkCode,
    LinkTry,
    Membership,
    Person,
    Workspace,
)
from storage.models.recipient import Recipient, is_person
from storage.models.search import SearchDue, SearchText
from storage.models.tallies import TALLIED, Tally
from storage.models.timing import Clock, Ring

__all__ = [
    "TALLIED",
    "Account",
    "Attachment",
    "AuditLine",
    "AuditText",
    "Authority",
    "Case",
    "Channel",
    "Clock",
    "Counter",
    "External",
    "File",
    "Heartbeat",
    "Holiday",
    "InboxRow",
    "LeaseRow",
    "LinkCode",
    "LinkTry",
    "Membership",
    "Memo",
    "Note",
    "OutboxRow",
    "Participant",
    "PastMove",
    "Person",
    "Posting",
    "Preservation",
    "PreservationRequest",
    "Proposal",
    "Recipient",
    "Request",
    "Ring",
    "SearchDue",
    "SearchText",
    "SlackBot",
    "SlackInstallation",
    "SlackState",
    "Tally",
    "Target",
    "Trait",
    "Watch",
    "Workspace",
    "is_person",
]
