"""What each word of the command line does. Prints for a person at a terminal; the desk's own words stay in templates.

In: parsed arguments. Out: an exit code. Errors that a person can mend are in EXPECTED and become one sentence in
`cli.main`.
Why some things are imported by the word that needs them: all of them together take two seconds and 150 MB
(`tests/bot/test_start.py` says which word may load what).
"""

import argparse
import asyncio
import io
import json
import sys
from collections.abc import Callable
from contextlib import closing
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO

from bot import logs
from bot.adapters.contract import CannotStart, Inbound
from bot.app import Desk, must_be_real, open_desk, prepare
from bot.cli import sample, streams
from bot.cli.speaking import speaker
from bot.disk import NotWritten
from bot.rendering.phrases import Reader, spoken
from bot.rendering.render import Renderer
from bot.settings import DEFAULT_DATABASE, BadSettings, Settings, load
from handlers import COMMANDS as CHAT_COMMANDS
from handlers import calendars, people
from handlers.kit import access, calendar_file, showing
from handlers.kit.notices import Notice
from handlers.language.errors import Ambiguous, UserError
from handlers.language.line import read_line
from handlers.registers.errors import RegisterUnsure
from handlers.summaries import reconcile as published
from storage.database.lease import Lease, open_lease, take_lease
from storage.database.store import Store
from storage.database.unit_of_work import UnitOfWork
from storage.errors import StorageError, StoreUnavailable
from storage.exposure.roles import Role
from storage.history import chain
from storage.history.chain import Head
from storage.models import Recipient
from storage.record import records, tallying
from storage.record.demo import is_demo, must_be_demo
from storage.reference.catalog import ReferenceBroken
from storage.reference.catalog import load as load_reference
from storage.rules import recomputing
from storage.rules.files import MOST_BYTES
from storage.search import upkeep
from storage.serialization import decode
from storage.times import SystemClock, zone_data

if TYPE_CHECKING:
    from bot.adapters.console import Console

EXPECTED = (BadSettings, CannotStart, NotWritten, OSError, ReferenceBroken, StorageError, UserError, streams.Unusable)
BEFORE_START = (
    BadSettings, CannotStart, ReferenceBroken, people.NobodyNamed, Ambiguous, RegisterUnsure, streams.Unusable,
)  # fmt: skip


def sentence(error: Exception) -> str:
    """One text for a person: what is wrong and what to do."""
    if isinstance(error, UserError):
        reader = Reader("UTC", "en", SystemClock().now())
        return Renderer().message(error.template, error.facts(), reader).plain()
    if isinstance(error, StoreUnavailable):
        return f"The database cannot be used now: {error}. Nothing was changed; try again."
    if isinstance(error, OSError):
        return f"{error.filename or 'The system'}: {error.strerror or type(error).__name__}."
    return str(error)


def run(_: argparse.Namespace) -> int:
    """Every configured platform; with none, the terminal, with sample data where no database was named."""
    from bot import process  # noqa: PLC0415 - what runs for long

    settings = load()
    prepare(settings)
    if process.is_configured(settings):
        logs.to_stderr()
        return process.run(settings, say=partial(print, flush=True))
    with closing(take_lease(settings.database_url)) as lease:
        if settings.database_url == DEFAULT_DATABASE:
            sample.fill(settings)
        with open_desk(settings) as desk:
            demo = desk.store.read(is_demo).result()
        filled = " with sample data" if demo else ""
        print(f"No chat platform is configured: the desk opens in this terminal, on {settings.database}{filled}.")
        person = sample.SPEAKER if demo else None
        return _converse(settings, argparse.Namespace(person=person, room="", at=None, echo=False), lease)


def demo(chosen: argparse.Namespace) -> int:
    """A demonstration database, made if it is not there yet; then the terminal. Errors: NotDemo for any other."""
    settings = load()
    prepare(settings)
    sample.fill(settings)
    with open_desk(settings) as desk:
        desk.store.read(must_be_demo).result()
    chosen.person, chosen.echo = chosen.person or sample.SPEAKER, False
    with closing(open_lease(settings.database_url)) as lease:  # of several terminals, one ticks
        return _converse(settings, chosen, lease)


