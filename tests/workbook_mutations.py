"""The form of a good workbook spoilt: its parts, and its bytes. See `register_mutations.py`."""

import re
from collections.abc import Callable

from tests.register_mutations import SHEET, STRINGS, STYLES, TYPES, Mutant


def _replaced(
    mutant: Mutant, part: str, pattern: str, instead: str | Callable[[re.Match[str]], str], *, times: int = 0
) -> None:
    mutant.parts[part] = re.sub(pattern, instead, mutant.parts[part].decode(), count=times).encode()


def size_that_lies(mutant: Mutant) -> None:
    ref = mutant.chance.choice(["A1", "A1:C3", "A1:K4", "A1:E99", "B2:C3", "A1:XFD9", "nonsense", ""])
    _replaced(mutant, SHEET, '<dimension ref="[^"]*" ?/>', mutant.chance.choice([f'<dimension ref="{ref}"/>', ""]))


def rows_without_numbers(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, r'<row r="\d+"', "<row")


def row_facts_that_lie(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, "<row ", '<row spans="1:2" hidden="1" ht="0" customHeight="1" outlineLevel="2" ')


def dates_without_format(mutant: Mutant) -> None:
    _replaced(mutant, STYLES, r'(<xf [^>]*numFmtId=")\d+', r"\g<1>0")


def styles_gone(mutant: Mutant) -> None:
    mutant.parts[STYLES] = mutant.chance.choice([b"", b"<styleSheet/>", mutant.parts[STYLES][:200]])


def texts_cut(mutant: Mutant) -> None:
    """The last shared texts are gone: their cells point to nothing."""
    texts = mutant.parts[STRINGS].decode().split("<si>")
    mutant.parts[STRINGS] = "<si>".join(texts[: -mutant.chance.randrange(1, 9)]).encode() + b"</sst>"


def texts_counted_wrong(mutant: Mutant) -> None:
    _replaced(mutant, STRINGS, r'uniqueCount="\d+"', f'count="7" uniqueCount="{mutant.chance.choice([0, 3, 10**9])}"')


def texts_in_runs(mutant: Mutant) -> None:
    """Each text in two runs, the second in bold."""
    runs = r"<si><r><t xml:space='preserve'>\1</t></r><r><rPr><b/></rPr><t xml:space='preserve'>\2</t></r></si>"
    _replaced(mutant, STRINGS, r"<si><t(?: [^>]*)?>([^<&])([^<&]*)</t></si>", runs)


def texts_with_sounds(mutant: Mutant) -> None:
    """As East Asian spreadsheets write them: how a text is spoken stands beside it, and is no part of it."""
    _replaced(mutant, STRINGS, "</t></si>", '</t><rPh sb="0" eb="1"><t>spoken</t></rPh></si>')


def part_cut(mutant: Mutant) -> None:
    part = mutant.chance.choice([SHEET, STRINGS, "xl/workbook.xml", TYPES])
    mutant.parts[part] = mutant.parts[part][: mutant.chance.randrange(len(mutant.parts[part]) - 9)]


def part_gone(mutant: Mutant) -> None:
    del mutant.parts[mutant.chance.choice(sorted(mutant.parts))]


def tags_broken(mutant: Mutant) -> None:
    """One sign of the sheet's tags is another: no tag closes as it opened."""
    tags = [found.start() for found in re.finditer(rb"</(?:c|v|row|sheetData)>", mutant.parts[SHEET])]
    at = mutant.chance.choice(tags) + mutant.chance.randrange(3)
    mutant.parts[SHEET] = mutant.parts[SHEET][:at] + b"q" + mutant.parts[SHEET][at + 1 :]


def tags_with_prefix(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, r"<(/?)(\w+)(?=[ >/])", r"<\1x:\2")
    _replaced(mutant, SHEET, "xmlns=", "xmlns:x=")


def comments_between(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, "<row", "\n<!-- Total --><row")


def merged_cells(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, "</sheetData>", '</sheetData><mergeCells count="1"><mergeCell ref="B2:B5"/></mergeCells>')


def formulas_with_values(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, r'(<c r="[A-Z]+[3-9]"[^>]*>)<v>', r"\1<f>A1</f><v>")


def formulas_that_lost_values(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, r'(<c r="[A-Z]+4"[^>]*>)<v>[^<]*</v>', r"\1<f>A1</f><v></v>")


def text_cell_of_no_text(mutant: Mutant) -> None:
    kind = mutant.chance.choice(["e", "d"])
    _replaced(mutant, SHEET, r'(<c r="[A-Z]+5"[^>]*) t="s"', rf'\1 t="{kind}"')


def far_cell(mutant: Mutant) -> None:
    _replaced(mutant, SHEET, r"(?s)(.*)</row>", r'\1<c r="ZZ15" t="inlineStr"><is><t>stray</t></is></c></row>')


def sheet_hidden(mutant: Mutant) -> None:
    _replaced(mutant, "xl/workbook.xml", 'state="visible"', 'state="hidden"')


PARTS: list[Callable[[Mutant], None]] = [
    *(size_that_lies, rows_without_numbers, row_facts_that_lie, dates_without_format, styles_gone, texts_cut),
    *(texts_counted_wrong, texts_in_runs, texts_with_sounds, part_cut, part_gone, tags_broken, tags_with_prefix),
    *(comments_between, merged_cells, formulas_with_values, formulas_that_lost_values, text_cell_of_no_text),
    *(far_cell, sheet_hidden),
]


# ---- bytes -----------------------------------------------------------------------------------------------------------


def byte_flipped(mutant: Mutant) -> None:
    changed = bytearray(mutant.content)
    changed[mutant.chance.randrange(len(changed))] ^= 1 << mutant.chance.randrange(8)
    mutant.content = bytes(changed)


def bytes_zeroed(mutant: Mutant) -> None:
    at = mutant.chance.randrange(len(mutant.content))
    mutant.content = mutant.content[:at] + bytes(16) + mutant.content[at + 16 :]


def end_cut(mutant: Mutant) -> None:
    mutant.content = mutant.content[: mutant.chance.randrange(len(mutant.content))]


def bytes_after(mutant: Mutant) -> None:
    mutant.content += bytes(mutant.chance.randrange(1, 99))


def marked_as(mutant: Mutant) -> None:
    """The parts say that they are encrypted, or packed in a way that is not ours."""
    changed, method = bytearray(mutant.content), mutant.chance.choice([None, 1, 9, 14, 99])
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), mutant.content):
            changed[found.start() + at] |= method is None
            changed[found.start() + at + 2] = 8 if method is None else method
    mutant.content = bytes(changed)


BYTES: list[Callable[[Mutant], None]] = [byte_flipped, bytes_zeroed, end_cut, bytes_after, marked_as]
