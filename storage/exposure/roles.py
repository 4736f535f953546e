"""What a person may do, in one word each (design, section 2).

Why in storage: rights are rows, read inside the transaction, and conditions on who sees what are SQL.
"""

from enum import StrEnum


class Role(StrEnum):
    """A person holds one or more, for one authority each."""

    OFFICER = "officer"
    LIAISON = "liaison"
    MANAGER = "manager"
    ADMIN = "admin"
    AUDITOR = "auditor"

    @property
    def meaning(self) -> str:
        """One clause for help and for the linking card."""
        return MEANINGS[self]


MEANINGS = {
    Role.OFFICER: "works on their agency's cases",
    Role.LIAISON: "acts for one authority and sees only requests it is party to",
    Role.MANAGER: "sees all of their agency and gets the summaries",
    Role.ADMIN: "keeps people, authorities and channels",
    Role.AUDITOR: "reads history and verifies",
}
