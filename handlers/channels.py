"""Channels: the chat rooms the desk speaks in: here, list, show, leave.

In: a turn typed in a room. Out: the room's row: whose it is, how much may be said there, when its digest and its
summary come, when it is quiet. Every change leaves its audit line.
Who may: a manager or an administrator, for their own agency. For another authority (a liaison's room) an administrator,
if that authority is party to a request of the agency; what is said there is then of that agency's cases only, because
it was this agency that let the room in, and no other. A room that is somebody else's is not taken over.
RED never goes to a room, and AMBER+STRICT never to another authority's.
A room that is shared with another organisation shows TLP:CLEAR until an administrator says `here` in it; and again
after the sharing has changed.
"""

from dataclasses import dataclass
from datetime import datetime

from handlers.exposure import PublicFacts
from handlers.kit import access, external
from handlers.kit.errors import Conflict, NotAllowed
from handlers.kit.notices import PublicNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import AuthorityCode, LabelValue, Quiet, TimeOfDay, WeeklyTime, ZoneName
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.models import Authority, Channel
from storage.record import channels
from storage.reminders import digests
from storage.rules.mornings import MORNING

commands = Commands()

KEEPERS = (Role.MANAGER, Role.ADMIN)


@dataclass(frozen=True)
class ChannelLine(PublicFacts):
    """One room. `quiet` is "20:00-08:00" and `summary` "mon@08:30", both local to `zone`; empty where there is none.

    `shared`: with another organisation; `admitted`: an administrator let it in all the same.
    """

    platform: str
    room: str
    thread: str
    authority: str
    authority_name: str
    host: str
    ceiling: str
    zone: str
    digest: str
    summary: str
    quiet: str
    next_digest_at: datetime | None
    next_summary_at: datetime | None
    shared: bool
    admitted: bool


@dataclass(frozen=True)
class ChannelCard(PublicNotice):
    """A room as it is now. `done`: "asked", "changed", or "shown"."""

    done: str
    channel: ChannelLine


@dataclass(frozen=True)
class ChannelLeft(PublicNotice):
    """Nothing more is said in a room."""

    channel: ChannelLine


@dataclass(frozen=True)
class ChannelList(PublicNotice):
    """The rooms of an agency, and those it brought others into."""

    agency: str
    channels: tuple[ChannelLine, ...]
    total: int
    next_line: str
    back_line: str


@commands.add(
    "desk channel here",
    needs=KEEPERS,
    example="desk channel here for:PK-FIA-CCW label:amber zone:Asia/Karachi digest:09:00 summary:mon@08:30",
)
def here(
    turn: Turn,
    *,
    for_: AuthorityCode,
    label: LabelValue | None = None,
    zone: ZoneName | None = None,
    digest: TimeOfDay | None = None,
    summary: WeeklyTime | None = None,
    quiet: Quiet | None = None,
) -> Reply:
    """Let the desk speak in the room you type this in. Again in the same room: change what you name.

    A room that is shared with another organisation is for administrators to let in.

    for: whose room it is; it hears of this authority's requests.
    label: the most restrictive label that may be said here; AMBER, if not said.
    zone: the time zone of the room; the authority's, if not said.
    digest: when its digest comes, on the authority's working days; 09:00, if not said.
    summary: when the summary of the week comes, in a room of your own agency, or off.
    quiet: when only what cannot wait is said, or off.
    """
    _must_be_a_room(turn)
    authority, place = access.authority(turn, for_), turn.place
    _may_speak_for(turn, authority)
    if turn.room:
        _must_administer(turn, turn.room)
    external.may_let_in(turn)
    before = _facts(turn.room) if turn.room else None
    wanted = label or (Label(turn.room.ceiling) if turn.room else Label.AMBER)
    _must_fit_ceiling(turn, authority, wanted, summary)
    channel = turn.room or channels.at(turn.work, place.platform, place.room, place.thread)
    if turn.room is None or channel.authority_id != authority.id:
        _begin(turn, channel, authority)
    external.let_in(turn, channel)
    channel.ceiling, channel.zone = wanted, zone or channel.zone
    channel.digest_at = digest or channel.digest_at
    channel.summary = channel.summary if summary is None else summary or None
    if quiet is not None:
        since, _, until = quiet.partition("-")
        channel.quiet_from, channel.quiet_until = since or None, until or None
    channels.keep(turn.work, channel)
    digests.plan(turn.work, channel)
    turn.work.audit("channel here", _ref(channel), before=before, after=_facts(channel))
    return Reply(ChannelCard("changed" if before else "asked", _line(channel)))


@commands.add("desk channel list", needs=KEEPERS, reads=True, example="desk channel list")
def list_channels(turn: Turn, *, page: Page = 1) -> Reply:
    """The rooms of your agency, and those it let other authorities into.

    page: ten a page.
    """
    agency, pages = turn.actor.agency, Pages("desk channel list", page)
    found = list(channels.of_agency(turn.work, agency))
    lines = tuple(map(_line, pages.of(found)))
    return Reply(ChannelList(agency.code, lines, len(found), pages.next_line(len(found)), pages.back_line))


