"""Putting right what a case is called, its kind, its label, its number.

In: a turn, a case, and the right values. Out: the case as it should have been; history keeps what was believed before.
Those who were told of it are told.
A label may be raised by anybody who works on the case; lowering it lets others read, so a manager does it and says why.
"""

from dataclasses import dataclass
from typing import Annotated

from handlers.exposure import Indoors, Ours
from handlers.kit import access, own_number
from handlers.kit.errors import Conflict, NotAllowed
from handlers.kit.facts import put_right
from handlers.kit.notices import PersonalNotice, RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import clause
from handlers.language.values import CaseRef, CategoryCode, LabelValue, Text
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.messages import cards, recipients, shown, succession
from storage.models import Case, Recipient

commands = Commands()

WORKERS = (Role.OFFICER, Role.MANAGER)


@dataclass(frozen=True)
class CaseCorrected(RecordNotice):
    """Something of a case was wrong on record. `changes`: (what, before, now).

    `read_by`: where the label was raised, the people and rooms that have read of it under the one before.
    """

    ref: str
    title: str
    label: str
    by: Indoors[str]
    changes: Indoors[tuple[tuple[str, str, str], ...]]
    because: Ours[str]
    read_by: Ours[tuple[str, ...]]


@dataclass(frozen=True)
class OutOfSight(PersonalNotice):
    """To whoever made a case one for named people and is none of them. `people`: names of those who are."""

    people: tuple[str, ...]


@commands.add("case correct", needs=WORKERS, example='case correct 42 title:"Fake pages of a ministry"')
def correct_case(
    turn: Turn,
    ref: CaseRef,
    *,
    title: Annotated[str, Text(max=300)] = "",
    category: CategoryCode | None = None,
    label: LabelValue | None = None,
    own: Annotated[str, Text(max=100)] = "",
    because: Annotated[str, Text(max=1000)] = "",
) -> Reply:
    """Put right what a case is called, its kind, its label, its number.

    ref: the case.
    title: what it is about, in a few words.
    category: kind of complaint.
    label: TLP label; anybody who works on it may raise it, a manager lowers it and says why.
    own: your agency's file or diary number.
    because: why; needed to lower the label.
    """
    case = access.case(turn, ref, Act.WORK)
    before = Label(case.label)
    facts = {"title": case.title, "category": case.category, "label": case.label, "own": case.own_reference or ""}
    given = {"title": title, "category": category or "", "label": label or "", "own": own}
    wrong = {name: facts[name] for name, value in given.items() if value and value != facts[name]}
    if not wrong:
        raise Conflict("nothing_to_correct", ref=case.ref)
    if "own" in wrong:
        hidden = own_number.under_the_same_number(turn, own, besides=case)
        own_number.tell_the_others(turn, hidden, own, case.ref)
        case.own_reference = own
    case.title, case.category = title or case.title, category or case.category
    if label and "label" in wrong:
        _relabel(turn, case, label, because)
    now: dict[str, str] = {name: given[name] for name in wrong}
    spoken = {"title", "own"} & set(wrong)
    turn.work.audit(
        "case correct",
        case.ref,
        before={name: value for name, value in wrong.items() if name not in spoken},
        after={name: value for name, value in now.items() if name not in spoken},
        personal="\n".join([*(put_right(name, wrong[name], now[name]) for name in sorted(spoken)), because]).strip(),
    )
    notice = CaseCorrected(
        ref=case.ref,
        title=case.title,
        label=case.label,
        by=turn.actor.person.name,
        changes=tuple(
            (name, _label_of(turn, name, value), _label_of(turn, name, now[name])) for name, value in wrong.items()
        ),
        because=because,
        read_by=_read_by(turn, case) if Label(case.label).rank > before.rank else (),
    )
    return _case_corrected(turn, case, notice)


def _relabel(turn: Turn, case: Case, label: Label, because: str) -> None:
    """Errors: NotAllowed and MissingValue for a lower one; Conflict where nobody could act on it any more."""
    before = Label(case.label)
    if label.rank < before.rank:
        if Role.MANAGER not in turn.actor.roles:
            managers = tuple(person.name for person in access.managers(turn))
            raise NotAllowed(
                clause("lower_label_on", ref=case.ref), clause("own_manager"), access.roles(turn.actor), managers
            )
        if not because:
            raise turn.missing("because")
        if before is Label.RED and case.own_reference:
            _number_must_be_free(turn, case, case.own_reference)
    for one in case.whole.together:  # what became one matter has one label
        if label is Label.RED and not succession.named(turn.work, one.id, one.agency_id):
            raise Conflict("nobody_named_left", ref=one.ref, label=label.value)
        if one is not case:
            turn.work.audit("case correct", one.ref, before={"label": one.label}, after={"label": label})
    for one in (case, *case.whole.together):  # last: what is refused is said under the label that it has
        one.label = label


def _number_must_be_free(turn: Turn, case: Case, own: str) -> None:
    """A case for named people keeps nobody else from its number. Errors: Conflict where somebody else has it now."""
    seen, _ = access.cases_under_number(turn, own, change=True)
    if taken := [other for other in seen if other is not case and other.label != Label.RED]:
        raise Conflict("own_reference_taken", own=taken[0].own_reference)


def _read_by(turn: Turn, case: Case) -> tuple[str, ...]:
    me = Recipient.person(turn.actor.person.id)
    found = [one for one in shown.to_whom(turn.work, _refs(case)) if one != me]
    return tuple(dict.fromkeys(recipients.name_of(turn.work, one) for one in found))


def _case_corrected(turn: Turn, case: Case, notice: CaseCorrected) -> Reply:
    """Every card of the case and its records shows it as it is; where that may not stand any more, nothing of it."""
    for ref in _refs(case)[1:]:
        cards.touch(turn.work, cause=turn.cause, subject=ref)
    turn.tell(access.watchers(turn, case), notice)
    named = [one.id for one in succession.named(turn.work, case.id, case.agency_id)]
    if case.label != Label.RED or turn.actor.person.id in named:
        return Reply(notice)
    return Reply(OutOfSight(tuple(recipients.name_of(turn.work, Recipient.person(one)) for one in named)))


def _refs(case: Case) -> list[str]:
    """A case, and all that stands in it and in what became one matter with it."""
    together = [case, *(one for one in case.whole.together if one is not case)]
    return [
        *(one.ref for one in together),
        *(request.ref for one in together for request in one.requests),
        *(kept.ref for one in together for kept in one.preservations),
    ]


def _label_of(turn: Turn, name: str, value: str) -> str:
    return turn.reference.complaint_categories[value].label if name == "category" else value
