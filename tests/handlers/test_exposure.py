"""What a notice holds decides who reads it: every class says so, and every field stands here first.

The matrix below is the promise, written by hand. Who each audience is, and why, is in `handlers/exposure.py`.
"""

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from pathlib import Path

import pytest

import handlers
from handlers import exposure
from handlers.exposure import (
    EVERYBODY,
    Audience,
    Exchanged,
    Facts,
    Holds,
    Indoors,
    Ours,
    PartOfRecord,
    PersonalFacts,
    PublicFacts,
    RecordFacts,
    TwoSided,
    slots,
)
from handlers.kit.notices import NOTICES, Notice, PersonalNotice, PublicNotice, RecordNotice
from handlers.kit.permissions import MOVES_OF_A_PARTY, Act
from handlers.language.errors import UserError
from storage.exposure.labels import Label
from storage.exposure.sight import Seen

BASES = {Notice, RecordNotice, PublicNotice, PersonalNotice, TwoSided, UserError}
AUDIENCES = {
    "all": EVERYBODY,
    "exchanged": {Audience.OWN, Audience.PARTY},
    "indoors": {Audience.OWN, Audience.ROOM},
    "ours": {Audience.OWN},
}

# Every class of facts of a record: its fields, by who reads them. `all`: our own people, the party on the other side, a
# room; `exchanged`: not a room; `indoors`: not the party; `ours`: our own people, in private.
MATRIX = """
FileKept: all case_ref file
FileRefused: all case_ref file most_bytes accepted
FileGiven: all case_ref file
FileList: all ref title label files total next_line back_line
FilesAttached: all ref case_ref title label; indoors by; ours files
AttachmentLine: all ref label size_bytes state fault digest at request; indoors by; ours name link

DeadlineMoved: all ref title label before after calendar day name days
CalendarImported: all calendar file holidays added known left_out by moved
HolidayChanged: all calendar day name working removed by moved
MovedLine: all ref label before after

CaseOpened: all ref title label; indoors category by lead
NumberUsedAgain: all ref title label; indoors by; ours own again
CaseStatus: all case details
CaseCard: all ref title label agency opened_at closed_at part_of parts requests;
  indoors category own_reference lead opened_by shared_with preservations watched_by watching; ours notes files
CaseList: all asked cases total next_line back_line behind
CaseLink: all ref title label
CaseMerged: all ref title label into; indoors by; ours because
CaseLine: all ref title label closed merged opened_at waiting overdue; indoors category lead
CaseAssigned: all ref title label; indoors lead by
CaseShared: all ref title label; indoors shared_with by
CasesShown: all of to count cases more changed
OldOnes: all count with_whom others first_day last_day requests
OldShown: all old before counterpart because more changed asked_by until
OldCloseAsked: all old number because by asked until
CaseNoted: all ref title label; indoors by; ours text
CaseClosed: all ref title label; indoors by; ours because
CaseReopened: all ref title label left; indoors by preservations lapsed; ours because
CaseWatched: all ref title label ended
NoteLine: all at; indoors by; ours text

RequestChecked: all ref label recipient instrument missing warned expected_days expected_from expected_hours
  expected_late expected_unreached why;
  ours warnings remarks route checked_line
RouteSoFar: all label asked came refused reason not_held open
Finding: all code facts source caution ref label
RequestFiled: all ref title label recipient instrument emergency;
  indoors portal by expected_days expected_from expected_hours expected_late expected_unreached approvers;
  ours warnings despite remarks nameable
ApprovalAsked: all ref title label recipient acts; exchanged reason; indoors by
RequestReceived: all across ref title label sender sender_name instrument emergency clock; indoors by
RequestStatus: all ref label request next_words details; indoors approvers; ours nameable
RequestCard: all line sender sender_name recipient recipient_name recipient_zone instrument_name paper data parts counts
  outcomes refusals changed_at acts; exchanged basis reason accounts fields question their_reference;
  indoors lead case_ref parent children filed_by filed_at changed_by cautions preservations; ours despite files
RequestList: all status counterpart direction mine requests total next_line back_line
RequestLine: all across ref title label direction counterpart instrument status emergency sent_on clock;
  indoors waits on_it
ClockLine: all kind state due_on due_at days hours paused_on zone since later; indoors origin caution snooze follow_up
LaterDay: all on rule off
Snooze: all until; indoors by; ours reason
OnIt: all until; indoors by
RequestMoved: all across ref title label word direction counterpart on clock ours acts undo; exchanged text;
  indoors by; ours remark
RequestAsked: all across ref title label direction counterpart instrument emergency on data clock;
  exchanged accounts reason
RequestRefused: all across ref title label direction counterpart on reasons acts undo; exchanged text; indoors by
Reason: all code label; ours next_step caution
AccountsAnswered: all across ref title label direction counterpart on outcome counts reasons ended clock acts undo;
  exchanged accounts text; indoors by; ours remark
OutcomeCount: all outcome count
AccountLine: all number outcome on answer reasons; exchanged account
PartProduced: all across ref title label direction counterpart on produced waiting clock acts undo; indoors by
RequestTransferred: all across ref title label direction counterpart on acts; indoors by to child
EmergencyActs: all exchanged; indoors prepared
ActLine: all act on at; indoors by
MoveUndone: all across ref title label word direction counterpart status clock ours; exchanged text; indoors by;
  ours remark
RequestCorrected: all across ref title label direction counterpart days clock ours; exchanged texts; indoors by
CaseCorrected: all ref title label; indoors by changes; ours because read_by
PreservationUndone: all ref title label word preservation; indoors by; ours because

RequestWhy: all across ref title label direction status clocks details; indoors ours
OwnClockWhy: all clock since amount unit source
ClockWhy: all clock instrument instrument_name legal_basis counted_from amount unit calendar zone steps stands_on due_at
  very_at ended source day_rule ordinary awaits_service day_off_rule
OrdinaryTime: all amount unit origin; indoors caution
StepLine: all kind day_from day_to count unit weekends skipped; ours reason
RequestExtended: all across ref title label counterpart before before_at clock; indoors by; ours reason
OverdueList: all which counterpart requests kept total old next_line back_line usual

Nudge: all across ref title label direction counterpart status emergency sent_on clock rung round
  meant_for; exchanged asked their_reference; indoors lead on_it usual
NudgeHold: all ref case_ref title label preservation last kind clock until rung meant_for; indoors needing
WaitsForUs: all ref title label kind direction counterpart emergency since clock meant_for not_theirs;
  indoors by on_it; ours steps
Digest: all number lines pages total more morning late old
OldWaiting: all old
OldRows: all label overdue oldest refused
DigestList: all lines first total before_line next_line
DigestLine: all across ref title label kind direction counterpart owes emergency clock; indoors on_it
DigestPage: all label counterpart count oldest usual
ReminderQuieted: all ref title label before; indoors on_it
NothingFurther: all ref title label; indoors by; ours because
ReminderSnoozed: all ref title label until; indoors by; ours reason
ClockStuck: all clock_id ref label
DeadLine: all number what to ref label why since
AnswerUnsaid: all words at done family ref label
DeliveryFailed: all what name family ref label why deadline platform remedy

History: all ref title label lines total whole_line next_line back_line
HistoryLine: all at act ref; indoors by via; ours account changes text
AuditedRecord: all ref label

PreservationChanged: all ref word title label preservation outlived last until; indoors by; ours because
PreservationReceived: all ref title label preservation; indoors by
PreservationStatus: all ref case_ref title label preservation instrument_name legal_basis notes source last next_words
  until details; ours proof
PreservationList: all asked preservations total next_line back_line
PreservationLine: all ref label provider instrument asked_on confirmed_on expires_on days renewals renewals_left zone
  closed_at state asker emergency answer_by frees issued_on released_on informed_on;
  indoors requests caution production; ours accounts question

SummaryRoutes: all label agency counterpart data category routes untried capped looked_at others_too
  total explain_line next_line back_line elsewhere
RouteLine: all recipient instrument channel emergency offered asked produced partly refused reason not_held open
  withdrawn percent half most few everyone
UntriedRoute: all recipient instruments
SummaryReciprocity: all label agency counterpart ours theirs looked_at elsewhere
Direction: all asked answered open asked_back old half few longest capped
LongestOpen: all line days
ReciprocityList: all label agency balances total looked_at next_line back_line
BalanceLine: all counterpart owed_to_us we_owe asked answered asked_us we_answered capped
SummaryPeriod: all label agency kind first ago so_far known otherwise late late_others late_total steps figures
  by_account waiting over_a_year oldest waits old lapsing owed owed_late elsewhere
OtherwiseKnown: all counted count
FigureExplained: all label agency figure summary timed kind first ago so_far known year zone ceiling counterpart
  instrument of because data category looked_at count lines summary_line next_line back_line
ExplainedLine: all ref title label direction counterpart across status day days ended; ours account
CounterpartSummary: all label agency counterpart whole asked_about accounts curve classes instruments reasons deficient
  overdue old elsewhere
CounterpartList: all label agency lines total next_line back_line
AnswersLine: all of sent few came half half_from half_until most
CameCount: all came count share
ReasonCount: all reason count
WaitingPoint: all days share low high at_risk
LateCount: all counterpart count
StepCount: all step count
WaitCount: all kind count late
Figure: all counted this before
OldLine: all line days step
PeriodsDrawn: all label name agency on kind periods so_far old
PeriodCount: all first opened answered overdue
SurvivalDrawn: all label name agency on ticks curves few left_out
AnsweringCurve: all counterpart count answered half ninety at_risk steps
WaitingStep: all days waiting low high
AgeingDrawn: all label name agency on ages rows others others_count old
WaitsWith: all counterpart count over
ReciprocityDrawn: all label name agency on rows left_out
BothWays: all counterpart ours theirs
DirectionCount: all asked answered half oldest
Reconciled: all label agency country counterpart file cannot in_file in_file_total periods total uncovered begins
  no_period other unread unread_total columns sheets next_line back_line
PeriodCompared: all period figures answered share_low share_high no_share repeated
ComparedFigure: all heading ours low high verdict most
UnreadCell: all sheet line heading value
Obligations: all label agency year so_far bound report_by orders kept grounds transmitted received enforced gaps
OrderFigures: all issued emergency fulfilled in_part refused not_held waiting left by_data by_addressee others days
  dated
NamedCount: all name count
NotRecorded: all letter gap
CalendarGiven: all label name agency mine due over until
TableGiven: all label name table agency rows filters size_bytes digest seal
"""


