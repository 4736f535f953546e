"""Ceilings: the most restrictive label that a place shows; the same for answers, forms and messages sent unasked.

In: an account or a room, and what its platform says of it now. Out: a `Ceiling`, the most open of these, and why.

    platform    the setting of a platform
    workspace   an administrator's word for one workspace of it: `desk workspace`
    room        an administrator's or a manager's word for one room: `desk channel here`; CLEAR where there is none
    guest       CLEAR for a guest of a workspace, unless an administrator admitted them
    shared      CLEAR in a room that is shared with another organisation, unless an administrator admitted it
    unsaid      CLEAR where the platform has not said whether it is one of these two
"""

from dataclasses import dataclass

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.models import Account, Channel, External, Workspace


@dataclass(frozen=True)
class Ceiling:
    """The most restrictive label that is shown, and what sets it: one of the words above."""

    label: Label = Label.RED
    why: str = "platform"

    def under(self, other: "Ceiling") -> "Ceiling":
        """The more open of two."""
        return other if other.label.rank < self.label.rank else self


OPEN = Ceiling()
"""Every label is shown."""


def for_person(
    work: UnitOfWork, account: Account | None, platform: str, *, guest: bool | None, workspace: str, most: Label
) -> Ceiling:
    """What is shown to a person on a platform, where nobody else reads it.

    guest: what the platform says of them; None counts as yes. most: the platform's own ceiling.
    """
    whole = Ceiling(most).under(_of_workspace(work, platform, workspace))
    return whole.under(_external_ceiling(account, "guest", said=guest))


def for_room(
    work: UnitOfWork, room: Channel | None, platform: str, *, shared: bool | None, workspace: str, most: Label
) -> Ceiling:
    """What is said in a room; without one, where the desk was never asked in. shared: as `guest` above."""
    whole = Ceiling(most).under(_of_workspace(work, platform, workspace)).under(of_sharing(room, shared=shared))
    return whole.under(Ceiling(Label(room.ceiling) if room else Label.CLEAR, "room"))


def of_sharing(room: Channel | None, *, shared: bool | None) -> Ceiling:
    """What a room that may be shared with another organisation shows, also to one person in it."""
    return _external_ceiling(room, "shared", said=shared)


def workspace_of(external_id: str) -> str:
    """The workspace of an account or a room, as platforms that have workspaces write them: "TEAM/USER"."""
    workspace, slash, _ = external_id.partition("/")
    return workspace if slash else ""


def remember(work: UnitOfWork, platform: str, workspace: str, ceiling: str | None) -> None:
    """What was read of a workspace with something else, so that it is not asked again in this transaction."""
    work.once(("workspace", platform, workspace), lambda: ceiling)


def _of_workspace(work: UnitOfWork, platform: str, external_id: str) -> Ceiling:
    if not external_id:
        return OPEN

    def ask() -> str | None:
        asked = select(Workspace.ceiling).where(Workspace.platform == platform, Workspace.external_id == external_id)
        return work.session.scalar(asked)

    label = work.once(("workspace", platform, external_id), ask)
    return Ceiling(Label(label), "workspace") if label else OPEN


def _external_ceiling(row: External | None, why: str, *, said: bool | None) -> Ceiling:
    if said is False or (row is not None and row.admitted_at is not None):
        return OPEN
    return Ceiling(Label.CLEAR, why if said else "unsaid")
