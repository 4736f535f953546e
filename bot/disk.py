"""The disk: the one way by which a file is written for a person.

In: a name and bytes. Out: a file, or `NotWritten`, a sentence: a folder that takes no file, a full disk, a name that no
file system takes. Nothing half-written is left behind. A name on record may be longer than a file's: 94 letters of
Bengali are 282 bytes, and most file systems take 255.
"""

import shutil
import unicodedata
from collections.abc import Iterator
from itertools import count
from pathlib import Path

LONGEST_BYTES = 240  # of a name; with the number of a second copy it stays below what file systems take
LONGEST_ENDING_BYTES = 20


class NotWritten(Exception):
    """A file could not be written. `file`: its name; `why`: what the system says."""

    def __init__(self, file: str, why: str) -> None:
        super().__init__(f"{file} cannot be written: {why}.")
        self.file, self.why = file, why


def replace(path: Path, content: bytes) -> None:
    """Write a file under a name that was chosen; what was there is gone. Errors: NotWritten."""
    try:
        path.write_bytes(content)
    except (OSError, ValueError) as error:
        raise NotWritten(path.name, _why(error)) from error


def copy(draft: Path, path: Path) -> None:
    """Write what a draft holds under a name that was chosen; what was there is gone. Errors: NotWritten."""
    try:
        shutil.copyfile(draft, path)
    except (OSError, ValueError) as error:
        raise NotWritten(path.name, _why(error)) from error


def save(name: str, content: bytes) -> Path:
    """Write a file that its owner alone can read to the current folder, under the first name that is free.

    Errors: NotWritten.
    """
    short = fitting(name)
    for path in _names(Path(short)):
        try:
            path.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            continue
        except (OSError, ValueError) as error:
            raise NotWritten(short, _why(error)) from error
        try:
            replace(path, content)
        except NotWritten:
            path.unlink(missing_ok=True)
            raise
        return path
    raise AssertionError("numbers do not end")


def make_folder(path: Path) -> None:
    """Make a folder, and those above it, where they are not there. Errors: NotWritten."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise NotWritten(str(path), _why(error)) from error


def fitting(name: str, most_bytes: int = LONGEST_BYTES) -> str:
    """A name that a file system takes: shortened between two letters, and its ending stays."""
    if len(name.encode(errors="replace")) <= most_bytes:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode(errors="replace")) > LONGEST_ENDING_BYTES:
        stem, dot, ending = name, "", ""
    return f"{_cut(stem, most_bytes - len(f'{dot}{ending}'.encode(errors='replace')))}{dot}{ending}"


def _cut(text: str, most_bytes: int) -> str:
    """The beginning of a text; no letter without its marks."""
    size, end = 0, 0
    for place, letter in enumerate(text):
        if not unicodedata.category(letter).startswith("M"):
            end = place
        size += len(letter.encode(errors="replace"))
        if size > most_bytes:
            return text[:end]
    return text


def _names(path: Path) -> Iterator[Path]:
    yield path
    for number in count(2):
        yield path.with_stem(f"{path.stem} ({number})")


def _why(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
