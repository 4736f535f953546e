"""What a provider has published, lying where `summary reconcile` looks for it: a file that came with no case.

In: work that writes. Out: the same file for each manager who looks at the record. Its figures are invented.
"""

from sqlalchemy import select

from storage.database.unit_of_work import UnitOfWork
from storage.models import Account, Person
from storage.record import attachments
from storage.record.attachments import Named
from tests.bench.staff import PLATFORM, Looks

HEAD = "Period,Country,Legal Process,User Data Requests,User Accounts Referenced,Percentage"
HALVES = [f"{year}H{half}" for year in range(2018, 2026) for half in (1, 2)]
KINDS = (("Legal Requests", 60_000), ("Emergency", 2_000), ("Preservation", 9_000))


def publish(work: UnitOfWork) -> None:
    """Eight years in halves, with preservation and emergencies apart."""
    rows = [f"{half},Pakistan,{kind},{count},{count * 2},77.00%" for half in HALVES for kind, count in KINDS]
    content = "\n".join([HEAD, *rows]).encode()
    for who in (Looks.MANAGER, Looks.SMALL):
        person = work.session.scalars(select(Person).join(Account).where(Account.external_id == who)).one()
        named = [Named("F1", "figures.csv", len(content))]
        [row] = attachments.take(work, person, named, platform=PLATFORM, cause=f"file:{who}")
        attachments.keep(work, row, content)
