"""Answers to a command: as they are stored with its message, and as they are rendered for one reader.

In: what a turn has to say, or an error. Out: a `StoredAnswer`, which JSON can hold, so that a message that comes again
gets the same answer, if its reader may still have it; from it the `Answer` of one reader, rendered now. What is said
once (a link code) is in none that is kept.
"""

import logging
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from bot.adapters.contract import Answer, CardShown, Question
from bot.rendering import drawing
from bot.rendering.blocks import Message, StaticMessage
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers import exposure
from handlers.exposure import NOTHING, Exposure
from handlers.filing.findings import Warned
from handlers.kit import showing
from handlers.kit.errors import MissingFields, NotLinked
from handlers.kit.notices import NOTICES, Notice, YourLine
from handlers.kit.showing import Said, Shown, StaticSaid
from handlers.kit.turn import GeneratedFile
from handlers.language.errors import BadValue, MissingValue, TooLong, UserError
from handlers.pictures.drawing import PICTURES
from storage.database.unit_of_work import UnitOfWork
from storage.exposure.labels import Label
from storage.exposure.roles import Role
from storage.record import files
from storage.serialization import encode

log = logging.getLogger("rogatory.dispatch")

NO_MOMENT = datetime.min.replace(tzinfo=UTC)  # of what reads the same at any time


@dataclass(frozen=True)
class StoredAnswer:
    """What was said, and what decides who may read it again.

    `state`: done, refused or failed. `label`, `private`, `away`: where it may be read. `refs`: the records it tells of.
    `person` and `agency`: who asked, and for whom; 0 for a stranger. `files`: ids of files that went with it.
    """

    said: tuple[Said, ...]
    state: str = "done"
    label: Label | None = None
    private: bool = False
    away: bool = False
    refs: tuple[str, ...] = ()
    person: int = 0
    agency: int = 0
    asks: Question | None = None
    field: str = ""
    files: tuple[int, ...] = ()

    def kept(self) -> dict[str, Any]:
        """As the inbox keeps it: what is said once is not in it."""
        said = [
            {"notice": one.notice, "facts": {**one.facts, **dict.fromkeys(one.secret, "")}, "secret": one.secret}
            for one in self.said
        ]
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        return own | {"said": said, "asks": asdict(self.asks) if self.asks else None}

    @classmethod
    def from_kept(cls, kept: dict[str, Any]) -> "StoredAnswer":
        """What `kept` gave. An answer that an earlier program kept says less of itself: it is nobody's any more."""
        said = tuple(Said(one["notice"], one.get("facts", {}), tuple(one.get("secret", ()))) for one in kept["said"])
        asks = kept.get("asks")
        question = Question(**{**asks, "choices": tuple(map(tuple, asks["choices"]))}) if asks else None
        label = Label(kept["label"]) if kept.get("label") else None
        return cls(
            said,
            kept["state"],
            label,
            kept["private"],
            kept.get("away", False),
            tuple(kept.get("refs", ())),
            kept.get("person", -1),
            kept.get("agency", -1),
            question,
            kept.get("field", ""),
            tuple(kept.get("files", ())),
        )


@dataclass(frozen=True)
class Saying:
    """An answer, and whom it is written for. `generated`: files that are not on record yet.

    `ceiling`: of where it is read; a picture that is more restrictive is not drawn.
    `roles`: those of its readers; what they may not use is not offered to them. None: of nobody we know.
    `card`: what it is the card of.
    """

    answer: StoredAnswer
    zone: str = "UTC"
    language: str = "en"
    generated: tuple[GeneratedFile, ...] = ()
    ceiling: Label = Label.CLEAR
    roles: frozenset[Role] | None = None
    card: CardShown | None = None


def of(shown: Shown, *, private: bool = False, state: str = "done", files: Sequence[int] = ()) -> StoredAnswer:
    """What is shown, as an answer. private: for the asker alone, whatever it holds."""
    held = shown.exposure
    return StoredAnswer(
        shown.said,
        state,
        held.label,
        private=private or held.personal,
        refs=tuple(sorted(held.refs)),
        files=tuple(files),
    )


def plainly(*notices: Notice, state: str = "done") -> StoredAnswer:
    """What the house says by itself, to the asker alone."""
    return of(Shown(tuple(map(said, notices))), private=True, state=state)


def said(notice: Notice) -> Said:
    """One notice that holds no record, as it is."""
    return Said(notice.template, showing.facts(notice), notice.secret)


