"""The tally counted anew, row by row in plain Python, to be compared with what the triggers keep.

In: a unit of work. Out: {what is alike: how many}, and how that differs from what is kept.
"""

import json
from collections import Counter
from datetime import UTC, date

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from storage.database.unit_of_work import UnitOfWork
from storage.models import Request, Tally
from storage.models.tallies import KEY
from storage.rules.lifecycle import WAITING


def counted(work: UnitOfWork) -> Counter[tuple[object, ...]]:
    """Of every request that was sent and is not RED."""
    found = Counter[tuple[object, ...]]()
    query = select(Request).options(selectinload(Request.targets), selectinload(Request.case))
    for one in work.session.scalars(query.execution_options(populate_existing=True)):
        if one.sent_on is None or one.case.label == "TLP:RED":
            continue
        if one.answered_on:
            kind, day = "answered", max(0, (one.answered_on - one.sent_on).days)
        elif one.status in WAITING:
            kind, day = "open", (one.sent_on - date(1970, 1, 1)).days
        else:
            kind, day = "left", max(0, (one.status_at.astimezone(UTC).date() - one.sent_on).days)
        came = one.status
        if came == "transferred" and one.answered_on:
            came = "refused" if one.refusals else "not_held"
        whose, instrument = (one.agency_id, one.direction), one.instrument
        side = (one.party_id, one.case.label)
        need = (one.case.category, tuple(one.data), int(one.emergency))
        found[(*whose, "whole", *side, instrument, "", (), 0, "", came, kind, day)] += 1
        found[(*whose, "need", *side, instrument, *need, "", came, kind, day)] += 1
        if one.refusals:
            codes = ",".join(sorted({code for refusal in one.refusals for code in refusal["codes"]}))
            found[(*whose, "codes", *side, "", "", (), 0, codes, "", "", 0)] += 1
        for target in one.targets:
            found[(*whose, "account", *side, "", "", (), 0, "", target.outcome or came, "", 0)] += 1
    return found


def kept(work: UnitOfWork) -> Counter[tuple[object, ...]]:
    """What the triggers keep."""
    rows = work.session.execute(select(*(getattr(Tally, name) for name in (*KEY, "count"))))
    place = KEY.index("data")
    return Counter(
        {(*row[:place], tuple(json.loads(row[place] or "[]")), *row[place + 1 : -1]): row[-1] for row in rows}
    )


def differences(work: UnitOfWork) -> dict[tuple[object, ...], tuple[int, int]]:
    """{what is alike: (as kept, as counted anew)}, where they are not the same; a row that says 0 is one as well."""
    ours, anew = kept(work), counted(work)
    return {one: (ours.get(one, 0), anew[one]) for one in ours.keys() | anew.keys() if ours.get(one) != anew.get(one)}
