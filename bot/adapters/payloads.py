"""Payloads: what a platform posts, as far as it is a JSON object that anybody can go through.

Why a depth: some readers of JSON fail on what is nested deeply, and which do depends on who calls them.
"""

import json
from typing import Any

DEEPEST = 100


def json_object(body: str | bytes) -> dict[str, Any] | None:
    """The object in a body; None for what is broken, is none, or is nested more than DEEPEST levels."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and not _is_deep(found) else None


def _is_deep(found: object) -> bool:
    level = [found]
    for _ in range(DEEPEST):
        level = [inner for one in level for inner in _inside(one)]
        if not level:
            return False
    return True


def _inside(one: object) -> list[object]:
    if isinstance(one, dict):
        return list(one.values())
    return one if isinstance(one, list) else []
