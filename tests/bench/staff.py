"""Who works in the hall: forty agencies, two thousand people, an account for each, and the seven who look at it.

The largest agency has a tenth of all, the smallest a hundredth: shares fall as 1 / (rank + 3). Each has a room, two
managers, an administrator and an auditor; the others are officers. Twelve providers have a liaison.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from storage.database.unit_of_work import UnitOfWork
from storage.exposure.roles import Role
from storage.history import chain
from storage.models import Account, Authority, Channel, Membership, Person
from storage.record import records
from storage.spelling import fold
from tests.bench.loading import Kind, Postgres, Sqlite

AGENCIES, PEOPLE = 40, 2_000
SHARES = [1 / (rank + 3) for rank in range(1, AGENCIES + 1)]
OURS = ("PK-FIA-CCW", "PK-NCCIA", "PK-FIA")  # of the reference files, the largest first; the others are invented
PLATFORM = "slack"
SINCE = "2018-01-01T00:00:00.000000Z"
FIRST_OFFICER = 5  # those before: two managers, an administrator, an auditor, and one who leads nothing


class Looks(StrEnum):
    """Who reads the record in the benchmarks; the value is their account."""

    OFFICER = "BENCH/officer"  # of the largest agency
    MIDDLE = "BENCH/middle"  # an officer of one in the middle
    MANAGER = "BENCH/manager"
    SMALL = "BENCH/small"  # a manager of the smallest agency
    LIAISON = "BENCH/liaison"  # of the provider that is asked most
    INVITED = "BENCH/invited"  # sees little beside what was shared with them by name
    AUDITOR = "BENCH/auditor"


@dataclass(frozen=True)
class House:
    """An agency and those of its people who lead cases."""

    id: int
    code: str
    prefix: str
    officers: range


@dataclass(frozen=True)
class Staff:
    """Everybody there is. `authorities`: {code: id}."""

    houses: Sequence[House]
    authorities: dict[str, int]
    invited: int


def establish(work: UnitOfWork) -> list[tuple[int, str, str]]:
    """The authorities of the reference files, and agencies up to forty of them: id, code, prefix, the largest first."""
    records.sync_authorities(work, work.reference)
    work.session.flush()
    pattern = records.authority(work, OURS[0])
    assert pattern
    same = ("country", "zone", "weekends", "holiday_calendar", "role", "channel")
    invented = [f"PK-UNIT-{n:02d}" for n in range(1, AGENCIES - len(OURS) + 1)]
    for n, code in enumerate(invented, 1):
        copied = {name: getattr(pattern, name) for name in same}
        row = Authority(code=code, name=f"Cybercrime unit {n}", prefix=f"U{n:02d}", **copied)
        work.session.add(row)
    work.session.flush()
    found = []
    for code in (*OURS, *invented):
        row = records.authority(work, code)
        assert row
        records.make_agency(work, row)
        found.append((row.id, row.code, row.prefix or ""))
    return found


def authorities(work: UnitOfWork) -> tuple[dict[str, int], int]:
    """{code of an authority: its id}, and the number of the last audit line."""
    known = {row.code: row.id for row in records.authorities(work)}
    return known, chain.head(work.session).n


def enrol(into: Sqlite | Postgres, agencies: Sequence[tuple[int, str, str]], known: dict[str, int]) -> Staff:
    """Everybody, with their roles and accounts."""
    people, roles, accounts, rooms = (Kind(one, into) for one in (Person, Membership, Account, Channel))
    looking: dict[int, Looks] = {}

    def add(authority: int, role: Role) -> int:
        number = people.count + 1
        name = f"Person {number}"
        people.add(
            id=number, name=name, name_folded=fold(name), email=f"person.{number}@agency.example",
            phone=f"+92 51 926 {number:04d}", officer_id=f"O-{number}",
        )  # fmt: skip
        roles.add(id=number, person_id=number, authority_id=authority, role=role.value, added_at=SINCE)
        return number

    houses = []
    for rank, (agency, code, prefix) in enumerate(agencies):
        size = max(FIRST_OFFICER + 3, round(PEOPLE * SHARES[rank] / sum(SHARES)))
        leading = [Role.MANAGER, Role.MANAGER, Role.ADMIN, Role.AUDITOR, Role.OFFICER]
        numbers = [add(agency, role) for role in (*leading, *[Role.OFFICER] * (size - FIRST_OFFICER))]
        rooms.add(
            id=rank + 1, platform=PLATFORM, external_id=f"BENCH/C{rank}", title=code, authority_id=agency,
            ceiling="TLP:AMBER", zone="Asia/Karachi",
        )  # fmt: skip
        houses.append(House(agency, code, prefix, range(numbers[FIRST_OFFICER], numbers[-1] + 1)))
        if rank == 0:
            named = {0: Looks.MANAGER, 3: Looks.AUDITOR, FIRST_OFFICER: Looks.OFFICER}
            looking |= {numbers[at]: who for at, who in named.items()}
        elif rank == AGENCIES // 2:
            looking[numbers[FIRST_OFFICER]] = Looks.MIDDLE
        elif rank == AGENCIES - 1:
            looking |= {numbers[0]: Looks.SMALL, numbers[FIRST_OFFICER - 1]: Looks.INVITED}
    for code in sorted(code for code in known if code.startswith("PROV-")):
        liaison = add(known[code], Role.LIAISON)
        if code == "PROV-META":
            looking[liaison] = Looks.LIAISON
    for number in range(1, people.count + 1):
        account = looking.get(number, f"BENCH/U{number}")
        accounts.add(id=number, person_id=number, platform=PLATFORM, external_id=str(account), linked_at=SINCE)
    for kind in (people, roles, accounts, rooms):
        kind.flush()
    invited = next(number for number, who in looking.items() if who is Looks.INVITED)
    return Staff(houses, known, invited)
