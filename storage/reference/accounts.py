"""One account in many spellings is one account: the key under which it is stored, compared and searched.

In: an account as a person typed it or a register spells it, the country of the agency, the provider that is asked. Out:
its key, at most LONGEST characters: a phone number as E.164, an address (URL) in the first form of its service, an
e-mail address in small letters, else the words in small letters. What was typed stays as typed beside it.

    0300-1234567                                 +923001234567            in Pakistan
    https://m.facebook.com/Some.Page/?ref=x      facebook.com/somepage
    @example                                     x.com/example            asked of PROV-X, else @example
    https://Example.org/A?b=c#d                  example.org/A?b=c#d      a host nobody described: all stays
    <https://x.com/José>                         x.com/josé               an accent, a letter of another script: a name

Which hosts, forms and idle keys of a query belong to a service is `services.json`.
Why so timid: a spelling that is missed costs a warning; two accounts taken for one say of somebody what is not so.
Whatever may tell two accounts apart stays: the dots and the `+` of an e-mail address, the capitals, the query and the
fragment of an unknown host, a key of a query that nobody called idle, accents and the letters of a name, a bare name at
whatever provider, a number without `+`, `0` or brackets (it may be an id). A search folds names, by what was typed.
Must change together: this module, and a migration that computes the keys on record anew.
"""

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, NamedTuple
from urllib.parse import parse_qsl, quote_from_bytes, unquote, unquote_to_bytes

import phonenumbers
from pydantic import Field, StringConstraints

from storage.reference.rows import Codes, Of, Row
from storage.spelling import fold

LONGEST = 500  # characters of a key; the column holds as many
UNSEEN = {"Cc", "Cf", "Cs"}  # categories of characters that nobody sees: a phone puts direction marks around numbers
SCHEME = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://", re.IGNORECASE)
HOST = r"(?:[\w-]+\.)+(?:[^\W\d_]{2,}|xn--[\w-]+)\.?(?::\d+)?"
BARE_ADDRESS = re.compile(rf"www\.|{HOST}(?=[/?#])", re.IGNORECASE)
"""How an address without its scheme begins: `fb.com/name`. A bare `some.page` is a name."""
EMAIL = re.compile(r"(?:mailto:)?([^@\s/:]+@[^@\s/:?]+\.[^@\s/:?]+)(?:\?.*)?", re.IGNORECASE)
PHONE = re.compile(r"(?:tel:)?(\+?[\d\s().\-\u2010-\u2015/]+)", re.IGNORECASE)
PHONE_DIGITS = range(5, 21)
RANDOM_ID = re.compile(r"(?=.*\d)(?=.*[a-z])(?=.*[A-Z])[\w-]{20,}")
"""An id such as `UCBa659QWEk1AI4Tg-mrJ2A`, whose capitals count."""
ROUTE = re.compile(r"[/!=@:]")  # in a fragment that says more than where on the page to look
IN_PATH = "!$&'()*+,;=:@~"
BRACKETS = {"<": ">", "(": ")", "[": "]"}
IDLE = frozenset({"fbclid", "gclid", "ref", "utm_campaign", "utm_content", "utm_medium", "utm_source", "utm_term"})
"""Keys of a query that say at every service only whence somebody came."""
BLANK = re.compile(r"\{(\w+)\}")
BLANKS = {
    "name": r"(?![\w.-]*\.php$)[\w.-]+",
    "dotless": r"(?![\w.-]*\.php$)[\w.-]+",
    "id": r"[\w-]+",
    "number": r"[0-9]+",
    "member": r"(?-i:AC[a-z]AA[\w-]*)",
    "phone": r"\+?[0-9]{7,15}",
    "any": r"[^/]+",
    "rest": r".*",
}
"""What may stand in the blanks of a form; `rest` may also be missing."""
UNKEPT = {"any", "rest"}
EXACT = {"id", "number", "member"}


