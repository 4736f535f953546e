"""A message longer than a platform takes -> several that fit. Nothing is lost.

In: blocks, a limit, and how the platform writes and measures them. Out: parts, each of them blocks.
A part is filled block by block. Only a block too long for a part of its own is divided: a table between rows, a list
between items, a quote between its blocks, text after a sentence or line, else after a word, else anywhere. Such a
table or list begins in the part of what stands before it, so that its first line is no part by itself.
Each part begins with the label, each part of a table with its header. A title, which is a heading or a bold line of
its own, goes with what follows it: it ends no part, and is none by itself, unless it fills one.
"""

import re
from bisect import bisect_left
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bot.rendering.blocks import (
    Block,
    Bullets,
    Buttons,
    Code,
    Heading,
    Item,
    LabelLine,
    Paragraph,
    Quote,
    Span,
    Spans,
    Table,
    plain,
    text_of,
)

Part = tuple[Block, ...]
Row = tuple[Spans, ...]
Fits = Callable[[Part], bool]

_NO_ROOM = "the limit has no room for one character, a table's header or a button"

_SENTENCE_ENDS = re.compile("[.!?\u061f\u06d4\u3002]\\s+|\n")
_WORD_ENDS = re.compile(r"\s+")


def split(
    blocks: Sequence[Block],
    limit_characters: int,
    measure: Callable[[str], int] = len,
    write: Callable[[Sequence[Block]], str] = plain,
    *,
    is_taken: Fits = lambda _: True,
) -> tuple[Part, ...]:
    """The parts in order; joined without labels and repeated headers they hold the same text.

    measure: the size of a text as the platform counts (Telegram: UTF-16 units). write: the text it will be sent.
    is_taken: whether a part is within the platform's other limits.
    Errors: ValueError when the limit has no room for one character beside label and header, or for a button.
    """
    label = tuple(block for block in blocks[:1] if isinstance(block, LabelLine))

    def fits(part: Part) -> bool:
        whole = (*label, *part)
        return measure(write(whole)) <= limit_characters and is_taken(whole)

    body = tuple(blocks[len(label) :])
    if fits(body):
        return (tuple(blocks),)
    return tuple((*label, *part) for part in _parts(body, fits))


def _before_titles(part: Sequence[Block]) -> int:
    """How many blocks of a part stand before the titles at its end, which go with what follows."""
    n = len(part)
    while n and _is_title(part[n - 1]):
        n -= 1
    return n


def _is_title(block: Block) -> bool:
    """A heading, or a paragraph that is bold from end to end."""
    return isinstance(block, Heading) or (isinstance(block, Paragraph) and all(span.bold for span in block.spans))


def _parts(blocks: Part, fits: Fits) -> Iterator[Part]:
    part: Part = ()
    queue = deque(blocks)
    while queue:
        block = queue.popleft()
        if fits((*part, block)):
            part = (*part, block)
        elif (n := _before_titles(part)) and not _begins_under(part, block, fits):
            yield part[:n]
            part = part[n:]
            queue.appendleft(block)
        else:
            above = part
            try:
                queue.extendleft(reversed(_pieces(block, lambda piece, above=above: fits((*above, *piece)))))  # type: ignore[misc]
            except ValueError:
                if not above:
                    raise
                yield above  # titles that leave no room for anything beside them
                part = ()
                queue.appendleft(block)
    if part:
        yield part


def _begins_under(part: Part, block: Block, fits: Fits) -> bool:
    """Whether this is a table or list too long for any part, whose first entry fits under what stands there."""
    begun: Block
    match block:
        case Table(rows=rows) if len(rows) > 1:
            begun = replace(block, rows=rows[:1])
        case Bullets(items=items) if len(items) > 1:
            begun = Bullets(items[:1])
        case _:
            return False
    return not isinstance(part[-1], type(block)) and not fits((block,)) and fits((*part, begun))


def _pieces(block: Block, fits: Fits) -> Sequence[Block]:
    """A block that is too long, in two, of which the first fits; a quote in as many as fit each."""
    if isinstance(block, Quote):
        return [Quote(part) for part in _parts(block.blocks, lambda part: fits((Quote(part),)))]
    return _divided(block, fits)


