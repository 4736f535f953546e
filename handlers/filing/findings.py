"""Findings: what is worth knowing before something is sent or put on record, and the error that asks why all the same.

Must change together: the `code` of each finding, its sentence in `templates/messages/_base/findings.md.j2`, its line
in `headlines.md.j2`, and for a warning the value it is about, in `CONCERNS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from handlers.exposure import RecordFacts
from handlers.language.errors import UserError

CONCERNS = {
    "form_of_another": "as",
    "law_of_others": "as",
    "not_bound": "as",
    "not_in_force": "as",
    "other_channel": "as",
    "other_direction": "as",
    "other_state": "as",
    "own_country": "as",
    "provider_asks": "as",
    "recipient_retired": "to",
    "paper_of_others": "basis",
    "paper_unknown": "basis",
    "paper_refused": "basis",
    "paper_not_accepted": "basis",
    "same_paper_other_road": "basis",
    "label_too_close": "to",
    "refused_before": "basis",
    "outlives_preservation": "as",
    "account_asked_already": "accounts",
    "same_request": "accounts",
}
"""By the code of a warning, the value it is about, as it is typed."""


@dataclass(frozen=True)
class Finding(RecordFacts):
    """One thing worth knowing before sending.

    `facts` are the values of its sentence; `caution` says what is not verified. `ref` and `label`: the other record it
    tells of, empty where there is none; whoever does not see that record does not read the finding.
    """

    code: str
    facts: Mapping[str, object]
    source: str = ""
    caution: str = ""
    ref: str = ""
    label: str = ""


@dataclass
class Warned(UserError):
    """Pre-flight warnings, answered with `despite:"reason"` or by doing what would work."""

    ref: str
    warnings: tuple[Finding, ...]
    line: str
