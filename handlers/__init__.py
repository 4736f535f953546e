"""What people can ask: knows no platform and no SQL. COMMANDS is the table of contents.

Open a family to see what it can do; `kit/` is what every family uses. A turn has four beats, always in this order:
fetch with permission, act, tell, reply. No commit (dispatch does it), no reading of the time (the turn carries it), no
text (templates do).

One word for one idea: case, request, preservation, authority, agency, instrument, clock, rung, ring, notice, turn,
channel, person, account, label. A new family is one file and one line here.
"""

from handlers import (
    attachments,
    authorities,
    cases,
    channels,
    deadlines,
    demo,
    guests,
    help,  # noqa: A004 - the family's word is "help"
    history,
    leaving,
    linking,
    moves,
    operations,
    people,
    preservation,
    profile,
    reminders,
    requests,
    summaries,
    transfers,
    workspaces,
)
from handlers.language.command import Commands
from handlers.registers import exports

COMMANDS = Commands.merge(
    cases.commands,
    attachments.commands,
    requests.commands,
    moves.commands,
    transfers.commands,
    deadlines.commands,
    reminders.commands,
    preservation.commands,
    history.commands,
    profile.commands,
    people.commands,
    leaving.commands,
    linking.commands,
    guests.commands,
    authorities.commands,
    channels.commands,
    workspaces.commands,
    summaries.commands,
    exports.commands,
    demo.commands,
    operations.commands,
    help.commands,
)
