"""Eight years of cases and requests: most answered or refused and their cases closed, a fiftieth still open.

Drawn by chance from a seed, so that it is the same record each time:
- one block of requests is drawn, and is on record as many times as make up all of them (`copies.py`)
- cases come more often from year to year, one to eight requests in each; the first half comes from registers
- of a hundred requests 72 go to four services of two groups, 5 come from abroad, 2 go to another agency of the desk
- labels: 78 % AMBER, 9 % GREEN, 4 % CLEAR, 7 % AMBER+STRICT, 2 % RED; 3 % of cases are shared by name
- of those open, most are weeks old and some years; one of ten stands still for a question to us
Not there, because nothing that is measured reads it: past moves, old rings, what was sent; and the hashes of the audit
lines are numbers, since to chain millions would take longer than all else. So `verify` fails here.
"""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from random import Random
from typing import NamedTuple

from storage.models import (
    AuditLine,
    Case,
    Clock,
    Counter,
    Note,
    Participant,
    Preservation,
    PreservationRequest,
    Request,
    Target,
)
from storage.models.base import Base
from storage.spelling import fold
from tests.bench.copies import DIGEST, MARK, Copies
from tests.bench.dating import DAYS, ENDED, FIRST, LAST, PAUSED, Dated, Dating, moment
from tests.bench.loading import Kind, Postgres, Sqlite, Value
from tests.bench.searched import AskedRow, CaseRow, NoteRow, Searched, SharedRow, TargetRow
from tests.bench.staff import SHARES, House, Staff
from tests.bench.words import Texts

SEED = 13
REGISTERS_UNTIL = LAST // 2
SIZES, SIZE_SHARES = range(1, 9), (14, 16, 18, 17, 14, 10, 7, 4)  # requests in a case
ROUTES = (
    ("PROV-META", "PROD-META", 34), ("PROV-WHATSAPP", "PROD-META", 14), ("PROV-GOOGLE", "PROD-GOOGLE", 14),
    ("PROV-X", "PROD-X", 10), ("PROV-TIKTOK", "PROD-TIKTOK", 8), ("PROV-MICROSOFT", "PROD-MICROSOFT", 4),
    ("PROV-TELEGRAM", "PROD-TELEGRAM", 4), ("PROV-SNAP", "PROD-US-BSI", 2), ("PROV-APPLE", "PROD-US-RECORDS", 2),
    ("PK-NCCIA", "POLICE-LIAISON", 2), ("US-DOJ-OIA", "MLA-US-OIA", 2), ("PK-NCB", "NCB-MSG", 2),
    ("GB-UKCA", "MLA-GENERIC", 1), ("PROV-META-IE", "PROD-META", 1),
)  # fmt: skip
SENDERS = (("US-DOJ-OIA", 3), ("GB-UKCA", 2), ("AE-MOJ", 2), ("SA-MOI", 1), ("US-USNCB", 2))
ASKS_US = "MLA-PK-IN"
LABELS = ("TLP:AMBER", "TLP:GREEN", "TLP:CLEAR", "TLP:AMBER+STRICT", "TLP:RED")
LABEL_SHARES = (78, 9, 4, 7, 2)
ANSWERS, ANSWER_SHARES = ("produced", "not_held", "refused", "withdrawn", "transferred"), (63, 10, 20, 4, 3)
OPEN, OPEN_SHARES = (
    ("sent", "acknowledged", "part_produced", "clarification", "draft", "approval"),
    (44, 30, 11, 10, 4, 1),
)
DUE, DUE_SHARES = OPEN[:3], (55, 35, 10)
CATEGORIES = ("fake_accounts", "financial_fraud", "impersonation", "harassment", "hacking", "child_safety", "other")
REASONS = ("incomplete", "data_not_held", "mla_required", "overbroad", "free_expression", "missing_legal_instrument")
WORDS = {
    "produced": "produced", "not_held": "not-held", "refused": "refused", "withdrawn": "withdraw",
    "transferred": "transfer", "acknowledged": "acknowledge", "clarification": "clarify", "part_produced": "part",
    "sent": "sent", "draft": "file", "approval": "file",
}  # fmt: skip
SETTLED_DAYS = 60  # what was filed before has a reminder behind it: eight weeks are the longest time of those due