def _divided(block: Block, fits: Fits) -> tuple[Block, Block]:
    """As much of a block as fits, and the rest of it; never nothing."""
    match block:
        case Table(rows=rows) if rows:
            return _table_divided(block, fits)
        case Bullets():
            return _list_divided(block, fits)
        case Buttons(buttons=buttons):
            n = _at_least_one(_most(len(buttons), lambda n: fits((Buttons(buttons[:n]),))))
            return Buttons(buttons[:n]), Buttons(buttons[n:])
        case Paragraph() | Heading():
            n = _cut_position(text_of(block.spans), lambda n: fits((replace(block, spans=_cut(block.spans, n)[0]),)))
            head, rest = _cut(block.spans, n)
            return replace(block, spans=head), replace(block, spans=rest)
        case Code(text=text):
            n = _cut_position(text, lambda n: fits((Code(text[:n]),)))
            return Code(text[:n]), Code(text[n:])
    raise ValueError(_NO_ROOM)


def _table_divided(table: Table, fits: Fits) -> tuple[Table, Table]:
    """Between rows; a row too long for a part goes on in the next, each cell under its header."""
    rows = table.rows
    n = _most(len(rows), lambda n: fits((replace(table, rows=rows[:n]),)))
    if n:
        return replace(table, rows=rows[:n]), replace(table, rows=rows[n:])
    text = "".join(map(text_of, rows[0]))
    n = _cut_position(text, lambda n: fits((replace(table, rows=(_row_cut(rows[0], n)[0],)),)))
    head, rest = _row_cut(rows[0], n)
    return replace(table, rows=(head,)), replace(table, rows=(rest, *rows[1:]))


def _row_cut(row: Row, n: int) -> tuple[Row, Row]:
    """The first n characters of a row and the others, each in its column."""
    cells = []
    for cell in row:
        cells.append(_cut(cell, n))
        n = max(0, n - len(text_of(cell)))
    return tuple(head for head, _ in cells), tuple(rest for _, rest in cells)


def _list_divided(block: Bullets, fits: Fits) -> tuple[Bullets, Bullets]:
    """Between items; an item too long for a part goes on in the next, without its number."""
    first, *others = block.items
    n = _most(len(block.items), lambda n: fits((Bullets(block.items[:n]),)))
    if n:
        return Bullets(block.items[:n]), Bullets(block.items[n:])

    def begun(n: int) -> Bullets:
        return Bullets((replace(first, spans=_cut(first.spans, n)[0], button=None),))

    n = _cut_position(text_of(first.spans), lambda n: fits((begun(n),)))
    rest = Item(_cut(first.spans, n)[1], first.indent, button=first.button)
    return begun(n), Bullets((rest, *others))


def _cut(spans: Spans, n: int) -> tuple[Spans, Spans]:
    """The first n characters and the others, styles kept."""
    head: list[Span] = []
    rest: list[Span] = []
    for span in spans:
        head += [replace(span, text=span.text[:n])] if n else []
        rest += [replace(span, text=span.text[n:])] if len(span.text) > n else []
        n = max(0, n - len(span.text))
    return tuple(head), tuple(rest)


def _cut_position(text: str, fits: Callable[[int], bool]) -> int:
    """The longest beginning that fits, ending with a sentence or a line if that fills half of it, else with a word."""
    most = _at_least_one(_most(len(text), fits))
    sentence = _last_end(_SENTENCE_ENDS, text[:most])
    return sentence if sentence > most // 2 else _last_end(_WORD_ENDS, text[:most]) or most


def _last_end(ends: re.Pattern[str], text: str) -> int:
    return max((end.end() for end in ends.finditer(text)), default=0)


def _most(size: int, fits: Callable[[int], bool]) -> int:
    """The largest n up to size that fits; 0 where not even 1 does."""
    return bisect_left(range(1, size + 1), True, key=lambda n: not fits(n))


def _at_least_one(n: int) -> int:
    if n == 0:
        raise ValueError(_NO_ROOM)
    return n
