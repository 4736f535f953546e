"""Updates as Telegram sends them, and what each says: one file each in `tests/wire/telegram/`."""

import json
from dataclasses import asdict
from pathlib import Path

import pytest

from bot.adapters.telegram.wire import CommandWords, Me, alias, read
from handlers import COMMANDS

SAMPLES = sorted((Path(__file__).parents[2] / "wire" / "telegram").glob("*.json"))
ME = Me(4711, "DeskBot")
VOCABULARY = CommandWords([spec.words for spec in COMMANDS])


@pytest.mark.parametrize("file", SAMPLES, ids=lambda file: file.stem)
def test_a_sample_says_what_it_is_said_to_say(file):
    sample = json.loads(file.read_text(encoding="utf-8"))
    event = read(sample["update"], ME, VOCABULARY)

    if sample["expects"] is None:
        assert event is None
        return
    facts = json.loads(json.dumps(asdict(event)))  # lists, as the samples have them
    flat = facts | facts.pop("inbound", {}) | {"kind": type(event).__name__}
    assert {name: flat[name] for name in sample["expects"]} == sample["expects"]
    assert str(sample["update"]["update_id"]) not in event.key


@pytest.mark.parametrize("broken", [{"message": 3}, {"callback_query": None}, {"message": {"from": {}, "chat": {}}}])
def test_what_is_no_update_is_an_error_of_its_form(broken):
    with pytest.raises((KeyError, TypeError, ValueError)):
        read(broken, ME, VOCABULARY)


def test_every_command_has_an_alias_of_its_own_that_telegram_takes():
    aliases = [alias(spec.words) for spec in COMMANDS]

    assert len(set(aliases)) == len(aliases)
    assert all(name.isascii() and name.replace("_", "").isalnum() and name == name.lower() for name in aliases)
    for spec in COMMANDS:
        if " " in spec.words:
            assert VOCABULARY.typed(f"/{alias(spec.words)} 1 2") == f"/{spec.words} 1 2"
