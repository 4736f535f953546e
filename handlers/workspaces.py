"""Ceilings of workspaces: the most restrictive label shown anywhere in one. desk workspace.

In: a turn typed in a workspace. Out: its ceiling, kept with who said so and when. What the settings say for the whole
platform, and a room's own ceiling, count as well: the most open of them holds (`storage/exposure/ceilings.py`).
"""

from dataclasses import dataclass
from datetime import datetime

from handlers.kit import external
from handlers.kit.errors import Conflict
from handlers.kit.notices import PublicNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.values import LabelValue
from storage.exposure import externals
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Person, Workspace

commands = Commands()


@dataclass(frozen=True)
class WorkspaceCard(PublicNotice):
    """How much a workspace shows. `by` and `at`: who said so, and when; empty where nobody has. `changed`: just now."""

    platform: str
    workspace: str
    ceiling: str
    by: str
    at: datetime | None
    changed: bool


@commands.add("desk workspace", needs=Role.ADMIN, example="desk workspace label:amber")
def workspace(turn: Turn, *, label: LabelValue | None = None) -> Reply:
    """How much is shown in the workspace you type this in: in its rooms, to its people, by the desk unasked.

    label: the most restrictive label that is shown anywhere in it, from now on.
    """
    place = turn.place
    if not place.workspace:
        raise Conflict("no_workspace_here")
    row = externals.workspace(turn.work, place.platform, place.workspace)
    if label is None:
        return Reply(_card(turn, row, changed=False))
    external.must_be_member(turn)
    before = row.ceiling if row else Label.RED
    if row is None:
        row = Workspace(platform=place.platform, external_id=place.workspace)
        turn.work.session.add(row)
    row.ceiling, row.set_at, row.set_by = label, turn.now, turn.actor.person.id
    turn.work.audit("workspace ceiling", f"{place.platform}:{place.workspace}", before=before, after=label)
    return Reply(_card(turn, row, changed=True))


def _card(turn: Turn, row: Workspace | None, *, changed: bool) -> WorkspaceCard:
    place = turn.place
    if row is None:
        return WorkspaceCard(place.platform, place.workspace, Label.RED, "", None, changed)
    by = turn.work.session.get_one(Person, row.set_by).name
    return WorkspaceCard(place.platform, place.workspace, row.ceiling, by, row.set_at, changed)
