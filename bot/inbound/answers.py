"""Replies: what is said to a line, as it is kept with its message and as it is read.

In: notices, or an error. Out: a `body`, which JSON can hold, so that a message that comes again gets the same answer;
from it the `Answer` of one reader, rendered now. What is said once (a link code) is in no body that is kept.
"""

import logging
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.adapters.contract import Answer, Question
from bot.rendering.phrases import Reader
from bot.rendering.render import Message, Renderer
from handlers.kit.errors import Warned
from handlers.kit.notices import Notice, YourLine
from handlers.kit.turn import Made
from handlers.language.errors import Ambiguous, BadValue, MissingValue, TooLong, UserError
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.record import files
from storage.serialization import decode, encode

log = logging.getLogger("rogatory.dispatch")


@dataclass(frozen=True)
class StoredAnswer:
    """A reply as it is kept with its message, and whom it is written for. `made`: files that are not on record yet."""

    body: dict[str, Any]
    zone: str = "UTC"
    language: str = "en"
    made: tuple[Made, ...] = ()


def answer(said: StoredAnswer, renderer: Renderer, now: datetime) -> Answer:
    """What its reader gets. now: aware UTC."""
    body, reader = said.body, Reader(said.zone, said.language, now)
    messages = tuple(_render(one, renderer, reader, body["label"]) for one in body["said"])
    question = (
        Question(**{**body["asks"], "choices": tuple(map(tuple, body["asks"]["choices"]))}) if body["asks"] else None
    )
    return Answer(
        messages,
        question,
        private=body["private"],
        refused=body["state"] == "refused",
        failed=body["state"] == "failed",
        field=body["field"],
    )


def body_of(*notices: Notice, label: Label | None = None, private: bool = False, state: str = "done") -> dict[str, Any]:
    """What is said. `label`: the closest of it. `private`: in no room. `state`: done, refused or failed."""
    said = [item(notice) for notice in notices]
    return {"said": said, "label": label, "private": private, "state": state, "asks": None, "field": ""}


def item(notice: Notice) -> dict[str, Any]:
    """One notice in a body."""
    secret = {"secret": list(notice.secret)} if notice.secret else {}
    return {"notice": notice.template, "fields": encode(notice), **secret}


def kept(work: UnitOfWork, said: StoredAnswer) -> StoredAnswer:
    """The same, with what was made for the asker on record for a day, and who took it."""
    ids = []
    for made in said.made:
        row = files.keep(work, made.name, made.content, for_=files.EXPORT)
        ids.append(row.id)
        if made.act:
            work.audit(made.act, made.ref, after={**made.facts, "file": made.name, "sha256": row.digest})
    return replace(said, body=said.body | {"files": [*said.body.get("files", ()), *ids]}, made=()) if ids else said


def without_secrets(body: dict[str, Any]) -> dict[str, Any]:
    """The answer as it is kept: what is said once is not in it."""
    return body | {
        "said": [one | {"fields": one["fields"] | dict.fromkeys(one.get("secret", ()), "")} for one in body["said"]]
    }


def refusal(error: UserError, text: str) -> dict[str, Any]:
    """What is wrong, and the person's own line, so that nobody has to type it again."""
    asks = None
    if isinstance(error, MissingValue):
        asks = {
            "name": error.name,
            "asks": error.asks,
            "line": error.line,
            "choices": [list(choice) for choice in error.choices],
        }
    said = [{"notice": error.template, "fields": encode(error.facts())}]
    if text.strip() and not hasattr(error, "line") and not isinstance(error, TooLong):
        said.append(item(YourLine(text)))
    label = error.label if isinstance(error, Warned | Ambiguous) else None
    field = error.name if isinstance(error, BadValue | MissingValue | TooLong) else ""
    return {"said": said, "label": label or None, "private": True, "state": "refused", "asks": asks, "field": field}


def _render(one: dict[str, Any], renderer: Renderer, reader: Reader, label: str | None) -> Message:
    fields: Any = decode(one["fields"])
    try:
        return renderer.message(one["notice"], fields, reader, label)
    except Exception:  # the change is on disk: a broken template must not make it look undone
        log.exception("template %s", one["notice"])
        return renderer.bare(one["notice"], fields, label)