@commands.add("desk channel show", reads=True, example="desk channel show")
def show(turn: Turn) -> Reply:
    """What the desk says in this room, and when."""
    return Reply(ChannelCard("shown", _line(_this_room(turn))))


@commands.add("desk channel leave", needs=KEEPERS, example="desk channel leave")
def leave(turn: Turn) -> Reply:
    """Say nothing more in this room. What waits for its morning is not said."""
    channel = _this_room(turn)
    _must_administer(turn, channel)
    left = ChannelLeft(_line(channel))
    channels.forget(turn.work, channel)
    turn.work.audit("channel leave", _ref(channel), before=_facts(channel))
    return Reply(left)


# ---- who may -------------------------------------------------------------------------------------------------------


def _must_be_a_room(turn: Turn) -> None:
    """Errors: Conflict between a person and the desk alone."""
    if not turn.place.room:
        raise Conflict("no_room_here")


def _this_room(turn: Turn) -> Channel:
    """The room typed in. Errors: Conflict where there is none, or the desk was never asked into it."""
    _must_be_a_room(turn)
    if turn.room is None:
        raise Conflict("room_not_used", agency=turn.actor.agency.code)
    return turn.room


def _must_administer(turn: Turn, channel: Channel) -> None:
    """Errors: Conflict for a room that another agency asked the desk into."""
    if turn.actor.agency.id != (channel.host_id or channel.authority_id):
        raise Conflict("room_of_another_agency")


def _may_speak_for(turn: Turn, authority: Authority) -> None:
    """Errors: NotAllowed, Conflict: see the module's Who may."""
    agency = turn.actor.agency
    if authority.id == agency.id:
        return
    if Role.ADMIN not in turn.actor.roles:
        act, may = clause("let_into_room", authority=authority.code), clause("one_of_roles", roles=[Role.ADMIN])
        raise NotAllowed(act, may, access.roles(turn.actor), ())
    if not channels.deals_with(turn.work, agency, authority):
        raise Conflict("no_dealings", authority=authority.code, agency=agency.code)


def _must_fit_ceiling(turn: Turn, authority: Authority, label: Label, summary: str | None) -> None:
    """Errors: BadValue for a label that this room may never hold, or a summary of another authority's work."""
    own, stays = authority.id == turn.actor.agency.id, turn.place.shared is False
    if summary and not own:
        raise BadValue("summary", summary, clause("no_week_of", authority=authority.code), clause("off"), "summary:off")
    most_restrictive = Label.AMBER_STRICT if own and stays else Label.AMBER
    if not label.within(most_restrictive):
        wrong = clause("for_named_people" if label is Label.RED else "for_the_agency")
        raise BadValue("label", label, wrong, clause("label_up_to", label=most_restrictive), "label:amber")


# ---- rows ----------------------------------------------------------------------------------------------------------


def _begin(turn: Turn, channel: Channel, authority: Authority) -> None:
    """A room of this authority, with what is not said."""
    channel.authority, channel.left_at = authority, None
    channel.host_id = None if authority.id == turn.actor.agency.id else turn.actor.agency.id
    channel.zone, channel.digest_at, channel.language = authority.zone, MORNING, turn.actor.person.language
    channel.summary = channel.quiet_from = channel.quiet_until = None


def _ref(channel: Channel) -> str:
    return f"channel:{channel.id}"


def _facts(channel: Channel) -> dict[str, str | bool | None]:
    """What goes on record of a room."""
    return {
        "platform": channel.platform,
        "room": channel.external_id,
        "thread": channel.thread,
        "for": channel.authority.code,
        "label": channel.ceiling,
        "zone": channel.zone,
        "digest": channel.digest_at,
        "summary": channel.summary,
        "quiet": _quiet(channel),
        "shared": bool(channel.outside),
        "admitted": channel.admitted_at is not None,
    }


def _quiet(channel: Channel) -> str:
    return f"{channel.quiet_from}-{channel.quiet_until}" if channel.quiet_from else ""


def _line(channel: Channel) -> ChannelLine:
    return ChannelLine(
        platform=channel.platform,
        room=channel.external_id,
        thread=channel.thread,
        authority=channel.authority.code,
        authority_name=channel.authority.name,
        host=channel.host.code if channel.host else "",
        ceiling=channel.ceiling,
        zone=channel.zone,
        digest=channel.digest_at,
        summary=channel.summary or "",
        quiet=_quiet(channel),
        next_digest_at=channel.next_digest_at,
        next_summary_at=channel.next_summary_at,
        shared=bool(channel.outside),
        admitted=channel.admitted_at is not None,
    )
