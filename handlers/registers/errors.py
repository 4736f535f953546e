"""What can be wrong with a whole file; what is wrong with one row is a `Doubt`."""

from dataclasses import dataclass

from handlers.language.errors import Clause, UserError


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
    """A register that is not read before a person has decided what is not sure, each as a question."""

    file: str
    questions: tuple[Clause, ...]
