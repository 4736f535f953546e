"""Roads: what goes from here to there under an instrument on a day, what stands in the way, and what works instead.

In: the reference data, a sender, an instrument, a recipient, a day. Out: a `Judgement` with its obstacles, each with
the facts of its sentence, its source and what of it is not verified. Nothing is read but the reference data: whoever
offers, warns of or refuses an instrument asks here, so that nothing is offered here and warned of there.
Must change together: the `code` of each obstacle and its sentences in `templates/messages/_base/findings.md.j2` and
`headlines.md.j2`.
Why an obstacle refuses only where the law is another State's: whether a treaty binds, a person may know better than a
list; a notice under a law that is not one's own is none, whatever is known.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import NamedTuple

from storage.reference.catalog import AuthorityRow, Body, Group, Instrument, LegalInstrument, Reference, Treaty

MOST = 3  # ways that are named for one that does not go
_NOT_ASKED = {"provider", "requester", "knowledge", "regulator", "ministry"}
BY_TREATY_TOO = ("production", "emergency")
"""What can be asked of the other State's central authority as well, where nothing of its own kind goes."""


@dataclass(frozen=True)
class Obstacle:
    """One thing in the way. `refuses`: no reason helps, the act makes no sense."""

    code: str
    facts: Mapping[str, object]
    source: str
    caution: str = ""
    refuses: bool = False


class Alternative(NamedTuple):
    """What works instead: an instrument, and the code of the body it goes to."""

    instrument: str
    to: str


@dataclass(frozen=True)
class Judgement:
    """Whether an instrument goes from one body to another. `instead` is empty where it goes, or where nothing does."""

    obstacles: tuple[Obstacle, ...] = ()
    instead: tuple[Alternative, ...] = ()


def judge(reference: Reference, sender: Body, instrument: Instrument, recipient: Body, day: date) -> Judgement:
    """What goes from here to there under that instrument on that day."""
    found = tuple(obstacles(reference, instrument, day, sender=sender, recipient=recipient))
    return Judgement(found, tuple(_instead(reference, sender, instrument, recipient, day)) if found else ())


def between(
    reference: Reference, sender: Body, recipient: Body, day: date, group: Group | None = None
) -> list[Instrument]:
    """The instruments under which something can be asked there from here: the recipient's own, its State's, others.

    group: only those of it.
    """
    rows = [row for row in reference.instruments.values() if row.is_asked and group in {None, row.group}]
    found = [row for row in rows if not any(obstacles(reference, row, day, sender=sender, recipient=recipient))]
    return sorted(found, key=lambda row: (not row.providers, row.recipient_country is None))


def without_agreement(
    reference: Reference, instrument: Instrument, sender: Body, recipient: Body, day: date
) -> Iterator[Obstacle]:
    """What goes all the same, but by reciprocity: one end has agreements on it, and none with the other is listed."""
    ends = (sender.country, recipient.country)
    for treaty in (reference.parties[code] for code in instrument.agreements):
        others = [state for state in ends if state != treaty.hub]
        if treaty.hub in ends and others and not treaty.binds(others[0], day):
            note = treaty.unbound.get(others[0], "")
            facts = {"instrument": instrument.code, "states": list(ends), "rule": treaty.rule, "note": note}
            yield Obstacle("without_agreement", facts, "; ".join(treaty.source), "" if note else treaty.caution)


def paper_of_others(reference: Reference, paper: LegalInstrument, sender: Body, day: date) -> Iterator[Obstacle]:
    """Whether the sender's State has such a paper at all."""
    facts = {"paper": paper.label, "state": sender.country}
    if paper.law_of not in {None, sender.country}:
        rule = f"{paper.law_of} law"
        yield Obstacle("paper_of_others", {**facts, "rule": rule}, "; ".join(paper.source), paper.caution)
    treaty = reference.parties[paper.treaty] if paper.treaty else None
    if treaty and not treaty.binds(sender.country, day):
        yield Obstacle("paper_of_others", {**facts, "rule": treaty.rule}, "; ".join(treaty.source), treaty.caution)


def obstacles(
    reference: Reference, instrument: Instrument, day: date, *, sender: Body | None, recipient: Body | None
) -> Iterator[Obstacle]:
    """What stands in the way; an end that is not known yet is not asked about."""
    treaty = reference.parties[instrument.treaty] if instrument.treaty else None
    if sender:
        yield from _own_law(instrument, sender)
        yield from _provider_asks(instrument, sender)
    if treaty and not treaty.not_in_force_as_of:
        yield from _not_bound(instrument, treaty, [end.country for end in (sender, recipient) if end], day)
    yield from _not_in_force(instrument, treaty, day)
    if recipient:
        if sender:
            yield from _own_country(instrument, treaty, sender, recipient)
        yield from _elsewhere(instrument, sender, recipient)


# ---- who may use it -------------------------------------------------------------------


def _own_law(instrument: Instrument, sender: Body) -> Iterator[Obstacle]:
    if instrument.law_of not in {None, sender.country}:
        facts = {
            "instrument": instrument.code,
            "law_of": instrument.law_of,
            "state": sender.country,
            "rule": instrument.legal_basis,
            "why": instrument.open_to_others or "",
        }
        yield _of(instrument, "law_of_others", facts, refuses=not instrument.open_to_others)


def _provider_asks(instrument: Instrument, sender: Body) -> Iterator[Obstacle]:
    if sender.role == "provider" and instrument.group != "clarification":
        yield _of(instrument, "provider_asks", {"instrument": instrument.code, "sender": sender.code})


