"""Which letters the bytes of a text file mean.

What comes in: a file, and perhaps what a person says of it. What goes out: `Encoding`, with the whole file read by it
once, strictly: no letter is ever replaced. Raises `RegisterUnreadable` where it does not fit.

A byte-order mark decides, then a person, then what cannot be otherwise (UTF-8, UTF-16, plain ASCII). The rest is a
guess, because any bytes are letters in most old encodings: `sure` weighs it against the next likely one that reads
other letters, and is never 1.

Why chardet: of 87 made-up registers in 29 encodings it ranks the right one first in 84, charset-normalizer in 61
(Turkish, Polish, Spanish, Hebrew and Japanese were among the lost). It needs nothing else, and is well kept (0BSD).
"""

import codecs
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import chardet

from handlers.language.errors import Clause, clause
from handlers.registers.errors import SAVE_AS, RegisterUnreadable
from handlers.registers.lines import LINE_LIMIT, Encoding, Rival

MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""The longer ones first: one mark begins with another."""
CHUNK_BYTES = 1 << 20
SAMPLE_BYTES = 100_000
SAMPLES, SAMPLE_LETTERS = 3, 60
SUREST_GUESS = 0.95
WINDOWS_FIRST = 1.05
"""What the encodings of Windows weigh more: nearly all such files are written there."""
WEST, WEST_FIRST = "cp1252", 1.3
"""One letter or two prove little, and far more files of Latin letters come from there than from all other places."""
NOT_OF_FILES = frozenset({"punycode", "unicode-escape", "raw-unicode-escape"})
"""Encodings of text that Python knows and no file is written in: of names of hosts, of sources of programs."""
CONTROLS = re.compile("[\x80-\x9f]")
"""Letters that no register holds: where they come out, the encoding is another."""
BETWEEN_CELLS = re.compile('[,;|\t\r\n"]+')
ESCAPE = re.compile(rb"\x1b[$()]")
"""How encodings of seven bits change to other letters; a colour of a terminal is no such thing."""


def encoding_of(path: Path, said: str | None = None) -> Encoding:
    """How the letters of the file are to be read. `said`: what a person says, by a name that Python knows."""
    with path.open("rb") as file:
        head = file.read(4096)
    for mark, name in MARKS:
        if head.startswith(mark):
            return _fits(path, Encoding(name, "mark"))
    if said is not None:
        return _fits(path, Encoding(_known(said, path.name), "mapping"))
    if wide := _utf_16(head):
        return _fits(path, Encoding(wide, "bytes"))
    foreign = _foreign_lines(path)
    if not foreign.sample:
        return Encoding("utf-8", "bytes")
    if foreign.broken_line is None and (foreign.whole or not foreign.escaped):
        return Encoding("utf-8", "bytes")
    if foreign.broken_line is not None and foreign.whole > foreign.broken:
        wrong = clause("mixed_encodings", line=foreign.broken_line)
        raise RegisterUnreadable(path.name, (wrong,), (*SAVE_AS, clause("encoding_in_mapping")))
    return _guess(path, foreign.sample)


@dataclass
class _Foreign:
    """The lines that are more than plain ASCII: how many are UTF-8 and how many are not, and some of them.

    broken_line: the number of the first that is not. escaped: whether one of them changes letters in seven bits.
    """

    whole: int = 0
    broken: int = 0
    broken_line: int | None = None
    escaped: bool = False
    sample: bytearray = field(default_factory=bytearray)


def _foreign_lines(path: Path) -> _Foreign:
    found = _Foreign()
    for number, line in enumerate(_lines(path), start=1):
        escaped = bool(ESCAPE.search(line))
        if line.isascii() and not escaped:
            continue
        found.escaped |= escaped
        if _is_utf_8(line):
            found.whole += not line.isascii()
        else:
            found.broken += 1
            found.broken_line = found.broken_line or number
        if len(found.sample) < SAMPLE_BYTES:
            found.sample += line
    return found


def _lines(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        for number in itertools.count(1):
            line = file.readline(LINE_LIMIT)
            if len(line) == LINE_LIMIT:
                raise RegisterUnreadable(path.name, (clause("long_line", line=number, most=LINE_LIMIT),), SAVE_AS)
            if not line:
                return
            yield line


def _is_utf_8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _known(name: str, file: str) -> str:
    """Python's own name for it. Refused where Python has no such encoding, or it is none of text."""
    try:
        b"text".decode(name, "replace")
        codecs.getincrementaldecoder(name)
        known = codecs.lookup(name).name
    except (LookupError, ValueError):
        known = ""
    if not known or known in NOT_OF_FILES:
        raise RegisterUnreadable(file, (clause("unknown_encoding", name=name),), (clause("encoding_in_mapping"),))
    return known