def console(chosen: argparse.Namespace) -> int:
    """The desk in this terminal, or a script from a pipe."""
    settings = load()
    prepare(settings)
    return _converse(settings, chosen)


def _converse(settings: Settings, chosen: argparse.Namespace, lease: Lease | None = None) -> int:
    """Talk until the person leaves; at a prompt, what the desk says to them meanwhile is shown.

    lease: for a process that ticks as well, whenever it holds it.
    """
    from bot import process  # noqa: PLC0415 - what runs for long
    from bot.adapters.console import Console, NobodyReads, Speaker  # noqa: PLC0415 - prompts and colours
    from bot.outbound.delivery import PlatformDelivery, Whom  # noqa: PLC0415 - with the process

    with open_desk(settings, at=chosen.at) as desk:
        person = speaker(desk, chosen.person)
        if chosen.at:
            print(f"The clock of this demonstration stands at {chosen.at.isoformat()}.", file=sys.stderr)
        typing = Speaker(person, lambda line: _completions(desk, person, line), chosen.room)
        terminal = Console(desk.dispatch.receive, typing)
        source = streams.standard_input()
        if source.isatty():
            logs.to_file(settings.log_file)
            recipients: list[Whom] = [_recipient(desk, person)]
            if chosen.room:
                recipients.append(partial(_room, chosen.room))
            routes = [
                PlatformDelivery(desk.store, terminal, desk.renderer, only=whom, alone=False) for whom in recipients
            ]
            http = lease is not None and process.names_http(settings)
            serving = process.serve(desk, [terminal], routes, lease=lease, http=http, ending=process.leave_in_time)
            return asyncio.run(serving)
        try:
            return asyncio.run(_read_out(desk, terminal, source, echo=chosen.echo))
        except NobodyReads as closed:
            streams.let_go()
            if closed.left:
                print(f"Nobody reads the answers any more: {closed} not done.", file=sys.stderr)
            return 1 if closed.left else 0
        except UnicodeDecodeError:
            print("The script is not UTF-8 text: what was answered is done, the rest is not.", file=sys.stderr)
            return 1


async def _read_out(desk: Desk, terminal: "Console", source: TextIO, *, echo: bool) -> int:
    """A script, and the files that it brings: each is there when the next line is read. Exit code: of the script."""
    from bot.outbound.fetching import Fetcher  # noqa: PLC0415 - with the process

    return await terminal.converse(source, echo=echo, fetch=Fetcher(desk.store, terminal).fetch_due)


def _recipient(desk: Desk, name: str) -> Recipient:
    """How the outbox names them."""
    return desk.store.read(lambda work: Recipient.person(access.actor(work, access.CONSOLE, name).person.id)).result()


def _room(name: str, work: UnitOfWork) -> Recipient:
    """How the outbox names a room of terminals; nobody, until the desk is asked into it."""
    channel = records.channel(work, access.CONSOLE, name, "")
    return Recipient.channel(channel.id if channel else 0)


def _completions(desk: Desk, person: str, line: str) -> list[tuple[str, str, int]]:
    return desk.dispatch.complete(Inbound("console", "", person, line))


def migrate(_: argparse.Namespace) -> int:
    """Bring the database to this program's schema."""
    prepare(load())
    print("The database is at this program's schema.")
    return 0


def reindex(_: argparse.Namespace) -> int:
    """Make the index of the search anew, in pieces; where it is broken off, the ticks of the desk do the rest.

    Then count the sums of the summaries anew, too.
    """
    from bot.cli import progress  # noqa: PLC0415 - rich, for this word alone

    settings = load()
    prepare(settings)
    with open_desk(settings) as desk:
        with progress.shown(progress.terminal(), "indexing") as tell:
            done = upkeep.rebuild(desk.store, tell)
        with progress.shown(progress.terminal(), "counting by agency") as tell:
            counted = tallying.rebuild(desk.store, tell)
    print(f"The search has its index: {done:,} cases.")
    print(f"The summaries have their sums: {counted:,} requests.")
    return 0