def _not_bound(instrument: Instrument, treaty: Treaty, states: list[str], day: date) -> Iterator[Obstacle]:
    free = [state for state in dict.fromkeys(states) if not treaty.binds(state, day)]
    if free:
        unlisted = [state for state in free if state not in {*treaty.unbound, *treaty.parties} and not treaty.complete]
        facts = {
            "instrument": instrument.code,
            "treaty": treaty.name,
            "rule": treaty.rule,
            "states": free,
            "notes": [f"{state}: {treaty.unbound[state]}" for state in free if state in treaty.unbound],
            "since": [(state, since) for state in free if (since := treaty.parties.get(state))],
            "unlisted": unlisted,
        }
        yield Obstacle("not_bound", facts, "; ".join(treaty.source), treaty.caution if unlisted else "")


def _not_in_force(instrument: Instrument, treaty: Treaty | None, day: date) -> Iterator[Obstacle]:
    begins = [since for since in (instrument.in_force_from, treaty and treaty.in_force_from) if since and day < since]
    ended = instrument.in_force_until if instrument.in_force_until and instrument.in_force_until < day else None
    as_of = treaty.not_in_force_as_of if treaty else None
    if begins or ended or as_of:
        facts = {
            "instrument": instrument.code,
            "since": max(begins, default=None),
            "until": ended,
            "as_of": as_of,
            "rule": treaty.rule if treaty else instrument.legal_basis,
        }
        row = treaty if treaty and not ended else instrument
        yield Obstacle("not_in_force", facts, "; ".join(row.source), row.caution)


# ---- whom it reaches ------------------------------------------------------------------


def _own_country(instrument: Instrument, treaty: Treaty | None, sender: Body, recipient: Body) -> Iterator[Obstacle]:
    if instrument.is_between_states and sender.country == recipient.country:
        facts = {
            "instrument": instrument.code,
            "recipient": recipient.code,
            "state": recipient.country,
            "rule": treaty.rule if treaty else instrument.legal_basis,
        }
        yield _of(instrument, "own_country", facts)


def _elsewhere(instrument: Instrument, sender: Body | None, recipient: Body) -> Iterator[Obstacle]:
    """The first of: the other direction, another country, another provider's form, another channel."""
    facts = {
        "instrument": instrument.code,
        "recipient": recipient.code,
        "there": recipient.country,
        "country": instrument.recipient_country,
        "providers": list(instrument.providers),
        "channel": instrument.channel,
        "reached_by": recipient.channel,
        "rule": instrument.legal_basis,
    }
    if instrument.recipient_country not in {None, recipient.country}:
        asked_of_us = sender is not None and sender.country == instrument.recipient_country
        yield _of(
            instrument, "other_direction" if asked_of_us and instrument.direction == "in" else "other_state", facts
        )
    elif instrument.providers and recipient.code not in instrument.providers:
        yield _of(instrument, "form_of_another", facts)
    elif not _reached(instrument, sender, recipient):
        yield _of(instrument, "other_channel", facts)


def _reached(instrument: Instrument, sender: Body | None, recipient: Body) -> bool:
    """Whether it gets there. An agency is reached through whoever of the sender's side carries such a thing."""
    through = sender.channel if sender and recipient.channel == "agency" else recipient.channel
    return instrument.goes_by(recipient.channel) or instrument.goes_by(through)


# ---- what works -----------------------------------------------------------------------


def also_asked_for_it(reference: Reference, body: Body) -> list[AuthorityRow]:
    """Who else can be asked for what is asked of a body, whether that stood on a day or not.

    Of a provider its other legal entities; of all these countries the authorities, who have data handed over there. No
    authority of one's own is asked by another road. Not the body itself.
    """
    rows, itself = reference.authorities.values(), reference.authorities.get(body.code)
    if body.role == "requester":
        return []
    of = itself.represents or body.code if itself else body.code
    entities = [row for row in rows if body.role == "provider" and of in {row.code, row.represents}]
    countries = {body.country, *(row.country for row in entities)}
    there = [row for row in rows if row.country in countries and row.role not in _NOT_ASKED]
    return [row for row in (*entities, *there) if row.code != body.code]


def _instead(
    reference: Reference, sender: Body, instrument: Instrument, recipient: Body, day: date
) -> list[Alternative]:
    """Of the same purpose: to the recipient; else to others of its country; else by mutual assistance there.

    Another provider has other data; a hold that no authority gives is asked of the providers there.
    """
    there = [
        row
        for row in reference.authorities.values()
        if row.country == recipient.country and row.code != recipient.code and row.valid_on(day)
    ]
    authorities = [row for row in there if row.role not in {"provider", "requester"}]
    providers = [row for row in there if row.role == "provider" != recipient.role]
    stages: list[tuple[Group, Sequence[Body]]] = [
        (instrument.group, [recipient]),
        (instrument.group, authorities),
        (instrument.group, providers),
    ]
    if instrument.group in BY_TREATY_TOO:
        stages += [("mutual_assistance", [recipient]), ("mutual_assistance", authorities)]
    for group, bodies in stages:
        ways = (
            Alternative(row.code, body.code) for body in bodies for row in between(reference, sender, body, day, group)
        )
        if found := list(islice(ways, MOST)):
            return found
    return []


def _of(instrument: Instrument, code: str, facts: Mapping[str, object], *, refuses: bool = False) -> Obstacle:
    return Obstacle(code, facts, "; ".join(instrument.source), instrument.caution, refuses)