def every_class() -> list[type[Facts]]:
    """Every class of facts in the house, and whatever else stands in one."""
    for module in pkgutil.walk_packages(handlers.__path__, "handlers."):
        importlib.import_module(module.name)
    found = {kind for kind in _below(Facts) if is_dataclass(kind) and kind.__module__.startswith("handlers.")}
    return sorted(found - BASES, key=lambda kind: kind.__name__)


def _below(kind: type) -> Iterator[type]:
    for below in kind.__subclasses__():
        yield below
        yield from _below(below)


CLASSES = every_class()
SAID = {*NOTICES.values(), *(kind for kind in CLASSES if issubclass(kind, UserError))}


def inside(kind: type[Facts]) -> Iterator[type[Facts]]:
    """A class and all that stands in it."""
    yield kind
    for slot in slots(kind):
        if slot.inside is not None:
            yield from inside(slot.inside)


def names(kind: type[Facts]) -> set[str]:
    return {slot.name for slot in slots(kind)}


def is_marked(kind: type[Facts]) -> bool:
    return any(slot.audiences != EVERYBODY for slot in slots(kind))


def parts(kind: type[Facts]) -> Iterator[type[Facts]]:
    """The pieces in a class that are read as it is read itself."""
    for slot in slots(kind):
        if slot.inside is not None and slot.inside.holds is Holds.PART:
            yield slot.inside
            yield from parts(slot.inside)


