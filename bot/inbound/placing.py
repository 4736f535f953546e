"""Placing: where an answer may stand, and what stands there instead.

In: a turn and its answer. Out: whether the room it was typed in may read it, or one person alone; the answer as its
reader may be shown it there; what it is the card of. What was shown whom is decided before (`handlers/kit/showing.py`).
"""

from dataclasses import replace

from bot.adapters.contract import CardShown
from bot.inbound import answers
from bot.inbound.answers import StoredAnswer
from handlers.kit import opening
from handlers.kit.notices import Notice
from handlers.kit.turn import Turn
from storage.exposure.labels import Label
from storage.models import Recipient


def card(turn: Turn, notices: tuple[Notice, ...], answer: StoredAnswer) -> CardShown | None:
    """What the answer is the card of, for whom; None where it holds more, or is read by one person in a room."""
    only = notices[0] if len(notices) == 1 else None
    if only is None or not only.subject or not only.is_status:  # news of an act is said, and the cards there are edited
        return None
    if turn.place.room:
        if turn.room is None or answer.private or not turn.place.read_by_room:
            return None
        return CardShown(str(Recipient.channel(turn.room.id)), only.template, only.subject)
    return CardShown(str(Recipient.person(turn.actor.person.id)), only.template, only.subject)


def may_be_said(turn: Turn, label: Label | None) -> bool:
    """Whether the room that was typed in may read what has this label; a room of others reads nothing of a record."""
    if label is None or not turn.place.room:
        return True
    return not is_above_the_room(turn, label) and (turn.place.read_by_room or not turn.place.aloud)


def is_above_the_room(turn: Turn, label: Label | None) -> bool:
    """Whether it is not shown there at all, nor to one person alone."""
    return bool(turn.place.room) and label is not None and not label.within(turn.place.in_room.label)


def withheld(turn: Turn, answer: StoredAnswer) -> StoredAnswer:
    """The answer as its reader may be shown it: of what is above the ceiling, one line that says where to look."""
    if answer.label is None or answer.label.within(turn.place.alone.label):
        return answer
    instead = answers.plainly(opening.withheld(turn, answer.label, done=answer.state == "done"), state=answer.state)
    return replace(instead, person=answer.person, agency=answer.agency, refs=answer.refs)


def is_the_strangers(stored: StoredAnswer) -> bool:
    """Whether it was said to nobody we know, of no record: the same account may read it again."""
    return stored.person == 0 and not stored.refs and not stored.files