def recompute(_: argparse.Namespace) -> int:
    """Compute the open clocks that were computed with other zone rules than this machine's; says which moved."""
    settings = load()
    prepare(settings)
    moved = 0
    with open_desk(settings) as desk:
        left = desk.store.read(recomputing.of_other_zone_data).result()
        while left:
            for line in desk.store.write(_zones_changed).result():
                print(line)
                moved += 1
            left = desk.store.read(recomputing.of_other_zone_data).result()
    print(f"Every open clock is computed with the zone rules {zone_data()}: {moved:,} moved.")
    return 0


def _zones_changed(work: UnitOfWork) -> list[str]:
    found = recomputing.zones_changed(work)
    return [f"{clock.subject.ref}: {before.isoformat()} -> {after.isoformat()}" for clock, before, after in found]


def tick(chosen: argparse.Namespace) -> int:
    """What would be said by a moment, and why; or, on a demonstration database, that tick itself. Errors: NotDemo."""
    from bot.cli import rehearsal  # noqa: PLC0415 - for this word alone
    from bot.ticking.tick import Ticker  # noqa: PLC0415 - as above

    settings = load()
    if not chosen.dry_run:
        with open_desk(settings, at=chosen.at) as desk, closing(take_lease(settings.database_url)) as lease:
            lease.acquire()
            ticked = Ticker(desk.store, lease).tick()
        print(f"Ticked at {chosen.at.isoformat()}." if ticked.led else f"Another process ticks: {lease.holder}.")
        return 0 if ticked.led and not ticked.failed else 1
    store = Store(settings.database_url, clock=SystemClock(), reference=load_reference())
    try:
        lines = rehearsal.rehearse(store, Renderer(), chosen.at)
    finally:
        store.close()
    print("\n".join(rehearsal.as_text(lines)) or f"Nothing would be said until {chosen.at.isoformat()}.")
    return 0


def verify(chosen: argparse.Namespace) -> int:
    """Walk the audit chain. Exit 1 where it is broken."""
    seal = Head(*chosen.seal) if chosen.seal else None
    with open_desk(load()) as desk:
        verdict = desk.store.read(lambda work: chain.verify(work.session, seal)).result()
    if verdict.bad_n is not None:
        print(f"Line {verdict.bad_n} is the first bad one: {spoken(verdict.why)}.")
        return 1
    print(f"The chain is whole: {verdict.head.n} lines. Seal: {verdict.head.n}:{verdict.head.hash}")
    return 0


def enrol(chosen: argparse.Namespace) -> int:
    """Let a person use the desk."""
    settings = load()
    prepare(settings)
    with open_desk(settings) as desk:
        if chosen.account:
            must_be_real(desk)
        name = desk.store.write(lambda work: _let_in(work, chosen)).result()
    print(f"{name} may use the desk for {chosen.agency.upper()} as {chosen.role}.")
    return 0


def _let_in(work: UnitOfWork, chosen: argparse.Namespace) -> str:
    name = people.enrol_at(work, chosen.name, chosen.agency, Role(chosen.role), chosen.account)
    people.welcome_at(work, name, chosen.agency)
    return name


def commands(chosen: argparse.Namespace) -> int:
    """Every chat command whose words begin like these: who may, where it is handled."""
    wanted = " ".join(chosen.words)
    for spec in CHAT_COMMANDS:
        if spec.words.startswith(wanted):
            who = ", ".join(sorted(spec.needs)) or "anybody linked"
            print(f"{spec.words}\n    {spec.summary}\n    {spec.usage}\n    who: {who}; handled in {spec.source}")
    return 0


def manifest(chosen: argparse.Namespace) -> int:
    """The manifest of the Slack app, made from the commands."""
    from bot.adapters.slack.manifest import Family  # noqa: PLC0415 - Slack's library
    from bot.adapters.slack.manifest import manifest as slack_manifest  # noqa: PLC0415 - as above

    families = [
        Family(word, f"The {word} commands; alone, it lists them", _what_follows(word))
        if word not in CHAT_COMMANDS
        else Family(word, CHAT_COMMANDS[word].summary, _what_follows(word))
        for word in CHAT_COMMANDS.families
    ]
    print(json.dumps(slack_manifest(families, chosen.http, chosen.public), indent=2))
    return 0