def faults(kind: type[Facts]) -> list[str]:
    """What is wrong with how a class says what it holds."""
    if getattr(kind, "holds", None) is None:
        return ["does not say what it holds"]
    try:
        held = list(inside(kind))
    except TypeError as error:
        return [str(error)]
    return _of_a_record(kind, held) if kind.holds is Holds.RECORD else _of_none(kind, held)


def _of_a_record(kind: type[Facts], held: list[type[Facts]]) -> list[str]:
    found = []
    if not any("label" in names(one) for one in held if one.holds is Holds.RECORD):
        found.append("is of a record and has no label")
    if any(map(is_marked, (kind, *parts(kind)))) and not {"ref", "label"} <= names(kind):
        found.append("has marks, itself or in a part, and no ref and label to read them by")
    return found


def _of_none(kind: type[Facts], held: list[type[Facts]]) -> list[str]:
    if kind.holds is Holds.PART:
        return []
    found = []
    if is_marked(kind) or any(parts(kind)):  # those in the view of a record are of that
        found.append("has marks or a part of a record, and is of none")
    if not issubclass(kind, UserError) and any(re.fullmatch(r"(.+_)?refs?", name) for name in names(kind)):
        found.append("has a reference, and is of no record")  # an error has those that the turn has fetched
    if kind.holds is Holds.PUBLIC and any(one.holds is not Holds.PUBLIC for one in held):
        found.append("is public, and holds what is not")
    return found


