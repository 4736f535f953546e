"""Reconciliation: our register beside what a provider or a public body has published of requests from our country.

In: a turn, and a published table that came with the message or shortly before. Out: one notice; nothing changes.
What is published are bounds, never equals: one row covers all agencies of a country, editions are revised, and small
numbers are coded. So what is said of ours is the most that it can be of theirs, or that nothing can be said, and why.
The periods are those that both cover: theirs from the file, ours from the day of our first request up to today.
Whatever of the file could not be read is said, by its line.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from math import ceil
from typing import Annotated, Any

from handlers.exposure import PartOfRecord
from handlers.kit import access
from handlers.kit.errors import BadFile, Conflict, NoFile
from handlers.kit.notices import RecordNotice
from handlers.kit.paging import Page, Pages
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.grammar import quoted
from handlers.language.line import Line, parse
from handlers.language.values import AuthorityCode, Text
from handlers.publications import periods
from handlers.publications.bounds import WHOLE, Bounds
from handlers.publications.figures import Figures
from handlers.publications.periods import PublishedPeriod
from handlers.publications.reading import Publication, read
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.models import Attachment
from storage.record import attachments, spans
from storage.record.spans import AskedSpan
from storage.reference.words import PublishedWords
from storage.rules.files import ACCEPTED, MOST_BYTES, content_fault
from storage.spelling import fold

commands = Commands()

READERS = (Role.MANAGER, Role.OFFICER)
A_PAGE = 6  # periods, of up to four lines each
FEW = 5  # of fewer there is no percentage
NAMED = 5  # cells, columns, sheets or countries that are named
NO_DATA = ("preservation", "takedown")  # groups of instruments that ask for no data


@dataclass(frozen=True)
class ComparedFigure(PartOfRecord):
    """One figure of ours beside theirs, which lies between `low` and `high`; None: nobody says how many at most.

    heading: what is counted: "requests", "accounts", "emergency", "preservation".
    verdict: "share" (ours are at most `most` percent of theirs), "all" (they may be all of them), "few" (theirs are
    too few for a percentage), "none" (we hold none), "more" (than they can have counted), "unknown" (theirs may be
    none), "absent" (they publish no such figure).
    """

    heading: str
    ours: int
    low: int
    high: int | None
    verdict: str
    most: int


@dataclass(frozen=True)
class PeriodCompared(PartOfRecord):
    """One period. answered: of our requests, those with some data. share_low, share_high: theirs, in percent.

    no_share: they publish none, or of too few. repeated: their rows may be parts of a whole, or editions.
    """

    period: str
    figures: tuple[ComparedFigure, ...]
    answered: int
    share_low: int
    share_high: int
    no_share: bool
    repeated: bool


@dataclass(frozen=True)
class UnreadCell(PartOfRecord):
    """A cell that could not be read. sheet: of a workbook; heading: the code of its column."""

    sheet: str
    line: int
    heading: str
    value: str


@dataclass(frozen=True)
class Reconciled(RecordNotice):
    """Our register beside a published file, the newest period first.

    cannot: why nothing can be compared: "no_country_column", "no_country", "no_period", "other_period", "no_figures",
    "uncovered"; empty where something can. in_file: the periods, or countries, that the file has instead.
    uncovered: periods of theirs that our register does not cover; begins: the day of its first request.
    no_period: rows whose period nobody says; other: rows of something else than data. columns, sheets: what is not
    read at all.
    """

    label: str
    agency: str
    country: str
    counterpart: str
    file: str
    cannot: str
    in_file: tuple[str, ...]
    in_file_total: int
    periods: tuple[PeriodCompared, ...]
    total: int
    uncovered: tuple[str, ...]
    begins: date | None
    no_period: int
    other: int
    unread: tuple[UnreadCell, ...]
    unread_total: int
    columns: tuple[str, ...]
    sheets: tuple[str, ...]
    next_line: str
    back_line: str


@commands.add("summary reconcile", needs=READERS, reads=True, example="summary reconcile counterpart:PROV-META")
def reconcile(
    turn: Turn,
    file: Annotated[str, Text(max=120)] | None = None,
    *,
    counterpart: AuthorityCode,
    period: Annotated[str, Text(max=40)] | None = None,
    agency: AuthorityCode | None = None,
    page: Page = 1,
) -> Reply:
    """Our register beside a provider's published figures: the file that you send with this line, or sent last.

    A .csv, .tsv or .xlsx with a row for each country; it is read for the country of your agency.

    file: its name, where you sent several.
    counterpart: who published it.
    period: 2017H1, where the file does not say it; or the only one of the file that you want.
    agency: which of your agencies, if you belong to several.
    page: six periods a page.
    """
    row = _file(turn, file, counterpart, period)
    if row.state == "refused":
        raise _bad(row.name, row.fault, row.size_bytes)
    if row.file is None:
        raise Conflict("figures_wait", file=row.name, compare_line=turn.line)
    return Reply(
        _compare(turn, row.name, row.file.content, counterpart=counterpart, period=period, agency=agency, page=page)
    )


def compare_at(work: UnitOfWork, person: str, name: str, content: bytes, line: Line) -> Reconciled:
    """The same of a file at the command line; `line` is the command. Errors: its own, and of whoever types there."""
    if fault := content_fault(name, content):
        raise _bad(name, fault, len(content))
    turn = Turn(work, access.actor(work, access.CONSOLE, person), line=line.text)
    access.may_use(turn, line.spec)
    given: dict[str, Any] = {**parse(line, turn).arguments}
    given.pop("file", None)  # the one at hand is meant
    return _compare(turn, name, content, **given)


def _compare(
    turn: Turn,
    name: str,
    content: bytes,
    *,
    counterpart: str,
    period: str | None = None,
    agency: str | None = None,
    page: int = 1,
) -> Reconciled:
    """Errors: RegisterUnreadable, BadValue, NotFound."""
    scope, them = access.scope(turn, agency, READERS), access.authority(turn, counterpart)
    said = _period(period)
    words = turn.reference.published_words
    published = read(name, content, scope.agency.country, words, said)
    first = spans.first_day(turn.work, scope)
    covered = [one for one in published.found if first and first <= one.last < turn.today]
    uncovered = [one for one in published.found if one not in covered]
    named = {"counterpart": counterpart, "period": period, "agency": agency}
    typed = [f"{key}:{quoted(value)}" for key, value in named.items() if value]
    pages = Pages(" ".join([f"summary reconcile {quoted(name)}", *typed]), page, A_PAGE).within(len(covered))
    shown = pages.of(covered)
    others = [row.code for row in turn.reference.instruments.values() if row.group in NO_DATA]
    days, holds = [(one.first, one.last) for one in shown], any(published.found[one].preservation for one in shown)
    ours = spans.spans(turn.work, scope, them, days, others, holds=holds)
    cannot = _why_not(published, said, covered)
    in_file = _in_file(published, words, cannot)
    return Reconciled(
        label=access.label_of_figures(turn, scope),
        agency=scope.agency.code,
        country=_called(words, scope.agency.country),
        counterpart=them.code,
        file=name,
        cannot=cannot,
        in_file=tuple(in_file[:NAMED]),
        in_file_total=len(in_file),
        periods=tuple(_compared(one, published.found[one], span) for one, span in zip(shown, ours, strict=True)),
        total=len(covered),
        uncovered=tuple(one.name for one in uncovered),
        begins=first,
        no_period=published.no_period,
        other=published.other,
        unread=tuple(UnreadCell(one.sheet, one.line, one.what, one.value) for one in published.unread[:NAMED]),
        unread_total=len(published.unread),
        columns=published.columns[:NAMED],
        sheets=published.sheets[:NAMED],
        next_line=pages.next_line(len(covered)),
        back_line=pages.back_line,
    )


def _bad(name: str, fault: str, size_bytes: int) -> BadFile:
    return BadFile(name, fault, size_bytes, MOST_BYTES, ACCEPTED)


def _file(turn: Turn, typed: str | None, counterpart: str, period: str | None) -> Attachment:
    """The file that came with the message, else the newest that was sent without a case; the one of a name, if typed.

    Errors: NoFile; BadValue for a name that none has; Conflict where several came at once and none is named.
    """
    files = turn.files or attachments.loose(turn.work, turn.actor.person)
    if not files:
        raise NoFile
    names = [row.name for row in files]
    if typed is not None:
        meant = [row for row in files if fold(typed) in fold(row.name)]
        if not meant:
            accepted = clause("file_sent", names=list(dict.fromkeys(names))[-NAMED:])
            raise BadValue("file", typed, clause("no_such_file"), accepted, names[-1])
        return meant[-1]
    if len(turn.files) > 1:
        raise Conflict("several_figures", names=names[:NAMED], counterpart=counterpart, period=period or "")
    return files[-1]


def _period(typed: str | None) -> PublishedPeriod | None:
    """Errors: BadValue."""
    if typed is None:
        return None
    found = periods.of_text(typed)
    if found is None:
        raise BadValue("period", typed, clause("no_period"), clause("a_period"), "2017H1")
    return found


def _why_not(published: Publication, said: PublishedPeriod | None, covered: list[PublishedPeriod]) -> str:
    """Why nothing can be compared; empty where something can."""
    if not published.has_country:
        return "no_country_column"
    if not published.rows:
        return "no_country"
    if not published.periods:
        return "no_period" if published.no_period else "no_figures"
    if not published.found:
        return "other_period" if said else "no_figures"
    return "" if covered else "uncovered"


def _called(words: PublishedWords, country: str) -> str:
    """Its first name, or its code where it has none."""
    return next(iter(words.countries.get(country, ())), country)


def _in_file(published: Publication, words: PublishedWords, cannot: str) -> list[str]:
    if cannot == "no_country":
        return sorted(_called(words, country) for country in published.countries)
    return [one.name for one in sorted(published.periods, reverse=True)] if cannot == "other_period" else []


def _compared(period: PublishedPeriod, theirs: Figures, ours: AskedSpan) -> PeriodCompared:
    share, requests = theirs.share, theirs.requests
    is_of_few = requests is not None and requests.high is not None and requests.high < FEW
    return PeriodCompared(
        period=period.name,
        figures=tuple(_figures(theirs, ours)),
        answered=ours.answered,
        share_low=round(share.low) if share else 0,
        share_high=round(share.high) if share else 0,
        no_share=share is None or is_of_few,
        repeated=theirs.repeated,
    )


def _figures(theirs: Figures, ours: AskedSpan) -> Iterable[ComparedFigure]:
    """Requests and accounts always; emergencies and holds where both publish, or hold, any."""
    yield _figure("requests", ours.requests, theirs.requests)
    yield _figure("accounts", ours.accounts, theirs.accounts)
    if theirs.emergency is not None:
        yield _figure("emergency", ours.emergency, theirs.emergency)
    if theirs.preservation is not None:
        yield _figure("preservation", ours.kept, theirs.preservation)


def _figure(heading: str, ours: int, theirs: Bounds | None) -> ComparedFigure:
    if theirs is None:
        return ComparedFigure(heading, ours, 0, None, "absent", 0)
    verdict, most = _verdict(ours, theirs)
    return ComparedFigure(heading, ours, theirs.low, theirs.high, verdict, most)


def _verdict(ours: int, theirs: Bounds) -> tuple[str, int]:
    """What can be said, and the most percent that ours can be of theirs: of the least that theirs may be."""
    if theirs.high is not None and ours > theirs.high:
        return "more", 0
    if not ours:
        return "none", 0
    if not theirs.low:
        return "unknown", 0
    if theirs.low < FEW:
        return "few", 0
    most = ceil(WHOLE * ours / theirs.low)
    return ("share", most) if most < WHOLE else ("all", 100)
