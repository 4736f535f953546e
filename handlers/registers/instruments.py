"""Which instrument an old request went by, and what data it asked for: registers do not say, so rules do.

In: a recipient's code and the register's own type of request. Out: codes of the reference data.

A provider's own form is found by its name: PROV-META and PROV-META-IE ask for PROD-META, PRES-META or EDR-META. One
without a form of its own is asked as any US provider is. Other bodies have the instrument of their kind.
"""

from handlers.registers import text
from handlers.registers.vocabulary import PROVIDER
from storage.reference.catalog import Reference

PRESERVATION, EMERGENCY = "preservation", "emergency"

FORMS = {
    "data": ("PROD", "PROD-US-BSI"),
    PRESERVATION: ("PRES", "PRES-US-2703F"),
    EMERGENCY: ("EDR", "EDR-US"),
}
"""{type of request: (how a provider's own form begins, the form where it has none)}."""

BY_BODY = {
    "US-DOJ-OIA": "MLA-US-OIA",
    "US-USNCB": "NCB-USNCB",
    "central_authority": "MLA-GENERIC",
    "ncb": "NCB-MSG",
    "liaison": "POLICE-LIAISON",
}
"""{a body's code, or its role: its instrument}."""

DATA_WORDS = {
    "bsi": "bsi",
    "subscriber": "bsi",
    "ip": "ip_logs",
    "traffic": "traffic",
    "content": "content",
    "payment": "payment",
}
"""{a word of the register's type of request: the kind of data it means}."""


def choose(reference: Reference, recipient: str, request_type: str) -> str | None:
    """The code of the instrument; None for a body that takes no such request."""
    body = reference.authorities[recipient]
    if body.role != PROVIDER:
        return BY_BODY.get(body.code) or BY_BODY.get(body.role)
    family, otherwise = FORMS[request_type]
    own = f"{family}-{body.code.split('-')[1]}"
    return own if own in reference.instruments else otherwise


def data(request_type: str, wording: str) -> tuple[str, ...]:
    """The kinds of data: "BSI + IP logs" is (bsi, ip_logs); one that names none ("User data") is for the subscriber."""
    if request_type == PRESERVATION:
        return ("preservation_snapshot",)
    named = dict.fromkeys(DATA_WORDS[word] for word in text.words(wording).split() if word in DATA_WORDS)
    return tuple(named) or ("bsi",)