# ---- every class says what it holds ----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_class_of_facts_says_what_it_holds(kind):
    assert faults(kind) == []


def test_nothing_is_said_that_is_not_among_them():
    assert {one for kind in SAID for one in inside(kind)} <= set(CLASSES)
    assert {kind for kind in CLASSES if issubclass(kind, Notice)} == set(NOTICES.values())


@dataclass(frozen=True)
class Nothing:
    ref: str


@dataclass(frozen=True)
class Silent(Facts):
    ref: str


@dataclass(frozen=True)
class Piece(PartOfRecord):
    by: Indoors[str]


@dataclass(frozen=True)
class Whole(RecordFacts):
    ref: str
    label: str
    remark: Ours[str]
    text: Exchanged[str]
    piece: Piece | None


@dataclass(frozen=True)
class HoldsNothing(RecordFacts):
    ref: str
    label: str
    one: Nothing


@dataclass(frozen=True)
class NoLabel(RecordFacts):
    ref: str


@dataclass(frozen=True)
class MarkedMany(RecordFacts):
    label: str
    lines: Ours[tuple[Whole, ...]]


@dataclass(frozen=True)
class PieceOfMany(RecordFacts):
    label: str
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class PublicOfRecord(PublicFacts):
    lines: tuple[Whole, ...]


@dataclass(frozen=True)
class PublicPiece(PublicFacts):
    pieces: tuple[Piece, ...]


@dataclass(frozen=True)
class PersonalRef(PersonalFacts):
    case_ref: str


@pytest.mark.parametrize(
    "kind", [Silent, HoldsNothing, NoLabel, MarkedMany, PieceOfMany, PublicOfRecord, PublicPiece, PersonalRef]
)
def test_a_class_that_does_not_is_found(kind):
    assert faults(kind) != []


# ---- the matrix ------------------------------------------------------------------------------------------------------


def matrix() -> Mapping[str, dict[str, set[str]]]:
    """{class: {audience: fields}} of the table."""
    lines = re.sub(r"\n  ", " ", MATRIX).split("\n")
    found = {}
    for name, _, rest in (line.partition(": ") for line in lines if line):
        told = (part.split() for part in rest.split(";"))
        found[name] = {audience: set(fields) for audience, *fields in told}
    return found


def test_every_field_of_a_record_is_read_by_whom_the_matrix_says():
    kept = {}
    for kind in CLASSES:
        if kind.holds in (Holds.RECORD, Holds.PART):
            by = {name: {slot.name for slot in slots(kind) if slot.audiences == who} for name, who in AUDIENCES.items()}
            kept[kind.__name__] = {name: fields for name, fields in by.items() if fields}

    assert kept == matrix()


# ---- to one reader ---------------------------------------------------------------------------------------------------

WHOLE = {"ref": "CCW-2026-0001/1", "label": "TLP:AMBER", "remark": "we think", "text": "they wrote"}
WHOLE |= {"piece": {"by": "Night Officer"}}
OWN = Seen(Label.AMBER, own=True)
PARTY = Seen(Label.AMBER, own=False, across="PK-FIA-CCW")
BOTH = ("outgoing", "incoming")


@dataclass(frozen=True)
class Turned(TwoSided):
    ref: str
    label: str
    direction: str
    counterpart: str


@dataclass(frozen=True)
class Listed(RecordFacts):
    lines: tuple[Whole, ...]
    first: Whole | None


@dataclass(frozen=True)
class Stands(RecordFacts):
    line: Whole
    days: int


