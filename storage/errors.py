"""Facts of data, raised by storage and answered by whoever can do something about them."""


class StorageError(Exception):
    """Base of all of these."""


class StoreUnavailable(StorageError):
    """The store could not take the change (locked over 5 s, disk full, server gone). Nothing was written; try again."""


class StaleRecord(StorageError):
    """The record changed since it was read; carries its reference."""


class WrongSchema(StorageError):
    """The database is older or newer than this program, or is not ours.

    The message says which, and which command helps.
    """


class NotDemo(StorageError):
    """An act for demonstration databases only, tried on a real one."""