Hosts = tuple[Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(\.[a-z0-9-]+)+$")], ...]


class Service(Row):
    """Where people have accounts, and how it writes one account.

    `hosts` mean the same, the first counts; `prefixes` may stand before one. Each of `forms` is one account in several
    ways, the first counts. `idle` keys of a query change nothing; any other makes an address something else.
    """

    providers: Annotated[Codes, Of("authorities")]
    hosts: Annotated[Hosts, Field(min_length=1)]
    prefixes: Codes
    idle: Codes
    forms: tuple[Annotated[Codes, Field(min_length=1)], ...]


class _Form(NamedTuple):
    """One way to write an account: what its path and query must be, and the way that counts."""

    path: re.Pattern[str]
    query: Mapping[str, re.Pattern[str]]
    counts: str


@dataclass(frozen=True)
class _Site:
    """All that is known of one host: under what name it goes, whose prefixes it takes, and its forms in order."""

    host: str
    prefixes: frozenset[str]
    idle: frozenset[str]
    forms: tuple[_Form, ...]


class Accounts:
    """The spellings of accounts, as the services of the reference data describe them."""

    def __init__(self, services: Iterable[Service]) -> None:
        self._sites: dict[str, _Site] = {}
        self._bare: dict[str, list[_Form]] = {}
        for row in services:
            self._add(row)

    def key(self, typed: str, *, country: str, provider: str = "") -> str:
        """The key of an account.

        country: of the agency on whose case it stands, two letters: how its people write the numbers they dial.
        provider: code of the recipient of the request, by whom `@name` is understood; empty where nobody is asked.
        """
        text = _bare("".join(c for c in typed if unicodedata.category(c) not in UNSEEN or c.isspace()).strip())
        wide = unicodedata.normalize("NFKC", text)
        found = self._address(text) or _email(wide) or _phone(wide, country) or self._asked(wide, country, provider)
        return _within(found or _name(wide))

    def keys(self, typed: str, *, country: str) -> frozenset[str]:
        """Every key it may have, whoever is asked: for a search, where nobody says which provider is meant."""
        return frozenset(self.key(typed, country=country, provider=code) for code in ("", *self._bare))

    # ---- addresses -----------------------------------------------------------------------------------------------

    def _address(self, text: str) -> str:
        """An address in the form that counts; empty for what is none."""
        scheme = SCHEME.match(text)
        if not scheme and not BARE_ADDRESS.match(text):
            return ""
        known = scheme["scheme"].lower() if scheme else "https"
        rest, _, fragment = text[scheme.end() if scheme else 0 :].partition("#")
        rest, _, query = rest.partition("?")
        host, _, path = rest.partition("/")
        user, at, host = host.rpartition("@")
        host, path = _host(host), _path(path)
        if known not in {"http", "https"}:
            return f"{known}://{_joined(user + at + host, path, query, fragment)}"
        site = self._site(host)
        if site and not user and not ROUTE.search(fragment) and (account := _account(site, path, query)):
            return account
        return _joined(user + at + (site.host if site else host.removeprefix("www.")), path, query, fragment)

    def _site(self, host: str) -> _Site | None:
        if host in self._sites:
            return self._sites[host]
        prefix, _, rest = host.partition(".")
        site = self._sites.get(rest)
        return site if site and prefix in site.prefixes else None

    def _asked(self, text: str, country: str, provider: str) -> str:
        """What `@name`, or a number at a service of numbers, is at the provider asked; empty for what is clear nowhere.

        Where two of its services have such a form it is clear in neither.
        """
        found = {form.counts for form in self._bare.get(provider, ()) if form.path.fullmatch(text)}
        if len(found) != 1:
            return ""
        form = next(form for form in self._bare[provider] if form.path.fullmatch(text))
        return _filled(form, [form.path.fullmatch(text)], country)

    # ---- forms ---------------------------------------------------------------------------------------------------

    def _add(self, row: Service) -> None:
        forms: dict[str, list[_Form]] = {row.hosts[0]: []}
        for ways in row.forms:
            for way in ways:
                host = host_of(way)
                path, _, query = way.removeprefix(f"{host}/").partition("?")
                asked = {name: _pattern(value) for name, value in parse_qsl(query)}
                form = _Form(_pattern(path), asked, ways[0])
                if host:
                    forms.setdefault(host, []).append(form)
                else:
                    for provider in row.providers:
                        self._bare.setdefault(provider, []).append(form)
        for host, known in forms.items():
            site = _Site(host, frozenset(row.prefixes), IDLE | frozenset(row.idle), tuple(known))
            self._sites |= dict.fromkeys(row.hosts if host == row.hosts[0] else (host,), site)


def _bare(text: str) -> str:
    """An address without the brackets around it, as mail programs and people put them; any other text as it is."""
    inner = text[1:-1].strip() if BRACKETS.get(text[:1], " ") == text[-1:] else ""
    return inner if SCHEME.match(inner) or BARE_ADDRESS.match(inner) or EMAIL.fullmatch(inner) else text


def blanks(form: str) -> list[str]:
    """The names of the blanks in a form."""
    return BLANK.findall(form)


def host_of(form: str) -> str:
    """The host of a form; empty for one that is only written to the provider itself."""
    address = form.partition("?")[0]
    return address.partition("/")[0] if "/" in address else ""


def _pattern(form: str) -> re.Pattern[str]:
    """A form as a pattern; what stands in its blanks is found under their names."""
    pieces = BLANK.split(form)
    written = [re.escape(piece) for piece in pieces]
    written[1::2] = [BLANKS[name] if name in UNKEPT else f"(?P<{name}>{BLANKS[name]})" for name in pieces[1::2]]
    return re.compile("".join(written), re.IGNORECASE)


def _account(site: _Site, path: str, query: str) -> str:
    """The account that an address of a known host names; empty where no form says."""
    asked = {name.lower(): value for name, value in reversed(parse_qsl(query, keep_blank_values=True))}
    for form in site.forms:
        found = [form.path.fullmatch(unquote(path))]
        found += [pattern.fullmatch(asked.get(name, "")) for name, pattern in form.query.items()]
        if all(found) and asked.keys() - form.query.keys() <= site.idle:
            return _filled(form, found, "")
    return ""


def _filled(form: _Form, found: Iterable[re.Match[str] | None], country: str) -> str:
    """The form that counts, its blanks filled; empty where a number is none."""
    typed = {name: value for match in found if match for name, value in match.groupdict().items()}
    written = {
        name: _number(value, country) if name == "phone" else value if name in EXACT else _small(value)
        for name, value in typed.items()
    }
    if "dotless" in written:
        written["dotless"] = written["dotless"].replace(".", "")
    return form.counts.format(**written) if all(written.values()) else ""


def _host(typed: str) -> str:
    """Small letters, letters for `xn--`, no last dot, no port that goes without saying."""
    host = unicodedata.normalize("NFKC", typed).replace("\u3002", ".").lower()
    host = re.sub(r":(?:80|443)$", "", host).rstrip(".")
    return ".".join(map(_label, host.split(".")))


def _label(label: str) -> str:
    try:
        return (
            unicodedata.normalize("NFKC", label[4:].encode("ascii").decode("punycode"))
            if label[:4] == "xn--"
            else label
        )
    except UnicodeError:
        return label


def _path(typed: str) -> str:
    """The path in one way of writing: percent signs only where they must be, no slash at the end; capitals stay."""
    return "/".join(
        quote_from_bytes(unquote_to_bytes(unicodedata.normalize("NFC", part)), safe=IN_PATH)
        for part in typed.split("/")
    ).rstrip("/")


def _joined(host: str, path: str, query: str, fragment: str) -> str:
    parts = (("/", path), ("?", query), ("#", fragment))
    return host + "".join(sign + part for sign, part in parts if part)


# ---- the rest ----------------------------------------------------------------------------------------------------


def _email(text: str) -> str:
    """Small letters throughout; dots and `+` stay. Empty for what is none."""
    found = EMAIL.fullmatch(text)
    if not found:
        return ""
    local, _, host = found[1].partition("@")
    return f"{local.lower()}@{_host(host)}"


def _phone(text: str, country: str) -> str:
    """E.164; a number that begins with `+` and is none keeps its digits. Empty for what does not look dialled."""
    found = PHONE.fullmatch(text)
    signs = found[1] if found else ""
    digits = "".join(str(unicodedata.decimal(sign)) for sign in signs if sign.isdecimal())
    if len(digits) not in PHONE_DIGITS or not (signs.startswith("+") or digits.startswith("0") or "(" in signs):
        return ""
    if signs.startswith("+"):
        return _e164(signs, None) or f"+{digits}"
    return _e164(signs, country) or (_e164(f"+{digits[2:]}", None) if digits.startswith("00") else "")


def _number(digits: str, country: str) -> str:
    """A number with its country and perhaps without its `+`; empty where it may as well be one of our own country."""
    abroad = _e164(f"+{digits.removeprefix('+')}", None)
    here = _e164(digits, country) if country else ""
    return abroad if not here or here == abroad else ""


def _e164(number: str, country: str | None) -> str:
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_valid_number(parsed):
        return ""
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _name(text: str) -> str:
    """A name in whatever letters: capitals do not count, unless a machine made it. Digits of any script are digits."""
    if RANDOM_ID.fullmatch(text):
        return text
    words = " ".join(text.split())
    return _small(words) if any(map(str.isalpha, words)) else fold(words) or words


def _small(name: str) -> str:
    """Small letters, full-width ones as plain; unlike `fold` it takes no accent and no letter for another."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFKC", name).lower())


def _within(key: str) -> str:
    """The key where it is short enough, else its beginning and a fingerprint of the whole."""
    if len(key) <= LONGEST:
        return key
    mark = hashlib.sha256(key.encode()).hexdigest()
    return key[: LONGEST - len(mark)] + mark
