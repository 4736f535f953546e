"""Words in a column of accounts that name none: nobody knew any, or they stand somewhere else.

In: one account as it was parted from its cell. Out: whether it is none. Only whole words count: "see.attached" may be
somebody's name.
"""

import re

from handlers.registers.text import is_blank, key, says_nothing

UNKNOWN = frozenset(
    {
        *("unknown", "unkown", "unk", "notknown", "notyetknown", "unidentified", "notidentified"),
        *("notavailable", "notgiven", "notprovided", "notmentioned", "notstated", "nottraced", "notfound"),
        *("noaccount", "noaccounts", "accountunknown", "unknownaccount", "nodetail", "nodetails", "نامعلوم"),
        "معلومنہیں",
    }
)
"""Words that say that no account was known, as `key` leaves them."""
ELSEWHERE = frozenset(
    {
        *("annex", "annexed", "annexes", "annexure", "annexures", "anex", "anexure", "appendix", "appended"),
        *("attach", "attached", "attachment", "attachments", "enclosed", "enclosure", "enclosures", "encl"),
        *("herewith", "overleaf", "ditto", "do", "above", "below", "same", "separately", "list", "lists"),
        *("file", "remarks"),
    }
)
POINTING = frozenset(
    {
        *("see", "pls", "please", "kindly", "as", "per", "in", "on", "at", "to", "of", "the", "and", "is"),
        *("are", "with", "refer", "ref", "vide", "given", "mentioned", "detail", "details", "account"),
        *("accounts", "url", "urls", "id", "ids", "listed", "sheet", "letter", "page", "column", "row"),
        *("here", "separate", "copy", "also", "for"),
    }
)
NUMBER = re.compile(r"\d{1,3}|[a-z]|[ivx]+")
"""What an annex is called by."""
BESIDE = " \t\n()[]{}:;,.\"'-/*"


def is_unknown(part: str) -> bool:
    """Whether it says that there is no account, or that nobody knows it."""
    return says_nothing(part) or key(part) in UNKNOWN


def is_no_account(part: str) -> bool:
    """Whether it is only signs or noughts, or says where else the accounts stand."""
    if is_blank(part):
        return False
    if not key(part).strip("0"):
        return True
    given = [word.strip(BESIDE) for word in re.split(r"[\s\-]+", part.casefold())]
    named = [word for word in given if word and word not in ELSEWHERE and not NUMBER.fullmatch(word)]
    return not ELSEWHERE.isdisjoint(given) and POINTING.issuperset(named)
