"""Statements built once for each shape of viewer, with who looks as parameters: to build one takes longer than to ask.

In: a viewer. Out: their shape, by which a statement is kept; the viewer it is built for, whose numbers are parameters;
and the values of these.
Two viewers of one shape are asked with the same statement. What decides which conditions there are (`sight.py`) is part
of the shape: roles, the history, the ceiling, whether the authority is hosted.
"""

from dataclasses import replace
from typing import Any

from sqlalchemy import bindparam

from storage.exposure.sight import Viewer

KEPT = 512  # statements of one kind
NOBODY = 0


def shape(viewer: Viewer) -> Viewer:
    """All of a viewer but who they are."""
    hosted = None if viewer.host_id is None else NOBODY
    return replace(viewer, person_id=NOBODY, authority_id=NOBODY, host_id=hosted)


def anyone(of: Viewer) -> Viewer:
    """A viewer of this shape, whoever they are: `values` says so when the statement is asked."""
    names = ["person_id", "authority_id", *([] if of.host_id is None else ["host_id"])]
    who: dict[str, Any] = {name: bindparam(f"viewer_{name}") for name in names}
    return replace(of, **who)


def values(viewer: Viewer) -> dict[str, Any]:
    """Who looks, as the parameters of a statement built for `anyone`."""
    return {
        "viewer_person_id": viewer.person_id,
        "viewer_authority_id": viewer.authority_id,
        "viewer_host_id": viewer.host_id,
    }
