"""Transfers: the same question to another recipient or by another instrument.

A child request keeps its parent and its preservation.

In: a turn, the request that got nowhere, the new recipient and instrument. Out: a filed child, the parent closed as
transferred; or the re-route guard: a new channel with the same legal paper is the refusal you already have.
"""

from dataclasses import dataclass
from datetime import date
from typing import Annotated

from handlers.exposure import Indoors, TwoSided
from handlers.filing import drafts, filing
from handlers.filing.drafts import Draft
from handlers.filing.filing import RequestFiled
from handlers.kit import access, concerned, emergency
from handlers.kit.access import Act
from handlers.kit.emergency import EmergencyActs
from handlers.kit.notices import RecordNotice
from handlers.kit.turn import Reply, Turn
from handlers.language.command import Commands
from handlers.language.errors import BadValue, clause
from handlers.language.values import AuthorityCode, Basis, DataTypes, FieldText, InstrumentCode, RequestRef, Text
from storage.exposure.roles import Role

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


@commands.add(
    "request transfer",
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

    ref: the request as it was first filed.
    to: the new recipient.
    as: the new instrument.
    basis: the legal paper, if it is another one.
    data: kinds of data, if others.
    reason: why, if it is another reason.
    despite: why it is filed although the pre-flight warns.
    fields: any field the new instrument demands, by its code.
    """
    parent = access.request(turn, ref, Act.WORK)
    if parent.direction != "outgoing":
        raise BadValue(
            "ref", parent.ref, clause("made_to_us"), clause("request_of_ours"), "request list direction:outgoing"
        )
    recipient = access.authority(turn, to)
    draft = Draft(
        case=access.whole(turn, parent.case),
        recipient=recipient,
        instrument=turn.reference.instruments[as_],
        data=data or tuple(parent.data),
        accounts=tuple(parent.accounts),
        paper=drafts.paper_of(turn, basis) if basis else parent.paper,
        basis=basis or parent.basis,
        reason=reason or parent.reason,
        fields=_typed_before(turn, parent.fields) | fields,
        declared=parent.emergency,
        parent=parent,
    )
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
        to=recipient.code,
        child=filed.ref,
        acts=emergency.acts(turn, parent),
    )
    concerned.tell(turn, parent, "transfer", notice)
    return reply


def _typed_before(turn: Turn, fields: dict[str, str]) -> dict[str, str]:
    """What a person typed for the first request; what the desk filled in is filled in anew."""
    return {code: value for code, value in fields.items() if turn.reference.fields[code].filled_by is None}
