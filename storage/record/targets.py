"""Accounts on record, asked about or kept: as they were typed, and the key that is the same in every spelling.

In: accounts as typed, whose case it is, who is asked. Out: rows; keys to compare them with. How a key is made is
`storage/reference/accounts.py`, and nothing else compares accounts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from storage.database.unit_of_work import UnitOfWork
from storage.models import Authority, Preservation, Request, Target
from storage.rules import outcomes

PROVIDER = "provider"  # the role of an authority that has accounts itself


@dataclass(frozen=True)
class AskedAbout:
    """Accounts as typed, and who is asked about them; `agency` works on the case they stand in."""

    accounts: Sequence[str]
    agency: Authority
    recipient: Authority


def of_request(request: Request) -> AskedAbout:
    """What a request asks about."""
    return AskedAbout(request.accounts, request.case.agency, request.recipient)


def of_preservation(kept: Preservation) -> AskedAbout:
    """What a hold keeps."""
    return AskedAbout(kept.accounts, kept.case.agency, kept.recipient)


def keys(work: UnitOfWork, asked: AskedAbout, *, provider: Authority | None = None) -> list[str]:
    """The key of each account. provider: whom they are with, where the recipient is none and it is known."""
    whose, country = provider or asked.recipient, asked.agency.country
    return [work.reference.accounts.key(typed, country=country, provider=whose.code) for typed in asked.accounts]


def share(work: UnitOfWork, one: AskedAbout, other: AskedAbout) -> bool:
    """Whether they speak of one account.

    Where one asks the provider itself and the other a central authority, `@name` is a name at that provider in both.
    """
    providers = [asked.recipient for asked in (one, other) if asked.recipient.role == PROVIDER]
    known = providers[0] if len(providers) == 1 else None
    return not set(keys(work, one, provider=known)).isdisjoint(keys(work, other, provider=known))


def rows(work: UnitOfWork, asked: AskedAbout, **of: Request | Preservation) -> list[Target]:
    """Rows for the accounts asked about. of: what they are of, by the name of that link, where it is to be set."""
    found = zip(asked.accounts, keys(work, asked), strict=True)
    return [work.new(Target, typed=typed, key=key, **of) for typed, key in found]


def replace(work: UnitOfWork, request: Request, accounts: Iterable[str]) -> None:
    """Other accounts in place of those a request asks about; one that stays keeps what came of it."""
    standing = outcomes.standing(request)
    asked = AskedAbout(list(accounts), request.case.agency, request.recipient)
    for row in request.targets:
        work.session.delete(row)
    work.session.flush()
    work.session.expire(request, ["targets"])
    request.targets.extend(rows(work, asked))
    outcomes.put_back(request, standing)