def refusal(error: UserError, text: str, reached: Exposure = NOTHING, secrets: Collection[str] = ()) -> StoredAnswer:
    """What is wrong, and the person's own line, so that nobody has to type it again. A stranger's has nothing to mend.

    reached: of the records that were fetched before it was refused. secrets: pieces of the line that are not kept.
    """
    facts: Any = encode(error.facts())
    held = exposure.of_facts(type(error), facts).with_(reached)
    unkept = tuple(name for name, value in facts.items() if any(piece in str(value) for piece in secrets))
    parts = [Said(error.template, facts, unkept)]
    if text.strip() and not hasattr(error, "line") and not isinstance(error, TooLong | NotLinked):
        parts.append(said(YourLine(text)))
    field = error.name if isinstance(error, BadValue | MissingValue | TooLong) else ""
    answer = of(Shown(tuple(parts), held), private=True, state="refused")
    return replace(answer, asks=_question(error), field=field)


def _question(error: UserError) -> Question | None:
    """What is asked for instead of refusing: the first value that is missing, or why it is filed all the same."""
    match error:
        case MissingValue():
            return Question(error.name, error.asks, error.line, error.choices)
        case MissingFields(missing=[(code, label), *_]):
            return Question(code, label, error.line, ())
        case Warned():
            return Question("despite", "", error.line, ())
    return None


def drawn(saying: Saying, renderer: Renderer, now: datetime) -> Saying:
    """The same, with its pictures drawn in the words of its reader; what may not be shown there is left out."""
    if all(file.content or not file.shows for file in saying.generated):
        return saying
    reader = Reader(saying.zone, saying.language, now)
    contents = [
        drawing.draw(renderer, file.shows, reader, saying.ceiling, dark=file.dark)
        if file.shows and not file.content
        else file.content
        for file in saying.generated
    ]
    pairs = zip(saying.generated, contents, strict=True)
    return replace(saying, generated=tuple(replace(file, content=content) for file, content in pairs if content))


def shows(saying: Saying, name: str, renderer: Renderer, now: datetime) -> str:
    """What is seen in a file of an answer that is a picture, in the words of the notice that names it; else nothing."""
    reader = Reader(saying.zone, saying.language, now)
    pictures = (one for one in saying.answer.said if NOTICES.get(one.notice) in PICTURES)
    found = (one for one in pictures if one.facts["name"] == name)
    return next((renderer.message(one.notice, one.fields, reader).plain() for one in found), "")


def keep_files(work: UnitOfWork, saying: Saying) -> Saying:
    """The same, with what was made for the asker on record for a day, and who took it."""
    ids = []
    for generated in saying.generated:
        row = files.keep(work, generated.name, generated.content, for_=files.EXPORT)
        ids.append(row.id)
        if generated.act:
            facts = {**generated.facts, "file": generated.name, "sha256": row.digest, "refs": sorted(generated.refs)}
            work.audit(generated.act, generated.ref, after=facts)
    answer = saying.answer
    return replace(saying, answer=replace(answer, files=(*answer.files, *ids)), generated=()) if ids else saying


def read_out(saying: Saying, renderer: Renderer, now: datetime) -> Answer:
    """What its reader gets. now: aware UTC."""
    answer, reader = saying.answer, Reader(saying.zone, saying.language, now, saying.roles)
    label = answer.label.value if answer.label else None
    return Answer(
        tuple(_render(one, renderer, reader, label) for one in answer.said if one.notice),
        answer.asks,
        private=answer.private,
        away=answer.away,
        refused=answer.state == "refused",
        failed=answer.state == "failed",
        field=answer.field,
        card=saying.card,
    )


def _render(one: Said, renderer: Renderer, reader: Reader, label: str | None) -> Message:
    try:
        if isinstance(one, StaticSaid):
            return _static(one, renderer, reader.language, reader.roles)
        return renderer.message(one.notice, one.fields, reader, label)
    except Exception:  # the change is on disk: a broken template must not make it look undone
        log.exception("template %s", one.notice)
        return renderer.bare(one.notice, one.facts, label)


@lru_cache(maxsize=1_000)
def _static(one: StaticSaid, renderer: Renderer, language: str, roles: frozenset[Role] | None) -> StaticMessage:
    """Made once for all readers of a language in the same roles; no moment stands in it."""
    message = renderer.message(one.notice, one.fields, Reader("UTC", language, NO_MOMENT, roles), None)
    return StaticMessage(message.blocks, message.label)
