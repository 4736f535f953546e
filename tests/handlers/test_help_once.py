"""Help is made once for all readers in the same roles: it is what would be made for each of them alone."""

from datetime import UTC, datetime
from itertools import combinations

import pytest

from bot.inbound import answers
from bot.inbound.answers import Saying
from bot.rendering.blocks import StaticMessage
from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers import COMMANDS, exposure
from handlers.help import help_
from handlers.kit import showing
from handlers.kit.turn import Actor, Turn
from storage.exposure.roles import Role
from storage.models import Authority, Person
from storage.serialization import decode

ROLE_SETS = [frozenset(some) for many in range(len(Role) + 1) for some in combinations(Role, many)]
READERS = [
    ("Amina", "en", "Asia/Karachi", datetime(2026, 3, 2, 8, tzinfo=UTC)),
    ("Bilal", "ur", "UTC", datetime(2027, 11, 30, 23, tzinfo=UTC)),
]
PAGES = [("", 0), *((family, page) for family in COMMANDS.families for page in (0, 2))]


@pytest.fixture(scope="module")
def renderer():
    return Renderer()


def pages(roles, name):
    """The lists of all families for everybody; each command for the one reader, in one role or none."""
    return [*PAGES, *((spec.words, 0) for spec in COMMANDS)] if len(roles) < 2 and name == "Amina" else PAGES


@pytest.mark.parametrize("roles", ROLE_SETS, ids=lambda roles: "+".join(sorted(roles)) or "nobody")
def test_everybody_reads_what_would_be_made_for_them_alone(renderer, roles):
    for name, language, zone, now in READERS:
        turn = Turn(None, Actor(Person(name=name), Authority(code="A"), roles), commands=COMMANDS)
        for words, page in pages(roles, name):
            [notice] = help_(turn, words, page=page).notices
            once = answers.of(showing.to_asker(turn, [notice], room=False))
            read = answers.read_out(Saying(once, zone, language, roles=roles), renderer, now)
            kept = exposure.fit(type(notice), showing.facts(notice), lambda *_: None, room=False)
            alone = renderer.message(notice.template, decode(kept), Reader(zone, language, now, roles))
            [one] = read.messages
            assert (one.blocks, one.label) == (alone.blocks, alone.label), words
            assert isinstance(one, StaticMessage) == notice.is_static, words
            assert (once.label, once.refs) == (None, ()), words


def test_two_people_in_the_same_roles_are_shown_one_and_the_same_message(renderer):
    def read(name):
        turn = Turn(None, Actor(Person(name=name), Authority(code="A"), frozenset({Role.OFFICER})), commands=COMMANDS)
        said = answers.of(showing.to_asker(turn, help_(turn).notices, room=False))
        [message] = answers.read_out(Saying(said), renderer, READERS[0][3]).messages
        return message

    assert read("Amina") is read("Bilal")
