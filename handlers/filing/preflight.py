"""Pre-flight: what will get a request refused, said before it goes out.

In: a draft (case, recipient, instrument, data, accounts, legal paper, fields). Out: what is missing, and findings:
warnings, which can be overridden with a reason, and remarks, which are only told. Nothing is written.
Sources: the rows of `storage/reference/`; every finding carries the source of the row it stands on, and says what is
not verified.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from handlers.filing import drafts, expecting, roads
from handlers.filing.drafts import Draft
from handlers.filing.expecting import Expected
from handlers.filing.findings import Finding
from handlers.kit.turn import Turn
from storage.exposure.labels import Label
from storage.models import Authority, Preservation, Request
from storage.record import precedents, targets
from storage.record.precedents import Precedents
from storage.reference.catalog import AuthorityRow, Instrument, PaperRule
from storage.reference.roads import between, paper_of_others, without_agreement
from storage.rules import outcomes
from storage.rules.holds import last_possible
from storage.rules.lengths import rule_for
from storage.rules.lifecycle import OPEN

FORMAL = ("missing_legal_instrument", "mla_required", "invalid_authority", "no_treaty_basis")
"""Refusals that another route does not cure: they are about the paper."""


@dataclass(frozen=True)
class Preflight:
    """`filled` holds every required field that has a value, by code; `missing` are (code, label).

    `expected` has no basis where something stands in the way: then no answer is promised.
    """

    filled: Mapping[str, str]
    missing: tuple[tuple[str, str], ...]
    warnings: tuple[Finding, ...]
    remarks: tuple[Finding, ...]
    expected: Expected

    @property
    def is_closed(self) -> bool:
        """Whether something stands in the way of the instrument itself, whatever its form says."""
        return not self.expected.basis


def examine(turn: Turn, draft: Draft) -> Preflight:
    """All of it, for one draft."""
    filled, missing = drafts.fields(turn, draft)
    closed = roads.findings(turn, turn.actor.agency, draft.instrument, draft.recipient)
    expected = Expected() if closed else expecting.expected(turn, draft)
    outlived = [
        preservation
        for preservation in drafts.needed_preservations(turn, draft)
        if (last := last_possible(turn.work, preservation)) and expected.is_after((last - turn.today).days)
    ]
    announced = [kept for kept in outlived if turn.reference.instruments[kept.instrument].kept_until_decided]
    lapsing = tuple(kept for kept in outlived if kept not in announced)
    met = _met(turn, draft)
    warnings = [
        *closed,
        *_paper(turn, draft),
        *_guard(turn, draft),
        *_label(draft),
        *_refused_before(turn, draft),
        *_lapsing(turn, lapsing, expected),
        *_same_accounts(draft, met),
        *_same_request(turn, draft, met),
    ]
    remarks = (*_announced(turn, announced), *_remarks(turn, draft, met))
    return Preflight(filled, missing, tuple(warnings), remarks, expected)


# ---- warnings ------------------------------------------------------------------------


def _paper(turn: Turn, draft: Draft) -> Iterator[Finding]:
    instrument, labels = draft.instrument, turn.reference.legal_instruments
    if draft.paper is None:
        yield _finding(
            "paper_unknown",
            instrument,
            {"basis": draft.basis, "accepted": [labels[code].label for code in instrument.accepts]},
        )
        return
    for one in paper_of_others(turn.reference, labels[draft.paper], turn.actor.agency, turn.today):
        yield Finding(one.code, one.facts, one.source, one.caution)
    row, reported = _reference_row(turn, draft.recipient), set()
    for data in draft.data:
        for rule in turn.reference.paper_rules_for(instrument.code, row, data, draft.paper) if row else ():
            if rule.verdict == "refused" and rule.code not in reported:
                reported.add(rule.code)
                facts = {
                    "paper": labels[draft.paper].label,
                    "data": [turn.reference.data_types[code].label for code in draft.data if code in rule.data],
                    "recipient": draft.recipient.code,
                    "rule": rule.rule,
                    "why": rule.why,
                    "instead": [
                        {"instrument": way.instrument, "to": way.to or "", "paper": labels[way.paper].label}
                        for way in rule.works_instead
                        if roads.leads(turn, way)
                    ],
                }
                yield Finding("paper_refused", facts, source="; ".join(rule.source), caution=rule.caution)
    refused = [code for code in draft.data if turn.reference.accepted_as(instrument, draft.paper, code) is None]
    if refused and not reported:
        facts = {
            "paper": labels[draft.paper].label,
            "data": [turn.reference.data_types[code].label for code in refused],
            "instrument": instrument.code,
            "accepted": [labels[code].label for code in instrument.accepts],
        }
        yield _finding("paper_not_accepted", instrument, facts)


def _guard(turn: Turn, draft: Draft) -> Iterator[Finding]:
    """The re-route guard: the channel changes and the legal paper does not. That is the refusal you already have."""
    ancestor = draft.parent
    while ancestor is not None:
        codes = [code for refusal in ancestor.refusals for code in refusal["codes"] if code in FORMAL]
        if codes and draft.paper in (None, ancestor.paper) and ancestor.instrument != draft.instrument.code:
            reasons = turn.reference.refusal_reasons
            facts = {
                "ref": ancestor.ref,
                "from": ancestor.recipient.code,
                "paper": turn.reference.legal_instruments[ancestor.paper].label if ancestor.paper else ancestor.basis,
                "reasons": [reasons[code].label for code in codes],
                "next_steps": [reasons[code].next_step for code in codes],
                "to": draft.recipient.code,
            }
            yield _about(ancestor, _finding("same_paper_other_road", draft.instrument, facts))
            return
        ancestor = ancestor.parent


def _label(draft: Draft) -> Iterator[Finding]:
    label = Label(draft.case.label)
    if not label.within(Label.AMBER):
        yield Finding(
            "label_too_close",
            {"recipient": draft.recipient.code, "label": label},
            source="FIRST, Traffic Light Protocol 2.0",
        )


def _refused_before(turn: Turn, draft: Draft) -> Iterator[Finding]:
    found = precedents.refused_before(
        turn.work, turn.viewer, recipient_id=draft.recipient.id, instrument=draft.instrument.code, paper=draft.paper
    )
    formal = [
        row
        for row in found
        if row.paper == draft.paper and any(code in FORMAL for refusal in row.refusals for code in refusal["codes"])
    ]
    if not formal or (draft.parent and draft.parent.id == formal[0].id):
        return
    reasons = turn.reference.refusal_reasons
    codes = [code for refusal in formal[0].refusals for code in refusal["codes"]]
    facts = {
        "recipient": draft.recipient.code,
        "times": len(formal),
        "ref": formal[0].ref,
        "on": formal[0].answered_on or formal[0].status_at.date(),
        "reasons": [reasons[code].label for code in codes],
        "next_steps": [reasons[code].next_step for code in codes],
    }
    yield _about(formal[0], Finding("refused_before", facts))


def _lapsing(turn: Turn, lapsing: tuple[Preservation, ...], expected: Expected) -> Iterator[Finding]:
    for preservation in lapsing:
        instrument = turn.reference.instruments[preservation.instrument]
        facts = {
            "ref": preservation.ref,
            "provider": preservation.recipient.code,
            "last": last_possible(turn.work, preservation),
            "answer_on": turn.today + timedelta(days=expected.days),
            "days": expected.days,
            "origin": expected.basis,
            "unreached": expected.unreached,
        }
        yield _about(preservation, _finding("outlives_preservation", instrument, facts))


def _announced(turn: Turn, announced: list[Preservation]) -> Iterator[Finding]:
    """Holds that go on until the request is decided, once it is known to whoever keeps the data."""
    for kept in announced:
        instrument = turn.reference.instruments[kept.instrument]
        facts = {
            "ref": kept.ref,
            "provider": kept.recipient.code,
            "last": kept.expires_on,
            "rule": instrument.kept_until_decided,
        }
        yield _about(kept, _finding("announce_production", instrument, facts))


def _same_accounts(draft: Draft, met: Precedents) -> Iterator[Finding]:
    for request, target in met.owed if draft.parent is None else ():
        facts = {
            "account": target.typed,
            "ref": request.ref,
            "agency": request.case.agency.code,
            "status": outcomes.said(target).replace("_", " "),
        }
        yield _about(request, Finding("account_asked_already", facts))


def _same_request(turn: Turn, draft: Draft, met: Precedents) -> Iterator[Finding]:
    """The newest request of this case that asked the same recipient for the same data of the same account.

    Not one that was refused, withdrawn or went another road: asking again, with a better paper, is what comes next.
    """
    keys, wanted = set(targets.keys(turn.work, draft.asked)), set(draft.data)
    for request in met.again:
        accounts = [target.typed for target in request.targets if target.key in keys]
        data = [turn.reference.data_types[code].label for code in request.data if code in wanted]
        if accounts and data and request is not draft.parent:
            facts = {
                "accounts": accounts,
                "data": data,
                "ref": request.ref,
                "recipient": draft.recipient.code,
                "status": request.status.replace("_", " "),
                "waits": request.status in OPEN,
            }
            yield _about(request, Finding("same_request", facts))
            return


def _met(turn: Turn, draft: Draft) -> Precedents:
    """What other cases ask and keep of its accounts. A hold is theirs to renew: our own case may need one too."""
    keys = targets.keys(turn.work, draft.asked)
    return precedents.met(turn.work, turn.viewer, keys, case_id=draft.case.id, recipient=draft.recipient)


# ---- remarks ------------------------------------------------------------------------


def _remarks(turn: Turn, draft: Draft, met: Precedents) -> Iterator[Finding]:
    instrument = draft.instrument
    if draft.emergency and instrument.emergency_clock is None:
        yield _no_emergency_clock(turn, draft)
    if instrument.unverified:
        yield _finding("unverified", instrument, {"instrument": instrument.code})
    sender, recipient = turn.actor.agency, draft.recipient
    for one in without_agreement(turn.reference, instrument, sender, recipient, turn.today):
        yield Finding(one.code, one.facts, one.source, one.caution)
    if not drafts.needed_preservations(turn, draft) and draft.recipient.role == "provider":
        yield Finding("not_preserved", {"recipient": draft.recipient.code, "case": draft.case.ref})
    category = turn.reference.complaint_categories[draft.case.category]
    if category.free_expression_flag:
        yield Finding(
            "speech", {"category": category.label}, source="; ".join(category.source), caution=category.caution
        )
    row = _reference_row(turn, draft.recipient)
    for rule in {rule.code: rule for data in draft.data for rule in _voluntary(turn, draft, row, data)}.values():
        yield Finding(
            "voluntary",
            {"recipient": draft.recipient.code, "why": rule.why, "rule": rule.rule},
            "; ".join(rule.source),
            rule.caution,
        )
    for kept, target in met.kept:
        held = {
            "account": target.typed,
            "ref": kept.ref,
            "agency": kept.case.agency.code,
            "provider": kept.recipient.code,
            "until": kept.expires_on,
            "confirmed": kept.confirmed_on is not None,
        }
        yield _about(kept, Finding("account_kept", held))
    for request, target in met.others:
        facts = {
            "account": target.typed,
            "ref": request.ref,
            "agency": request.case.agency.code,
            "status": outcomes.said(target).replace("_", " "),
        }
        yield _about(request, Finding("account_known", facts))


def _no_emergency_clock(turn: Turn, draft: Draft) -> Finding:
    instrument, row = draft.instrument, turn.reference.house_clocks["follow_up"]
    ours, ordinary = rule_for(turn.reference, instrument, emergency=True), instrument.default_clock
    meant = between(turn.reference, turn.actor.agency, draft.recipient, turn.today, "emergency")
    facts = {
        "instrument": instrument.code,
        "amount": ours.amount,
        "unit": ours.unit,
        "ordinary": (ordinary.amount, ordinary.unit, ordinary.origin) if ordinary else (),
        "meant": [row.code for row in meant],
    }
    return Finding("no_emergency_clock", facts, source="; ".join(row.source))


def _voluntary(turn: Turn, draft: Draft, row: AuthorityRow | None, data: str) -> Iterator[PaperRule]:
    if row and draft.paper:
        yield from (
            rule
            for rule in turn.reference.paper_rules_for(draft.instrument.code, row, data, draft.paper)
            if rule.verdict == "voluntary"
        )


def _reference_row(turn: Turn, authority: Authority) -> AuthorityRow | None:
    """The rules speak of authorities of the reference files.

    One that an administrator added has no rules of its own.
    """
    return turn.reference.authorities.get(authority.code)


def _about(record: Request | Preservation, finding: Finding) -> Finding:
    """The finding tells of a record: it is as confidential as that."""
    return replace(finding, ref=record.ref, label=record.case.label)


def _finding(code: str, instrument: Instrument, facts: Mapping[str, object]) -> Finding:
    return Finding(code, facts, source="; ".join(instrument.source), caution=instrument.caution)