def fitted(kind: type[Facts], facts: dict[str, object], seen: Seen | None, *, room: bool = False):
    return exposure.fit(kind, facts, lambda _ref, _label: seen, room=room)


@pytest.mark.parametrize(
    ("seen", "room", "remark", "text", "by"),
    [
        (OWN, False, "we think", "they wrote", "Night Officer"),
        (OWN, True, "", "", "Night Officer"),
        (PARTY, False, "", "they wrote", ""),
        (PARTY, True, "", "", ""),
        (Seen(Label.AMBER, own=False), False, "", "they wrote", ""),  # a liaison of the own agency
    ],
    ids=["own", "own room", "party", "party's room", "own liaison"],
)
def test_what_is_not_for_a_reader_is_empty(seen, room, remark, text, by):
    left = fitted(Whole, WHOLE, seen, room=room)

    assert (left["remark"], left["text"], left["piece"]["by"]) == (remark, text, by)
    assert WHOLE["remark"] == "we think"  # what is kept stays whole


def test_nothing_is_left_of_a_record_that_is_not_seen():
    assert fitted(Whole, WHOLE, None) is None


def test_views_of_records_that_are_not_seen_are_taken_out_of_lists():
    other = WHOLE | {"ref": "CCW-2026-0002/1", "label": "TLP:RED"}
    left = exposure.fit(
        Listed,
        {"lines": [WHOLE, other], "first": None},
        lambda ref, _label: OWN if ref == WHOLE["ref"] else None,
        room=False,
    )

    assert [line["ref"] for line in left["lines"]] == [WHOLE["ref"]]


def test_what_cannot_stand_without_a_view_goes_with_it():
    assert fitted(Stands, {"line": WHOLE, "days": 3}, None) is None


def test_the_label_is_that_of_now():
    seen = Seen(Label.RED, own=True)

    assert fitted(Whole, WHOLE, seen)["label"] == "TLP:RED"
    assert exposure.of_facts(Whole, fitted(Whole, WHOLE, seen)).label is Label.RED


def test_each_view_of_a_list_is_read_by_how_its_own_record_is_seen():
    other = WHOLE | {"ref": "CCW-2026-0002/1"}
    left = exposure.fit(
        Listed,
        {"lines": [WHOLE, other], "first": None},
        lambda ref, _label: OWN if ref == WHOLE["ref"] else PARTY,
        room=False,
    )

    assert [line["remark"] for line in left["lines"]] == ["we think", ""]


@pytest.mark.parametrize(("direction", "turned"), [BOTH, BOTH[::-1]])
def test_the_other_side_reads_it_from_its_own(direction, turned):
    facts = {"ref": "CCW-2026-0001/1", "label": "TLP:AMBER", "direction": direction, "counterpart": "US-DOJ-OIA"}
    theirs, ours = fitted(Turned, facts, PARTY), fitted(Turned, facts, OWN)

    assert (theirs["direction"], theirs["counterpart"], theirs["across"]) == (turned, "PK-FIA-CCW", "PK-FIA-CCW")
    assert (ours["direction"], ours["counterpart"], ours["across"]) == (direction, "US-DOJ-OIA", "")


def test_what_an_earlier_program_did_not_keep_is_empty():
    facts = {"ref": "CCW-2026-0001/1", "label": "TLP:AMBER", "counterpart": "US-DOJ-OIA"}

    assert fitted(Whole, facts, OWN) == {"remark": "", "text": "", "piece": None} | {
        name: facts[name] for name in ("ref", "label")
    } | {"counterpart": "US-DOJ-OIA"}
    assert fitted(Turned, facts, PARTY)["direction"] == "incoming"  # until then, what had none was asked by us


# ---- acts ------------------------------------------------------------------------------------------------------------


def test_the_buttons_of_the_other_side_are_the_acts_that_are_theirs():
    source = (Path(__file__).parents[2] / "templates/messages/_base/words.md.j2").read_text(encoding="utf-8")
    theirs = ast.literal_eval(re.search(r"set THEIRS = (\{.*?\})", source, re.DOTALL)[1])

    for direction, act in (("incoming", Act.ANSWER), ("outgoing", Act.ASK)):
        assert set(theirs[direction]) == {word for word, for_ in MOVES_OF_A_PARTY.items() if for_ is act}