class Opened(NamedTuple):
    """A case that is being written."""

    id: int
    ref: str
    house: House
    label: str
    leads: int
    day: int


class Past:
    """Writes the record. `stored` requests; `due` of them have a reminder that has come."""

    def __init__(
        self, into: Sqlite | Postgres, staff: Staff, dating: Dating, *, stored: int, due: int, copies: Copies
    ) -> None:
        self._random = Random(SEED)
        self._chance = self._random.random
        self._texts, self._staff, self._dating = Texts(self._random), staff, dating
        self._stored, self._due, self._copies = stored // copies.count, due // copies.count, copies

        def kind(model: type[Base]) -> Kind:
            return Kind(model, into, copies)

        self._cases, self._participants, self._notes = kind(Case), kind(Participant), kind(Note)
        self._requests, self._targets, self._clocks = kind(Request), kind(Target), kind(Clock)
        self._holds, self._needs = kind(Preservation), kind(PreservationRequest)
        self._audit, self._counted, self._counters = kind(AuditLine), kind(Counter), Kind(Counter, into)
        self._numbers: dict[str, int] = {}
        self.searched = Searched(copies)

    def write(self) -> None:
        """All of it, in the order it happened."""
        random = self._random
        sizes = _sizes(random, self._stored)
        until = LAST - SETTLED_DAYS if self._due * 4 > self._stored else LAST  # else there are not enough
        days = [round(until * ((n + 1) / len(sizes)) ** 0.7) for n in range(len(sizes))]
        settled = sum(size for size, day in zip(sizes, days, strict=True) if day <= LAST - SETTLED_DAYS)
        draws = _draws(random, self._stored, settled, self._due)
        houses = random.choices(self._staff.houses, SHARES, k=len(sizes))
        labels = random.choices(LABELS, LABEL_SHARES, k=len(sizes))
        routes = random.choices(ROUTES, [share for *_, share in ROUTES], k=self._stored)
        first = 0
        for n, (size, day) in enumerate(zip(sizes, days, strict=True)):
            its = slice(first, first + size)
            self._case(n + 1, day, house=houses[n], label=labels[n], draws=draws[its], routes=routes[its])
            first += size
        for kind in vars(self).values():
            if isinstance(kind, Kind) and kind is not self._counters:
                kind.multiply()
        for name, last in self._numbers.items():
            self._counters.add(name=name, last=self._copies.place(last, self._copies.count - 1))
        self._counters.flush()

    # ---- a case ----

    def _case(
        self, number: int, day: int, *, house: House, label: str, draws: bytes, routes: Sequence[tuple[str, str, int]]
    ) -> None:
        year, chance = DAYS[day][:4], self._chance
        place = self._numbers[f"{house.code}/{year}"] = self._numbers.get(f"{house.code}/{year}", 0) + 1
        ref = f"{house.prefix}-{year}-{place:0{4 - self._copies.width}d}{MARK}"
        opener, lead = self._officer(house), self._officer(house)
        case = Opened(number, ref, house, label, lead, day)
        ends = [
            self._request(case, n, draw, route) for n, (draw, route) in enumerate(zip(draws, routes, strict=True), 1)
        ]
        over = max(ends)
        closed = over + 1 + int(chance() * 20)
        is_closed = closed < LAST - 5 and chance() < 0.98
        hold = self._hold(case, closed if is_closed else None) if chance() < 0.12 else 0
        title, folded = self._texts.title()
        own = f"FIR {place}{MARK}/{year} {house.prefix}" if chance() < 0.7 else None
        opened_at = moment(day, int(chance() * 9_999))
        self._cases.add(
            id=number, ref=ref, ref_folded=fold(ref), agency_id=house.id, year=int(year), number=place,
            title=title, title_folded=folded, category=CATEGORIES[int(chance() * len(CATEGORIES))], label=label,
            own_reference=own, own_reference_folded=own and fold(own), lead_id=lead, opened_by=opener,
            opened_at=opened_at, closed_at=moment(closed, 9_000) if is_closed else None, version=len(ends),
        )  # fmt: skip
        self._numbers_of(ref, len(ends), hold)
        self._line(opened_at, opener, "case open", ref, '{"after":{"label":"' + label + '"}}')
        if chance() < 0.2:
            self._note(case, lead, None, min(day + 2, LAST))
        if chance() < 0.03:
            self._share(case, opener)
        row = CaseRow(number, house.id, label, lead, opener, folded, fold(ref), own and fold(own))
        self.searched.close(row)

    def _numbers_of(self, ref: str, requests: int, holds: int) -> None:
        self._counted.add(name=f"{ref}/", last=requests)
        if holds:
            self._counted.add(name=f"{ref}/P", last=holds)

    def _share(self, case: Opened, by: int) -> None:
        """With the one who is invited everywhere, another person, or an authority."""
        kind = self._chance()
        other = self._officer(self._random.choice(self._staff.houses)) if kind < 0.5 else None
        person = self._staff.invited if kind < 0.15 else other
        authority = self._random.choice(self._staff.houses).id if person is None else None
        at = moment(case.day, 9_990)
        self.searched.shared.append(SharedRow(person, authority))
        self._participants.add(
            id=self._participants.count + 1, case_id=case.id, person_id=person, authority_id=authority, added_by=by,
            added_at=at,
        )  # fmt: skip

    def _note(self, case: Opened, by: int, request: int | None, day: int) -> None:
        text, folded = self._texts.note()
        self.searched.notes.append(NoteRow(folded))
        self._notes.add(
            id=self._notes.count + 1, case_id=case.id, request_id=request, person_id=by, text=text, text_folded=folded,
            at=moment(day, int(self._chance() * 9_999)),
        )  # fmt: skip

    def _hold(self, case: Opened, closed: int | None) -> int:
        """One hold of ninety days, renewed until the case is closed. Returns how many there are."""
        number, ref = self._holds.count + 1, f"{case.ref}/P1"
        expires = case.day + 90
        while expires < (closed or LAST):
            expires += 90
        confirmed = case.day + 2 if case.day + 2 <= LAST and self._chance() < 0.95 else None
        recipient = self._staff.authorities["PROV-META"]
        last = _day(expires)
        self._holds.add(
            id=number, ref=ref, ref_folded=fold(ref), case_id=case.id, agency_id=case.house.id, number=1,
            recipient_id=recipient, instrument="PRES-META", data='["bsi"]', asked_on=DAYS[case.day],
            confirmed_on=DAYS[confirmed] if confirmed else None, expires_on=last,
            closed_at=moment(closed, 9_000) if closed else None,
        )  # fmt: skip
        self._needs.add(preservation_id=number, request_id=self._requests.count)
        self._target(None, number)
        ended = moment(closed, 9_000) if closed else None
        kept = {"request_id": None, "preservation_id": number, "agency_id": case.house.id, "party_id": recipient}
        start = max(case.day, min(expires - 90, LAST))
        self._clock(kept, "preservation", "PRES-META", "PROV-META", start, ended=ended)
        awaited = ended or (moment(confirmed, 9_999) if confirmed else None)
        self._clock(kept, "confirmation", "PRES-META", case.house.code, case.day, ended=awaited, ours=True)
        return 1

    # ---- a request ----

    def _request(self, case: Opened, number: int, draw: int, route: tuple[str, str, int]) -> int:
        """Returns the day it was over; one that never comes for what is open."""
        chance, ids = self._chance, self._staff.authorities
        is_due, incoming = draw == DUE_NOW, draw != DUE_NOW and chance() < 0.05
        code, instrument, _ = route
        status = self._status(draw, incoming=incoming)
        filed = min(case.day + int(chance() * (1 if is_due else 30)), LAST)
        sent = None if status in ("draft", "approval") else min(filed + int(chance() * 3), LAST)
        ended = None if draw else min((sent or filed) + 4 + int(chance() ** 2 * 150), LAST)
        if incoming:
            code, instrument = self._random.choices(SENDERS, [share for _, share in SENDERS])[0][0], ASKS_US
        elif is_due and instrument.startswith("MLA"):
            code, instrument, _ = ROUTES[0]  # ten months long: no reminder of it has come
        if code == case.house.code:
            code, instrument, _ = ROUTES[0]
        sender, recipient = (ids[code], case.house.id) if incoming else (case.house.id, ids[code])
        request, ref = self._requests.count + 1, f"{case.ref}/{number}"
        by, filed_at = self._officer(case.house), moment(filed, int(chance() * 9_999))
        day = ended if ended is not None else sent if sent is not None else filed
        answered = DAYS[day] if status in ("produced", "not_held", "refused") else None
        theirs = f"{4_000_000 + request * 7}{MARK}" if sent is not None and chance() < 0.6 else ""
        basis = "section 31 of 2016" if chance() < 0.5 else ""
        refusal = f'[{{"codes":["{REASONS[request % len(REASONS)]}"],"on":"{DAYS[day]}","by":"P{by}"}}]'
        at = moment(day, int(chance() * 9_999))
        self.searched.asked.append(AskedRow(theirs, basis))
        self._requests.add(
            id=request, ref=ref, ref_folded=fold(ref), case_id=case.id, agency_id=case.house.id, party_id=ids[code],
            number=number, direction="incoming" if incoming else "outgoing", sender_id=sender, recipient_id=recipient,
            instrument=instrument, paper="letter", basis=basis, basis_folded=basis, reason="", data='["bsi"]',
            emergency=int(not draw and chance() < 0.02), status=status, status_at=at, status_by=by,
            their_reference=theirs, their_reference_folded=theirs, filed_at=filed_at, filed_by=by,
            sent_on=None if sent is None else DAYS[sent], answered_on=answered,
            parts=f'{{"bsi":{{"outcome":"produced","on":"{DAYS[day]}"}}}}' if status == "produced" else "{}",
            refusals=refusal if status in ("refused", "transferred") else "[]", version=3,
        )  # fmt: skip
        for _ in range(1 if chance() < 0.7 else 2):
            self._target(request, None)
        self._line(filed_at, by, "request file", ref, '{"after":{"status":"draft","instrument":"' + instrument + '"}}')
        self._line(at, by, f"request {WORDS[status]}", ref, f'{{"after":{{"status":"{status}","on":"{DAYS[day]}"}}}}')
        if chance() < 0.05:
            self._note(case, by, request, day)
        of = {"request_id": request, "preservation_id": None, "agency_id": case.house.id, "party_id": ids[code]}
        whose = case.house.code if incoming else code
        days = (filed, sent, ended)
        self._clocks_of(case, of, status, instrument=instrument, whose=whose, days=days, is_due=is_due)
        return LAST * 2 if ended is None else ended

    def _status(self, draw: int, *, incoming: bool) -> str:
        choices, shares = (
            (DUE, DUE_SHARES) if draw == DUE_NOW else (OPEN, OPEN_SHARES) if draw else (ANSWERS, ANSWER_SHARES)
        )
        found = self._random.choices(choices, shares)[0]
        return "sent" if incoming and found in ("draft", "approval", "clarification") else found

    def _clocks_of(
        self, case: Opened, of: Mapping[str, Value], status: str, *, instrument: str, whose: str,
        days: tuple[int, int | None, int | None], is_due: bool,
    ) -> None:  # fmt: skip
        """Those of a request: the answer's, a question's, the house's own."""
        filed, sent, ended = days
        house = case.house.code
        over = None if ended is None else moment(ended, 9_999)
        if sent is None or filed > REGISTERS_UNTIL:
            kind = "approval" if status == "approval" else "draft"
            self._clock(
                of, kind, instrument, house, filed, ended=None if sent is None else moment(sent, 9_999), ours=True
            )
        if sent is None:
            return
        if status == "clarification":
            since = min(sent + 10, LAST)
            self._clock(
                of, "answer", instrument, whose, sent, ended=None, paused=f'[{{"since":"{DAYS[since]}","until":null}}]'
            )
            self._clock(of, "clarification", "CLARIFY", house, since, ended=None, ours=True)
            return
        old = ended is None and not is_due and sent < LAST - 1_000
        self._clock(of, "answer", instrument, whose, sent, ended=over, is_due=is_due, imported=old, ours=whose == house)
        if status == "refused" and ended is not None:
            closed = moment(ended + 5, 9_999) if ended + 5 < LAST else None
            self._clock(of, "next_step", instrument, house, ended, ended=closed, ours=True)

    def _clock(
        self, of: Mapping[str, Value], kind: str, instrument: str, authority: str, day: int, *, ended: str | None,
        is_due: bool = False, imported: bool = False, ours: bool = False, paused: str = "[]",
    ) -> None:  # fmt: skip
        dated: Dated = self._dating.of(kind, instrument, authority, day)
        if paused != "[]":
            ring = PAUSED
        elif ended is not None or imported:
            ring = ENDED
        else:
            ring = self._dating.rung(dated, kind, instrument, authority, ours=ours, has_come=is_due)
        values: dict[str, Value] = {**of, **dated.columns, **ring}
        self._clocks.add(
            id=self._clocks.count + 1, kind=kind, authority_id=self._staff.authorities[authority],
            instrument=instrument, ended_at=ended, imported=int(imported), pauses=paused, **values,
        )  # fmt: skip

    # ---- small things ----

    def _target(self, request: int | None, hold: int | None) -> None:
        number = self._targets.count + 1
        typed = self._texts.handle(int(self._chance() * self._stored)) + MARK
        self.searched.targets.append(TargetRow(typed, typed))
        self._targets.add(
            id=number, request_id=request, preservation_id=hold, typed=typed, typed_folded=typed, key=typed
        )

    def _officer(self, house: House) -> int:
        return house.officers.start + int(self._chance() * len(house.officers))

    def _line(self, at: str, by: int, act: str, ref: str, facts: str) -> None:
        n = self._audit.count + 1
        self._audit.add(n=n, at=at, actor=f"P{by}", act=act, ref=ref, facts=facts, previous=DIGEST, hash=DIGEST)


OVER, STILL_OPEN, DUE_NOW = 0, 1, 2
OPEN_SHARE = 0.02


def _sizes(random: Random, stored: int) -> list[int]:
    """How many requests each case has; of all cases together, so many."""
    found, total = list[int](), 0
    while total < stored:
        [size] = random.choices(SIZES, SIZE_SHARES)
        found.append(min(size, stored - total))
        total += size
    return found


def _draws(random: Random, stored: int, settled: int, due: int) -> bytes:
    """What each request is: the first `settled` were filed long enough ago to be due."""
    found = bytearray(stored)
    for n in random.sample(range(max(0, settled - 4 * due), settled), due):
        found[n] = DUE_NOW
    others = max(0, round(stored * OPEN_SHARE) - due)
    recent = random.sample(range(settled, stored), min(others * 7 // 10, (stored - settled) // 2))
    for n in (*recent, *random.sample(range(settled), others - len(recent))):
        found[n] = found[n] or STILL_OPEN
    return bytes(found)


def _day(number: int) -> str:
    """A day that may be still to come."""
    return (FIRST + timedelta(days=number)).isoformat()
