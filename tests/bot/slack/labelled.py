"""A desk on a Slack with something under every label, and what of it arrives where.

In: a store. Out: a case of each label with a late request, a hold and a file, each with a code word that is found
wherever it arrives; an officer and somebody else who see them all; what they type, and what the desk says unasked.
"""

import asyncio
import json
from datetime import timedelta
from itertools import count

from sqlalchemy import select

from bot.adapters.house import House
from bot.inbound.dispatch import Dispatch
from bot.inbound.forms import FormBuilder
from bot.inbound.services import Services
from bot.outbound.delivery import PlatformDelivery, Timing
from bot.outbound.pacing import Pace
from bot.rendering.render import Renderer
from handlers import COMMANDS, people
from handlers.cases import CaseNoted
from storage.exposure import externals
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import outbox
from storage.models import Account, Attachment, AuditLine, Case, Channel, Recipient
from storage.record import files, records
from storage.reminders import digests
from storage.reminders.sweep import sweep
from storage.rules.lifecycle import Status
from tests import factories
from tests.bot.slack.stage import on_slack
from tests.fake_slack import TEAM, FakeSlack
from tests.furnishing import furnish

AGENCY, ROOM, SECONDS = "PK-FIA-CCW", "C1", 20
WORDS = dict(zip(Label, ("alfa", "bravo", "charlie", "delta", "echo"), strict=True))
ALL, OPEN = set(Label), {Label.CLEAR}
UP_TO_AMBER = {Label.CLEAR, Label.GREEN, Label.AMBER}
PEOPLE = {"UIN": Role.OFFICER, "UGUEST": Role.OFFICER, "UMANAGER": Role.MANAGER, "UADMIN": Role.ADMIN}
READS = (
    *("/case list", "/case search codeword", "/request list", "/overdue agency", "/summary week", "/preservation list"),
    *(f"/{words} {n}{part}" for n in range(1, 6) for words, part in (
        ("case status", ""), ("case history", ""), ("case files", ""), ("case download", "/A1"),
        ("request status", "/1"), ("request why", "/1"), ("request history", "/1"), ("preservation status", "/P1"),
        ("request check", " to:PROV-META as:PROD-META data:bsi accounts:codeword"),
    )),
)  # fmt: skip


def labels_in(text: str) -> set[Label]:
    """Whose code words stand in it."""
    return {label for label, word in WORDS.items() if word in text.casefold()}


