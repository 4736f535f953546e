"""What can be wrong with a whole file; what is wrong with one row is a `Doubt`."""

from dataclasses import dataclass

from handlers.language.errors import UserError


@dataclass
class RegisterUnreadable(UserError):
    """A register or a mapping file that cannot be used at all.

    `wrong` is a clause ("has no column for the date sent"), `accepted` says what to do instead.
    """

    file: str
    wrong: str
    accepted: str
