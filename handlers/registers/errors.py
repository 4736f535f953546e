"""What can be wrong with a whole file; what is wrong with one row is a `Doubt`."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from handlers.language.errors import Clause, UserError, clause

SAVE_AS = (clause("save_as"),)


def argument(path: Path) -> str:
    """A path that no command line takes for an option."""
    return f"./{path}" if str(path).startswith("-") else str(path)


def typed(path: Path) -> str:
    """A path as people type it."""
    return shlex.quote(argument(path))


@dataclass
class RegisterUnreadable(UserError):
    """A register or a mapping file that cannot be used at all.

    `wrong` is all that is wrong with it, `accepted` what to do instead.
    """

    file: str
    wrong: tuple[Clause, ...]
    accepted: tuple[Clause, ...]


@dataclass
class RegisterUnsure(UserError):
    """A register that is not read before a person has decided what is not sure, each as a question.

    path: as people type it.
    """

    file: str
    questions: tuple[Clause, ...]
    path: str


@contextmanager
def one_sentence(file: str, wrong: Clause) -> Iterator[None]:
    """Whatever goes wrong in here while foreign bytes are read becomes `wrong`. May stand in a generator.

    Why everything: a damaged file brings libraries to errors that nobody has listed, and none of them is an incident.
    """
    try:
        yield
    except RegisterUnreadable:
        raise
    except Exception as error:
        raise RegisterUnreadable(file, (wrong,), SAVE_AS) from error
