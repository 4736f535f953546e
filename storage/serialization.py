"""Text and facts as a database keeps them: what the inbox and the outbox hold, dates and moments included."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum


def storable(text: str) -> str:
    r"""A text as both databases can hold it: a lone surrogate becomes `\udxxx`, a NUL `\x00`; nothing else changes."""
    if text.isascii() and "\0" not in text:
        return text
    return text.encode("utf-8", "backslashreplace").decode("utf-8").replace("\0", "\\x00")


def encode(value: object) -> object:
    """JSON for a notice's fields: dataclasses become objects, dates `{"$day": ...}`, aware moments `{"$at": ...}`."""
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, str):
        return storable(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, date):
        return {"$at" if isinstance(value, datetime) else "$day": value.isoformat()}
    if is_dataclass(value) and not isinstance(value, type):
        value = {f.name: getattr(value, f.name) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): encode(item) for key, item in value.items()}
    return [encode(item) for item in value] if isinstance(value, list | tuple | set | frozenset) else value


def decode(value: object) -> object:
    """What `encode` wrote, with dates and moments again.

    Dataclasses stay dictionaries, which templates read the same.
    """
    if isinstance(value, list):
        return [decode(item) for item in value]
    if isinstance(value, dict):
        if set(value) == {"$at"}:
            return datetime.fromisoformat(value["$at"])
        if set(value) == {"$day"}:
            return date.fromisoformat(value["$day"])
        return {key: decode(item) for key, item in value.items()}
    return value
