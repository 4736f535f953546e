"""Lists of accounts: where one ends and the next begins, alike for what is typed and for the cells of a register.

In: the text of a value or a cell. Out: accounts, each once, as they were written. What makes two of them one account is
no matter of the language: `storage/reference/accounts.py`.

    page.one; page.two,page.three           three names: any separator parts names
    https://a.example/x,y;z                 one address: a comma inside belongs to it
    https://a.example/x, https://b.example  two: a separator parts addresses before a space, an end or an address
    fb.com/a,fb.com/b                       two, for the same reason; an address needs no https://
"""

import re
from typing import Annotated

from handlers.language.errors import TooLong, clause
from handlers.language.grammar import visible
from handlers.language.values.kind import Kind, Lookup

LONGEST = 500  # characters of one account; the record holds as many
SEPARATORS = ";,|\uff0c\uff1b\u060c\u061b\u3001"  # those of full-width, Arabic and Chinese keyboards, too
SCHEME = r"[A-Za-z][A-Za-z0-9+.-]*://"
ADDRESS = rf"{SCHEME}|www\.|(?:[\w-]+\.)+[^\W\d_]{{2,}}(?::\d+)?[/?]"
BEGINS_WITH_ADDRESS = re.compile(rf"\s*(?:{ADDRESS})")
CUT = re.compile(rf"[\n{SEPARATORS}]|\s(?={ADDRESS})")
ENDS_ADDRESS = re.compile(rf"\s|$|[{SEPARATORS}]|{ADDRESS}")
BEFORE_SCHEME = re.compile(SCHEME)


def parted(text: str) -> tuple[str, ...]:
    """The accounts of a text, in order, each once; without characters that nobody can see."""
    text, _ = visible(text)
    found, start = list[str](), 0
    for cut in CUT.finditer(text):
        if _is_between(cut, text, start):
            found.append(text[start : cut.start()])
            start = cut.end()
    parts = (part.strip() for part in (*found, text[start:]))
    return tuple(dict.fromkeys(part for part in parts if part))


def _is_between(cut: re.Match[str], text: str, start: int) -> bool:
    """Whether a sign is between two accounts. start: where the account before it begins."""
    if cut[0] == "\n":
        return True
    if text.find("://", start, cut.start()) >= 0 or BEGINS_WITH_ADDRESS.match(text, start, cut.start()):
        return cut[0].isspace() or ENDS_ADDRESS.match(text, cut.end()) is not None
    return not cut[0].isspace() or BEFORE_SCHEME.match(text, cut.end()) is not None


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


Accounts = Annotated[tuple[str, ...], AccountList()]