def _utf_16(head: bytes) -> str | None:
    """UTF-16 without its mark: every other byte of plain letters is zero."""
    if head.count(0) <= len(head) // 5:
        return None
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _fits(path: Path, encoding: Encoding) -> Encoding:
    if wrong := _misfit(path, encoding.name):
        raise RegisterUnreadable(path.name, (wrong,), (*SAVE_AS, clause("encoding_in_mapping")))
    return encoding


def _misfit(path: Path, name: str) -> Clause | None:
    """None where all of the file can be read so, else where it cannot."""
    line = 1
    decoder = codecs.getincrementaldecoder(name)("strict")
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            try:
                text = decoder.decode(chunk, final=not chunk)
            except ValueError as error:
                if isinstance(error, UnicodeDecodeError):
                    line += error.object[: error.start].count(b"\n")
                return clause("not_read_as", encoding=name, line=line)
            line += text.count("\n")
            if not chunk:
                return None


# ---- the guess -------------------------------------------------------------------------------------------------------


def _guess(path: Path, sample: bytearray) -> Encoding:
    likely = [(name, weight) for name, weight in _candidates(bytes(sample)) if not _misfit(path, name)]
    if not likely:
        raise RegisterUnreadable(path.name, (clause("no_text"),), (*SAVE_AS, clause("encoding_in_mapping")))
    name, weight = likely[0]
    text = sample.decode(name)
    if any(candidate == WEST and sample.decode(WEST) == text for candidate, _ in likely):
        name = WEST  # the same letters, by the name most people know
    others = ((candidate, against) for candidate, against in likely[1:] if sample.decode(candidate) != text)
    rival, against = next(others, ("", 0.0))
    sure = min(weight / (weight + against), SUREST_GUESS) if weight else 0.0
    otherwise = sample.decode(rival) if rival else ""
    said = Rival(rival, next(iter(_samples(otherwise, text)), "")) if rival else None
    return Encoding(name, "guess", round(sure, 2), _samples(text, otherwise), said)


def _candidates(sample: bytes) -> list[tuple[str, float]]:
    """(Python's name, weight), the likeliest first."""
    weights: dict[str, float] = {}
    for found in chardet.detect_all(sample, ignore_threshold=True, compat_names=False, max_bytes=len(sample)):
        try:
            name = codecs.lookup(found["encoding"] or "").name
            readable = not CONTROLS.search(sample.decode(name))
        except (LookupError, ValueError):
            continue  # not an encoding of Python's, or not of these bytes
        if readable:
            first = WEST_FIRST if name == WEST else WINDOWS_FIRST if name.startswith("cp125") else 1
            weights.setdefault(name, found["confidence"] * first)
    return sorted(weights.items(), key=lambda pair: -pair[1])


def _samples(text: str, otherwise: str) -> tuple[str, ...]:
    """The cells with the most letters that are not plain, cut short; first those that the rival reads otherwise."""
    cells, others = _cells(text), _cells(otherwise)
    foreign = {cell: sum(letter > "\x7f" for letter in cell) for cell in cells}
    most = sorted((cell for cell in cells if foreign[cell]), key=lambda cell: (cell in others, -foreign[cell]))
    return tuple(cell[:SAMPLE_LETTERS] for cell in most[:SAMPLES])


def _cells(text: str) -> dict[str, None]:
    return dict.fromkeys(cell.strip() for cell in BETWEEN_CELLS.split(text))