def _what_follows(family: str) -> str:
    """Behind the first word of a family: "open | status | list", or the values of its one command."""
    if family in CHAT_COMMANDS:
        return CHAT_COMMANDS[family].usage.removeprefix(family).strip()
    return " | ".join(spec.words.removeprefix(family).strip() for spec in CHAT_COMMANDS.of(family))


def import_(chosen: argparse.Namespace) -> int:
    """Read an old register into the record, or suggest how to read it. Errors: RegisterUnreadable, RegisterUnsure."""
    from bot.cli import registers  # noqa: PLC0415 - what reads registers knows encodings, and draws its report

    if chosen.suggest_mapping:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # it is a file in the making, read back as UTF-8
        print(registers.suggest(chosen.file, chosen.mapping))
        return 0
    settings = load()
    prepare(settings)
    with open_desk(settings) as desk:
        return registers.run(
            desk,
            chosen.file,
            chosen.person or speaker(desk, None),
            mapping=chosen.mapping,
            dry_run=chosen.dry_run,
            report=chosen.report,
            strict=chosen.strict,
            yes=chosen.yes,
        )


def calendar(chosen: argparse.Namespace) -> int:
    """Take the days off of a calendar file into a calendar. Errors: BadValue, KeptElsewhere."""

    def job(work: UnitOfWork, person: str, content: bytes) -> Notice:
        return calendars.import_at(work, person, chosen.calendar, chosen.file.name, content)

    return _of_file(chosen, job, most_bytes=calendar_file.MOST_BYTES, reads=False)


def reconcile(chosen: argparse.Namespace) -> int:
    """Our register beside a published file, as this person sees it. Errors: those of `summary reconcile`."""
    line = read_line(" ".join(["summary reconcile", *chosen.values]), CHAT_COMMANDS)

    def job(work: UnitOfWork, person: str, content: bytes) -> Notice:
        return published.compare_at(work, person, chosen.file.name, content, line)

    return _of_file(chosen, job, most_bytes=MOST_BYTES, reads=True)


def _of_file(
    chosen: argparse.Namespace, job: Callable[[UnitOfWork, str, bytes], Notice], *, most_bytes: int, reads: bool
) -> int:
    """Do something with a file, in the name of whoever types, and print what is said of it."""
    settings = load()
    prepare(settings)
    with chosen.file.open("rb") as file:
        content = file.read(most_bytes + 1)
    with open_desk(settings) as desk:
        person = chosen.person or speaker(desk, None)
        run = desk.store.read if reads else desk.store.write
        done = run(lambda work: job(work, person, content)).result()
    reader = Reader("UTC", "en", SystemClock().now())
    facts: Any = decode(showing.facts(done))
    print(Renderer().message(done.template, facts, reader).plain())
    return 0


def export(chosen: argparse.Namespace) -> int:
    """The requests of an agency as a file in the current folder, for this person's eyes. Exit 1 where it is refused."""
    from bot.adapters.console import Console, Speaker  # noqa: PLC0415 - prompts and colours

    settings = load()
    prepare(settings)
    with open_desk(settings) as desk:
        typing = Speaker(speaker(desk, chosen.person), lambda _: ())
        terminal = Console(desk.dispatch.receive, typing)
        answer = asyncio.run(terminal.say(" ".join(["summary export", *chosen.values])))
    return 1 if answer.refused or answer.failed else 0


COMMANDS: dict[str, Callable[[argparse.Namespace], int]] = {
    "run": run,
    "demo": demo,
    "console": console,
    "migrate": migrate,
    "recompute": recompute,
    "reindex": reindex,
    "tick": tick,
    "verify": verify,
    "enrol": enrol,
    "commands": commands,
    "manifest": manifest,
    "import": import_,
    "export": export,
    "calendar": calendar,
    "reconcile": reconcile,
}
