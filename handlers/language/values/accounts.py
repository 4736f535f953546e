"""Lists of accounts: where one ends and the next begins, alike for what is typed and for the cells of a register.

In: the text of a value or a cell. Out: accounts, each once, as they were written. What makes two of them one account is
no matter of the language: `storage/reference/accounts.py`.

    page.one; page.two,page.three           three names: any separator parts names
    https://a.example/x,y;z                 one address: a comma inside belongs to it
    https://a.example/x, https://b.example  two: a separator parts addresses before a space, an end or an address
    fb.com/a,fb.com/b                       two, for the same reason; an address needs no https://
    https://x.com/a,@b; https://x.com/c,+92 three after one: an e-mail address, `+` and digits, or @name follows
    page.one,fb.com/a,page.two              three names: what parted names before an address parts them after it
    0300 1234567 0301 1234567               two: both are whole numbers
    1. fb.com/a and fb.com/b                two: numbers of a list and words between accounts belong to none
"""

import re
from collections.abc import Sequence
from typing import Annotated

from handlers.language.errors import TooLong, clause
from handlers.language.grammar import visible
from handlers.language.values.kind import Choice, Given, Kind, Lookup, Widget, containing

LONGEST = 500  # characters of one account; the record holds as many
SEPARATORS = ";,|\uff0c\uff1b\u060c\u061b\u3001"  # those of full-width, Arabic and Chinese keyboards, too
SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*://"
ADDRESS = rf"{SCHEME}|www\.|(?:[\w-]+\.)+[^\W\d_]{{2,}}(?::\d+)?[/?]"
END = rf"(?=\s|$|[{SEPARATORS}])"
EMAIL = rf"[\w.+%-]+@(?:[\w-]+\.)+[^\W\d_]{{2,}}{END}"
AT_NAME = rf"@(?=[\w.-]*[^\W\d])[\w.-]+{END}"
ABROAD = r"[+\uff0b]\(?\d(?:[ ().-]{0,2}\d){6,16}"
NUMBER = r"(?:[+\uff0b]\(?\d|\(?[0\u0660\u06f0])(?:[ ().-]{0,2}\d){9,16}|\d{10,20}"
"""A whole telephone number, or an id: two of them are too long for one."""
BETWEEN = r"(?:(?:and|&|/|\u0627\u0648\u0631|\u0648)[ \t]+|\d{1,2}[.)][ \t]+)"
"""Words, signs and numbers of a list between two accounts; the last are Urdu and Arabic."""
SURE = rf"{ADDRESS}|{EMAIL}|{AT_NAME}|{NUMBER}"
BEGINS_WITH_ADDRESS = re.compile(rf"\s*(?:{ADDRESS})")
CUT = re.compile(rf"[\n{SEPARATORS}]|[^\S\n]++{BETWEEN}{{0,2}}(?={SURE})|[/&](?={NUMBER})")
BEFORE_FIRST = re.compile(rf"\s*{BETWEEN}{{1,2}}(?={SURE})")
ENDS_ADDRESS = re.compile(rf"\s|$|[{SEPARATORS}]|{ADDRESS}|{EMAIL}|{AT_NAME}|{ABROAD}{END}")
BEFORE_SCHEME = re.compile(SCHEME)
WHOLE = re.compile(rf"\s*(?:{EMAIL}|{AT_NAME}|{NUMBER})\s*")
WHOLE_NUMBER = re.compile(rf"\s*(?:{NUMBER})\s*")
ONE_NAME = re.compile(rf"\s*[^\W\d][\w.-]*{END}")
SHORT_ADDRESS = re.compile(r"\s*[\w.-]+/[\w.@-]+\s*")


def parted(text: str) -> tuple[str, ...]:
    """The accounts of a text, in order, each once; without characters that nobody can see."""
    text, _ = visible(text)
    found, start, between_names = list[str](), _begin(text, 0), set[str]()
    for cut in CUT.finditer(text):
        if cut.start() >= start and (_is_between(cut, text, start) or _goes_on(cut, text, start, between_names)):
            if ONE_NAME.fullmatch(text, start, cut.start()):
                between_names.add(cut[0])
            found.append(text[start : cut.start()])
            start = _begin(text, cut.end())
    parts = (part.strip() for part in (*found, text[start:]))
    return tuple(dict.fromkeys(part for part in parts if part))


def _begin(text: str, at: int) -> int:
    """Where the account after a sign begins: behind the number it has in a list, and behind "and"."""
    before = BEFORE_FIRST.match(text, at)
    return before.end() if before else at


def _is_between(cut: re.Match[str], text: str, start: int) -> bool:
    """Whether a sign is between two accounts. start: where the account before it begins."""
    if cut[0] == "\n":
        return True
    if cut[0] in "/&":
        return WHOLE_NUMBER.fullmatch(text, start, cut.start()) is not None
    if text.find("://", start, cut.start()) >= 0 or BEGINS_WITH_ADDRESS.match(text, start, cut.start()):
        return cut[0][0].isspace() or ENDS_ADDRESS.match(text, cut.end()) is not None
    if not cut[0][0].isspace() or BEFORE_SCHEME.match(text, cut.end()):
        return True
    return WHOLE.fullmatch(text, start, cut.start()) is not None


def _goes_on(cut: re.Match[str], text: str, start: int, between_names: set[str]) -> bool:
    """Whether a sign that parted names before a short address parts it from one more name."""
    if cut[0] not in between_names or not SHORT_ADDRESS.fullmatch(text, start, cut.start()):
        return False
    return ONE_NAME.match(text, cut.end()) is not None


class AccountList(Kind):
    """Accounts, numbers or addresses at a provider, each once, as typed. Invisible characters belong to none."""

    name = "accounts"
    accepted = clause("accounts")
    example = '"page.one; page.two"'
    multiline = True

    def parse(self, text: str, desk: Lookup) -> tuple[str, ...]:
        """The accounts. Errors: BadValue (none), TooLong (one of them)."""
        del desk
        accounts = parted(text)
        if not accounts:
            raise self.bad(text, clause("no_account"))
        if len(longest := max(accounts, key=len)) > LONGEST:
            raise TooLong(name=self.name, size=len(longest), limit=LONGEST)
        return accounts

    def continues(self, text: str, following: str) -> bool:
        """After a comma or semicolon comes one more."""
        del following
        return text.endswith(tuple(SEPARATORS))


class OwnAccountList(AccountList):
    """Some of the accounts that a request asks about: as they are written there, or by their number in it."""

    accepted = clause("own_accounts")
    example = "1,3"
    widget: Widget = "choices"
    multiline = False
    follows = ("ref",)

    def fitting(self, desk: Lookup, typed: str, given: Given) -> Sequence[Choice]:
        """Those of the request that are open, by number."""
        return containing(typed, desk.open_accounts(given.values.get("ref", "")))


Accounts = Annotated[tuple[str, ...], AccountList()]
OwnAccounts = Annotated[tuple[str, ...], OwnAccountList()]
