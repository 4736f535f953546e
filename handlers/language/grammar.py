"""How a line is cut into words and values. Pure: it knows no command and no record.

In: what a person typed, on whatever keyboard. Out: tokens, and what had to be removed; or where a quote stays open.

    request clarify 42/3 asks:"what plausible reason?" --on 2018-05-28
    word    word    value key:value                    key     value

- `key:value`, `key=value`, `--key value`, `--key=value`; a phone's long dash counts as two. Whether a key is one, the
  command decides.
- Quotes hold spaces: straight and curly, double and single, at the start of a value only, so the apostrophe of "don't"
  is none. A quote closes where a word ends. Inside double quotes a backslash keeps a quote or a backslash as it is.
- Every space is a space. Control, zero-width and direction characters are removed and counted; the joiners that Urdu,
  Persian and emoji are written with stay between such letters.
Why quotes close only at the end of a word: 'they don't answer' is then one value, as its writer meant.
"""
# ruff: noqa: RUF001 - the quotes and dashes of other keyboards are the subject

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from handlers.language.errors import OpenQuote, TooLong
from storage.spelling import fold

LINE_LIMIT_CHARACTERS = 8_000
SHOWN_CHARACTERS = 60

# Opening quote -> what closes it, first choice before second: keyboards mix the two ends.
CLOSERS = {
    '"': ('"', "”“"), "“": ("”", '"“'), "”": ("”", '"'), "„": ("“”", '"'), "＂": ("＂", '"'),
    "«": ("»", ""), "»": ("«»", ""), "‹": ("›", ""), "›": ("‹›", ""),
    "'": ("'", "’‘"), "‘": ("’", "'‘"), "’": ("’", "'"), "‚": ("‘’", "'"),
}  # fmt: skip
SINGLE = "'‘’‚‹›"
KEY = re.compile(r"(?P<dashes>--|[—–―])?(?P<key>[^\W\d_][\w-]*)(?P<sign>[:=])?")
SPACE = re.compile(r"\s+")
END_OF_WORD = " \n\t,;.!?"
VISIBLE_FORMATS = re.compile(r"[\u0600-\u0605\u06dd\u070f\u0890\u0891\u08e2]")  # Arabic and Syriac number marks
_JOINED = r"[^\x00-\u02ff\u2000-\u206f\ud800-\udfff\ufeff\s]"  # letters and signs of scripts that use joiners
LINE_ENDS = "\v\f\x1c\x1d\x1e\x85"
"""Control characters that end a line: word processors and old mainframes write them."""
JOINER = re.compile(f"(?<={_JOINED})[\u200c\u200d](?={_JOINED})")


@dataclass(frozen=True)
class Token:
    """One piece of a line: `text` if it is a value in order, `key` and `value` if the command has such a key.

    key: folded (`Own-Ref` is `own_ref`); empty where there can be none.
    value: None where nothing is attached, which differs from `asks:""`.
    quoted: the value stood in quotes. dashed: written `--key`, so certainly meant as a key.
    """

    text: str
    quoted: bool = False
    key: str = ""
    value: str | None = None
    dashed: bool = False


def read(line: str) -> tuple[list[Token], int]:
    """The tokens of a line, and how many invisible characters were removed from it.

    Errors: TooLong (over 8,000 characters), OpenQuote.
    """
    if len(line) > LINE_LIMIT_CHARACTERS:
        raise TooLong(name="line", size=len(line), limit=LINE_LIMIT_CHARACTERS)
    text, removed = visible(line)
    tokens, at = [], _skip_spaces(text, 0)
    while at < len(text):
        token, at = _token(text, at)
        tokens.append(token)
        at = _skip_spaces(text, at)
    return tokens, removed


def visible(text: str) -> tuple[str, int]:
    """The text without characters nobody can see, every kind of space a plain one; and how many were removed.

    Lone surrogates count as invisible: no database and no platform takes them.
    """
    if text.isascii() and text.isprintable():
        return text, 0
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    joiners = {match.start() for match in JOINER.finditer(text)}
    kept = [_seen(character) if at not in joiners else character for at, character in enumerate(text)]
    return "".join(kept), kept.count("")


def plain(text: str) -> str:
    """For codes, dates and numbers: digits of any script, full-width letters and all dashes as ASCII has them."""
    return "".join(_plain(character) for character in unicodedata.normalize("NFKC", text))


def folded(word: str) -> str:
    """A key as it is compared: case and the kind of dash do not matter."""
    return fold(word).replace("-", "_")


def quoted(text: str) -> str:
    """The text as one token, whatever it holds; `read` gives it back unchanged."""
    if re.fullmatch(r"\w[\w./+@-]*", text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _token(text: str, at: int) -> tuple[Token, int]:
    if text[at] in CLOSERS:
        value, end = _quoted(text, at)
        return Token(text=value, quoted=True), end
    match = KEY.match(text, at)
    if match is None:
        word = _word(text, at)
        return Token(text=word), at + len(word)
    after, in_quotes = match.end(), False
    if match["sign"] and text[after : after + 1] in CLOSERS:
        value, end = _quoted(text, after)
        in_quotes = True
    else:
        value = _word(text, after)
        end = after + len(value)
    is_key = bool(match["sign"]) or (bool(match["dashes"]) and not value)
    if not is_key:
        return Token(text=text[at:end]), end
    attached = value if end > after else None
    return Token(text[at:end], in_quotes, folded(match["key"]), attached, dashed=bool(match["dashes"])), end


def _word(text: str, at: int) -> str:
    space = SPACE.search(text, at)
    return text[at : space.start() if space else len(text)]


def _quoted(text: str, at: int) -> tuple[str, int]:
    """The value of the quote that opens at a position, with what sticks to its end, and the position after it."""
    for closers in CLOSERS[text[at]]:
        end = _closing(text, at, closers)
        if end:
            tail = _word(text, end + 1)
            return _unescaped(text[at + 1 : end], text[at]) + tail, end + 1 + len(tail)
    raise OpenQuote(position=at + 1, quoted=text[at : at + SHOWN_CHARACTERS], line=text)


def _closing(text: str, opening: int, closers: str) -> int:
    """Where a quote closes; 0 for never (a quote cannot close at the start of a line)."""
    at = opening + 1
    while at < len(text):
        if text[at] == "\\" and text[opening] not in SINGLE:
            at += 2
            continue
        if text[at] in closers and (at + 1 == len(text) or text[at + 1] in END_OF_WORD):
            return at
        at += 1
    return 0


def _unescaped(inner: str, opening: str) -> str:
    return inner if opening in SINGLE else re.sub(r'\\(["“”„«»＂\\])', r"\1", inner)


def _skip_spaces(text: str, at: int) -> int:
    space = SPACE.match(text, at)
    return space.end() if space else at


def _seen(character: str) -> str:
    """The character as it is kept: itself, a plain space or line break, or nothing."""
    if " " <= character <= "~" or character in "\n\t":
        return character
    if character in LINE_ENDS:
        return "\n"
    return _BY_CATEGORY.get(unicodedata.category(character), str)(character)


def _format(character: str) -> str:
    return character if VISIBLE_FORMATS.match(character) else ""


_BY_CATEGORY: dict[str, Callable[[str], str]] = {
    "Cc": lambda _: "",
    "Cs": lambda _: "",
    "Cf": _format,
    "Zs": lambda _: " ",
    "Zl": lambda _: "\n",
    "Zp": lambda _: "\n",
}


def _plain(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if unicodedata.category(character) == "Pd" or character == "\N{MINUS SIGN}":
        return "-"
    return character
