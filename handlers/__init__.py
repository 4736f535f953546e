"""Commands: what people can ask, one family per file. No platform and no SQL. COMMANDS is the table of contents.

A turn has four steps, always in this order: fetch with permission, act, tell, reply. No commit (dispatch does it), no
reading of the time (the turn carries it), no text (templates do). A new family is one file and one line here.

    language/     how a typed line is read: grammar, parsing, kinds of values, completion
    kit/          what every family uses: turn, access, views, notices, errors, opening, the two-person rule
    filing/       an outgoing request comes on record: draft, pre-flight checks, filing
    registers/    spreadsheets of past requests, read and written
    publications/ what providers publish of requests made to them, read as bounds
    summaries/    what managers decide from
    exposure.py   the label and the readers of a notice or a view, from what it holds
    due.py        composes reminders; digests.py mornings; outgoing.py says every outbox row

One word for one idea, in code:

    case           one matter of one agency            request       one ask for information under one instrument
    preservation   data a provider keeps ("hold")      instrument    the legal or policy form of a request
    authority      a body that sends or receives       agency        an authority whose people use this desk
    clock          one running deadline, when due      rung, ring    a step of a ladder of reminders; that it sounded
    notice         something the desk says             recipient     the person or channel an outbox row is for
    turn           one message, handled                channel       a chat room the desk knows
    person         a human; account: on one platform   external      a guest, or a room shared with others
    label          TLP; the most restrictive counts    ceiling       the most restrictive label that a place shows
    route          the platform a recipient is on      in flight     being sent, its outcome not known yet
    heartbeat      when something last happened        generated     a file made for one reader, such as an export
"""

from handlers import (
    absence,
    answers,
    attachments,
    authorities,
    bulk,
    calendars,
    case_corrections,
    cases,
    channels,
    corrections,
    deadlines,
    demo,
    digests,
    guests,
    help,  # noqa: A004 - the family's word is "help"
    history,
    holding,
    home,
    instruments,
    leaving,
    linking,
    merging,
    moves,
    operations,
    people,
    preservation,
    profile,
    reminders,
    requests,
    reversals,
    transfers,
    watching,
    workspaces,
)
from handlers.language.command import Commands
from handlers.summaries import (
    calendar,
    counterparts,
    explain,
    exports,
    obligations,
    periods,
    reciprocity,
    reconcile,
    routes,
)

COMMANDS = Commands.merge(
    cases.commands,
    merging.commands,
    watching.commands,
    attachments.commands,
    requests.commands,
    moves.commands,
    answers.commands,
    transfers.commands,
    bulk.commands,
    corrections.commands,
    case_corrections.commands,
    deadlines.commands,
    reminders.commands,
    preservation.commands,
    holding.commands,
    reversals.commands,
    history.commands,
    profile.commands,
    absence.commands,
    people.commands,
    leaving.commands,
    linking.commands,
    guests.commands,
    authorities.commands,
    instruments.commands,
    calendars.commands,
    channels.commands,
    workspaces.commands,
    periods.commands,
    explain.commands,
    counterparts.commands,
    routes.commands,
    reciprocity.commands,
    reconcile.commands,
    exports.commands,
    calendar.commands,
    obligations.commands,
    demo.commands,
    operations.commands,
    digests.commands,
    home.commands,
    help.commands,
)
