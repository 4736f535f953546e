"""Sample data for a demonstration: invented people, and a conversation they had with the desk over the past months.

In: an empty database. Out: the same database, marked as a demonstration for ever, with what the commands below left in
it. Every line goes through the door that people use, at the time it was said.
"""

import asyncio
from datetime import datetime, timedelta

from bot.adapters.contract import Inbound
from bot.inbound.dispatch import Dispatch
from bot.rendering.render import Renderer
from bot.settings import Settings
from handlers import COMMANDS, people
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.record import records
from storage.record.demo import forget_missed, mark_demo
from storage.reference.catalog import load
from storage.times import FrozenClock, SystemClock

SPEAKER = "Night Officer"
PEOPLE = (
    (SPEAKER, "PK-FIA-CCW", Role.OFFICER),
    ("Day Officer", "PK-FIA-CCW", Role.OFFICER),
    ("Desk Manager", "PK-FIA-CCW", Role.MANAGER),
    ("Desk Admin", "PK-FIA-CCW", Role.ADMIN),
    ("Desk Auditor", "PK-FIA-CCW", Role.AUDITOR),
    ("OIA Liaison", "US-DOJ-OIA", Role.LIAISON),
)
FILED = (
    'date_range:"2026-01-01..2026-03-01" user_notification:"not permitted, order attached" '
    'accounts:"facebook.com/example.page; facebook.com/example.page2" basis:"court order 58" '
    'reason:"the page poses as the president and asks for money"'
)
CONVERSATION = (
    (130, SPEAKER, "desk me email:night.officer@ccw.example phone:+92-51-0000001 officer_id:CCW-17"),
    (130, "Day Officer", "desk me email:day.officer@ccw.example phone:+92-51-0000002 officer_id:CCW-18"),
    (120, SPEAKER, 'case open "Fake pages of the president" category:impersonation label:amber own:"CCW/demo/1"'),
    (120, SPEAKER, "preservation ask 1 to:PROV-META as:PRES-META accounts:facebook.com/example.page"),
    (118, SPEAKER, 'preservation confirmed 1/P1 proof:"case 4711"'),
    (115, SPEAKER, f"request file 1 to:PROV-META as:PROD-META data:bsi,ip_logs {FILED}"),
    (114, SPEAKER, "request sent 1/1"),
    (100, SPEAKER, 'request clarify 1/1 asks:"What plausible reason?" on:-1d'),
    (90, SPEAKER, 'request supplement 1/1 answer:"Injury statement attached"'),
    (84, SPEAKER, "preservation ask 1 to:PROV-META as:PRES-META accounts:facebook.com/example.page2"),
    (60, "Day Officer", 'case open "Threat against a school" category:threat_to_life label:amber own:"CCW/demo/2"'),
    (60, "Day Officer", 'case note 2 "The school was told; the principal is the contact"'),
    (35, SPEAKER, 'preservation renewed 1/P1 days:90 proof:"case 4711, second period"'),
    (
        20,
        "Day Officer",
        'case open "Account of a bank customer taken over" category:hacking label:green own:"CCW/demo/3"',
    ),
    (
        12,
        "Day Officer",
        'request receive 2 from:US-FBI-LEGAT as:POLICE-LIAISON data:bsi accounts:"@example" their:"LEGAT-12"',
    ),
    (11, "Day Officer", "request acknowledge 2/1"),
)


def fill(settings: Settings) -> None:
    """Put the sample into an empty database; one that holds people already is left as it is.

    Errors: NotDemo where the database holds real cases.
    """
    now = SystemClock().now()
    clock = FrozenClock(now)
    store = Store(settings.database_url, clock=clock, reference=load())
    try:
        if store.read(records.anybody).result():
            return
        store.write(_people).result()
        asyncio.run(_talk(Dispatch(store, COMMANDS, Renderer()), clock, now))
        clock.move_to(now)
        store.write(forget_missed).result()
    finally:
        store.close()


def _people(work: UnitOfWork) -> None:
    mark_demo(work)
    records.sync_authorities(work, work.reference)
    work.session.flush()
    for name, agency, role in PEOPLE:
        people.enrol_at(work, name, agency, role, [])


async def _talk(dispatch: Dispatch, clock: FrozenClock, now: datetime) -> None:
    for number, (days_ago, person, line) in enumerate(CONVERSATION):
        clock.move_to(now - timedelta(days=days_ago))
        answer = await dispatch.receive(Inbound("console", f"sample:{number}", person, line))
        if answer.refused or answer.failed:
            raise AssertionError(f"the sample no longer fits the commands: {line}\n{answer.messages[0].plain()}")
