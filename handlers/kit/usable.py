"""Usable: the commands somebody may use in their roles, the most used first. Menus, help and the desk show these.

In: the commands there are, and roles. Out: those of them that would not be refused for the role.
"""

from collections.abc import Collection, Iterable

from handlers.language.command import Spec
from storage.exposure.roles import Role

MOST_USED = (
    "desk home",
    *("request file", "case open", "overdue", "request list", "case list", "summary week"),
    *("request receive", "request sent", "request acknowledge", "request produced", "request clarify"),
    *("request supplement", "request refused", "request status", "request check"),
    *("case note", "case status", "case search", "case assign", "case share", "case close"),
    *("preservation ask", "preservation list", "preservation confirmed", "preservation renewed"),
    *("desk person", "desk health", "desk history", "desk verify"),
    *("desk help", "desk me", "desk away", "desk link"),
)
"""What stands on top of a menu, of a page of help and of the desk; below it the others, as they are written."""


def first_used(specs: Iterable[Spec], roles: Collection[Role]) -> tuple[Spec, ...]:
    """Those of some commands that these roles may use, the most used first."""
    usable = [spec for spec in specs if not spec.hidden and (not spec.needs or spec.needs.intersection(roles))]
    place = {words: number for number, words in enumerate(MOST_USED)}
    return tuple(sorted(usable, key=lambda spec: place.get(spec.words, len(place))))