class Desk:
    """The desk. ceilings: of platforms, as the settings name them."""

    def __init__(self, store, **ceilings: Label) -> None:
        self.store, self.ceilings = store, ceilings
        self._numbers = count(1)  # Slack never uses an id twice
        furnish(store, Desk._furnish)

    def do(self, job):
        return self.store.write(job).result(SECONDS)

    @staticmethod
    def _furnish(store) -> None:
        for user, role in PEOPLE.items():
            who = (user, AGENCY, role, [f"slack:{TEAM}/{user}"])
            store.write(lambda work, who=who: people.enrol_at(work, *who)).result(SECONDS)
        store.write(Desk._fill).result(SECONDS)

    @staticmethod
    def _fill(work) -> None:
        officer, guest = (records.people(work, name=name)[0] for name in ("UIN", "UGUEST"))
        for n, (label, word) in enumerate(WORDS.items(), 1):
            case = factories.case(work, opener=officer, title=f"Codeword {word}", label=label, shared_with=[guest])
            late = work.now.date() - timedelta(days=60)
            factories.request(work, of=case, status=Status.SENT, on=late, at=work.now - timedelta(days=60))
            factories.preservation(work, of=case, on=late, days=65)
            content = f"content {word}".encode()
            row = Attachment(
                case=case, number=1, ref=f"{case.ref}/A1", person=officer, at=work.now, name=f"{word}.txt",
                size_bytes=len(content), link="", cause=f"c{n}", platform="slack", source=f"F{n}", state="kept",
                attempts=0, try_at=work.now,
            )  # fmt: skip
            row.file_id = files.keep(work, row.name, content).id
            work.session.add(row)

    def room(self, **columns: object) -> Recipient:
        """A room of the agency, up to AMBER. Its recipient."""

        def make(work) -> Recipient:
            authority = records.authority(work, AGENCY)
            row = Channel(platform="slack", external_id=f"{TEAM}/{ROOM}", authority=authority, zone="UTC", **columns)
            row.ceiling = Label.AMBER
            work.session.add(row)
            work.session.flush()
            digests.plan(work, row)
            return Recipient.channel(row.id)

        return self.do(make)

    def account(self, user: str) -> Account:
        return self.store.read(lambda work: externals.account_of(work, "slack", f"{TEAM}/{user}")).result(SECONDS)

    def known_room(self) -> Channel:
        return self.store.read(lambda work: work.session.scalars(select(Channel)).one()).result(SECONDS)

    def acts(self, about: str) -> list[str]:
        """The acts on record whose names hold a word, in order."""
        query = select(AuditLine.act).where(AuditLine.act.contains(about)).order_by(AuditLine.n)
        return self.store.read(lambda work: list(work.session.scalars(query))).result(SECONDS)

    def admit(self, row: type[Account | Channel], external_id: str) -> None:
        def job(work) -> None:
            found = work.session.scalars(select(row).where(row.external_id == external_id)).one()
            found.outside, found.admitted_at, found.admitted_by = True, work.now, 1

        self.do(job)

    def on(self, work, **outside: dict) -> FakeSlack:
        """People do `work` on a Slack where these are not as usual."""
        renderer = Renderer()
        self.dispatch = Dispatch(self.store, COMMANDS, renderer, self.ceilings)
        forms = FormBuilder(self.store, COMMANDS, renderer, self.ceilings)
        house = House(self.dispatch.receive, forms, Services(self.store, COMMANDS))

        async def connected():
            async with on_slack(house) as (slack, adapter):
                slack.outside |= outside
                slack._numbers = self._numbers
                timing = Timing(elapsed=lambda: self.store.clock.now().timestamp(), chance=lambda: 0.0)
                most = self.ceilings.get("slack", Label.RED)
                self.road = PlatformDelivery(self.store, adapter, renderer, timing=timing, pace=Pace(), ceiling=most)
                await work(slack)
                return slack

        return asyncio.run(connected())

    async def says(self, slack, user: str, line: str, channel: str = "") -> str:
        """Type a line, and read what comes of it, wherever."""
        self.store.clock.move(seconds=11)
        before = len(slack.posts)
        await slack.command(user, line, channel=channel)
        await slack.quiet()
        return "\n".join(post.words for post in slack.posts[before:])

    async def unasked(self, recipient: Recipient) -> None:
        """What the desk says by itself: a notice and a card of each label, then reminders, a digest and a summary."""

        def queue(work) -> None:
            for case in work.session.scalars(select(Case).order_by(Case.id)):
                notice = CaseNoted(case.ref, case.title, case.label, "a note", "Somebody")
                about = {"recipient": recipient, "platform": "slack", "label": Label.CLEAR}
                outbox.put(work, cause=case.ref, notice=notice, subject=case.ref, **about)

        await asyncio.to_thread(self.do, queue)
        for hours in (0, 24, 24, 24):
            self.store.clock.move(hours=hours)
            await asyncio.to_thread(sweep, self.store)
            await asyncio.to_thread(digests.fold, self.store)
            await asyncio.to_thread(digests.post_summaries, self.store)
            await self.road.drain()


def seen(slack: FakeSlack, place: str) -> set[Label]:
    """The labels whose words stand in a room, in a person's own conversation with the desk, form, home, files."""
    posts = "\n".join(post.words + json.dumps(post.blocks) for post in slack.posts if post.channel == place)
    mine = [slack.forms.get(place[1:]), slack.homes.get(place[1:])] if place.startswith("D") else []
    files = [(name, content) for room, name, content in slack.files.given if room == place]
    given = "".join(name + content.decode(errors="replace") for name, content in files)
    return labels_in(posts + json.dumps(mine) + given)
