"""Merged cells: one value over several lines, written into each of them where a person asks for it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from handlers.registers.lines import Cell, Lines, Merged, Sheet, SheetLine


def filled_down(sheet: Sheet, columns: Collection[int] | None) -> Sheet:
    """The sheet whose merged cells stand in each of their lines; only in these columns, where they are given."""
    areas = [
        area
        for area in sheet.merged
        if area.last_line > area.first_line and (columns is None or area.first_column in columns)
    ]
    return replace(sheet, lines=_Filled(sheet.lines, areas)) if areas else sheet


@dataclass(frozen=True)
class _Filled:
    """Lines that are filled while they are read: none of them is kept."""

    lines: Lines
    areas: list[Merged]

    def __len__(self) -> int:
        return len(self.lines)

    def __iter__(self) -> Iterator[SheetLine]:
        coming = sorted(self.areas, key=lambda area: area.first_line, reverse=True)
        open_: dict[int, tuple[Merged, Cell]] = {}
        for line in self.lines:
            while coming and coming[-1].first_line <= line.number:
                area = coming.pop()
                value = line.cell(area.first_column) if area.first_line == line.number else ""
                open_[area.first_column] = area, value
            open_ = {column: held for column, held in open_.items() if held[0].last_line >= line.number}
            yield _with(line, {column: value for column, (_, value) in open_.items()}) if open_ else line


def _with(line: SheetLine, values: dict[int, Cell]) -> SheetLine:
    cells = [*line.cells, *[""] * (max(values) + 1 - len(line.cells))]
    for column, value in values.items():
        cells[column] = value
    return SheetLine(line.number, tuple(cells))
