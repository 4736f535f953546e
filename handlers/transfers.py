"""Transfers: the same question to another recipient or by another instrument.

A child request keeps its parent and its preservation.

In: a turn, the request that got nowhere, the new recipient and instrument. Out: a filed child, the parent closed as
transferred; or the re-route guard: a new channel with the same legal paper is the refusal you already have.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any

from handlers.exposure import Indoors, TwoSided
from handlers.filing import drafts, filing
from handlers.filing.drafts import Draft
from handlers.filing.filing import RequestChecked, RequestFiled
from handlers.kit import access, concerned, emergency
from handlers.kit.emergency import EmergencyActs
from handlers.kit.notices import RecordNotice
from handlers.kit.permissions import Act
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import (
    AuthorityCode,
    Basis,
    DataTypes,
    FieldText,
    InstrumentCode,
    RequestRef,
    Text,
    TypedRef,
)
from storage.exposure.roles import Role
from storage.models import Request
from storage.rules import outcomes

commands = Commands()


@dataclass(frozen=True)
class RequestTransferred(RecordNotice, TwoSided):
    """A request got nowhere, and the same question went on by another route. `to` and `child`: where, and as what."""

    ref: str
    title: str
    label: str
    direction: str
    counterpart: str
    on: date
    by: Indoors[str]
    to: Indoors[str]
    child: Indoors[str]
    acts: EmergencyActs | None = None

    is_card = is_under_card = True


def preview(turn: Turn, typed: Mapping[str, Any]) -> RequestChecked | None:
    """What stands against the new request as far as it is filled in; None until recipient and instrument are."""
    if not {"ref", "to", "as_"} <= typed.keys():
        return None
    own = {"ref", "to", "as_", "basis", "data", "reason", "despite"}
    draft = _draft(
        turn,
        _parent(turn, typed["ref"]),
        to=typed["to"],
        instrument=typed["as_"],
        basis=typed.get("basis", ""),
        data=typed.get("data", ()),
        reason=typed.get("reason", ""),
        fields={code: text for code, text in typed.items() if code not in own},
    )
    return filing.checked(turn, draft)


@commands.add(
    "request transfer",
    preview=preview,
    needs=(Role.OFFICER, Role.MANAGER),
    example='request transfer 42/3 to:US-DOJ-OIA as:MLA-US-OIA basis:"mla request of 3 March"',
)
def transfer(
    turn: Turn,
    ref: RequestRef,
    *,
    to: AuthorityCode,
    as_: InstrumentCode,
    basis: Basis = "",
    data: DataTypes = (),
    reason: Annotated[str, Text(max=4000)] = "",
    despite: Annotated[str, Text(max=1000)] = "",
    **fields: Annotated[str, FieldText()],
) -> Reply:
    """Send the same question by another route; what is not said is taken from the first request.

    An account whose data came already is not asked about again.

    ref: the request as it was first filed.
    to: the new recipient.
    as: the new instrument.
    basis: the legal paper, if it is another one.
    data: kinds of data, if others.
    reason: why, if it is another reason.
    despite: why it is filed although the pre-flight warns.
    fields: any field the new instrument demands, by its code.
    """
    parent = _parent(turn, ref)
    draft = _draft(turn, parent, to=to, instrument=as_, basis=basis, data=data, reason=reason, fields=fields)
    reply = filing.file(turn, draft, despite=despite)
    turn.move(parent, "transfer", to=to)
    [filed] = (notice for notice in reply.notices if isinstance(notice, RequestFiled))
    notice = RequestTransferred(
        ref=parent.ref,
        title=parent.case.title,
        label=parent.case.label,
        direction=parent.direction,
        counterpart=parent.recipient.code,
        on=turn.today,
        by=turn.actor.person.name,
        to=draft.recipient.code,
        child=filed.ref,
        acts=emergency.acts(turn, parent),
    )
    concerned.tell(turn, parent, "transfer", notice)
    return reply


def _parent(turn: Turn, ref: TypedRef) -> Request:
    parent = access.request(turn, ref, Act.WORK)
    if parent.direction != "outgoing":
        raise BadValue(
            "ref", parent.ref, clause("made_to_us"), clause("request_of_ours"), "request list direction:outgoing"
        )
    return parent


def _draft(
    turn: Turn,
    parent: Request,
    *,
    to: str,
    instrument: str,
    basis: str,
    data: tuple[str, ...],
    reason: str,
    fields: Mapping[str, str],
) -> Draft:
    return Draft(
        case=access.whole(turn, parent.case),
        recipient=access.authority(turn, to),
        instrument=turn.reference.instruments[instrument],
        data=data or tuple(parent.data),
        accounts=tuple(target.typed for target in outcomes.lacking(parent)) or tuple(parent.accounts),
        paper=drafts.paper_of(turn, basis) if basis else parent.paper,
        basis=basis or parent.basis,
        reason=reason or parent.reason,
        fields={**_typed_before(turn, parent.fields), **fields},
        declared=parent.emergency,
        parent=parent,
    )


def _typed_before(turn: Turn, fields: dict[str, str]) -> dict[str, str]:
    """What a person typed for the first request; what the desk filled in is filled in anew."""
    return {code: value for code, value in fields.items() if turn.reference.fields[code].filled_by is None}
