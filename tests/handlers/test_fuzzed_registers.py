"""Spoilt registers: whatever happened to the form of a good one, it is read right, doubted or refused; never wrong."""

import random
from collections.abc import Callable

import pytest

from handlers.registers.errors import RegisterUnreadable
from handlers.registers.reading import Doubt, Entry, Register, read
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load
from tests.register_mutations import DATED, LINES, TEXT, Mutant, good_register, pack, write_text, write_workbook
from tests.workbook_mutations import BYTES, PARTS

QUICK, ALL = 60, 1000
Mutation = Callable[[Mutant], None]


@pytest.fixture(scope="module")
def words():
    return from_reference(load())


def spoilt(seed: int) -> tuple[Mutant, list[Mutation]]:
    """The mutant of that number, and what was done to it: each mutation comes in turn, and often with one of lines."""
    chance = random.Random(seed)
    mutant = Mutant(chance, good_register()[0])
    every = [*LINES, *PARTS, *BYTES, *TEXT]
    main = every[seed % len(every)]
    done = [main] if main in LINES else []
    if main not in LINES or chance.random() < 0.5:
        done.append(chance.choice([change for change in LINES if main not in DATED or change not in DATED]))
    for change in done:
        change(mutant)
    if main in TEXT or (main in LINES and chance.random() < 0.4):
        mutant.content = write_text(mutant).encode()
        later = [main] if main in TEXT else []
    else:
        write_workbook(mutant)
        later = [main] if main in PARTS else []
        for change in later:
            change(mutant)
        pack(mutant)
        later = [main] if main in BYTES else []
    for change in later:
        change(mutant)
    return mutant, done if main in done else [*done, main]


def wrong(register: Register, mutant: Mutant) -> list[str]:
    """What is on record and not so, and rows that are nowhere."""
    truth = good_register()[1]
    entries, doubts = list(register.of(Entry)), list(register.of(Doubt))
    found = [f"{entry.own_reference} was never there" for entry in entries if entry.own_reference not in truth]
    for entry in entries:
        for name, original in truth.get(entry.own_reference, {}).items():
            right, taken = mutant.right.get((entry.own_reference, name), original), getattr(entry, name)
            if taken != right:
                found.append(f"{entry.own_reference} {name}: {taken!r} for {right!r}")
    seen = {each.own_reference for each in (*entries, *doubts)}
    nameless = sum(doubt.own_reference not in truth for doubt in doubts)
    missing = truth.keys() - seen - mutant.gone
    return found + ([f"nowhere: {sorted(missing)}"] if len(missing) > nameless else [])


def check(path, words, seed: int) -> str:
    """ "" for right, doubted, asked about or refused; else what is wrong."""
    mutant, done = spoilt(seed)
    path.write_bytes(mutant.content)
    try:
        register = read(path, words)
        faults = wrong(register, mutant) if not register.questions else []  # else nothing is taken, but asked about
    except RegisterUnreadable:
        return ""
    except Exception as error:  # noqa: BLE001 - what escapes is the finding
        faults = [repr(error)]
    return f"{seed} {' + '.join(change.__name__ for change in done)}: {'; '.join(faults[:3])}" if faults else ""


@pytest.mark.parametrize("form", [write_workbook, write_text])
def test_the_good_one_is_read_right_to_the_last_field(tmp_path, words, form):
    mutant = Mutant(random.Random(0), good_register()[0])
    text = form(mutant)
    if text is None:
        pack(mutant)
    (tmp_path / "r").write_bytes(text.encode() if text else mutant.content)
    register = read(tmp_path / "r", words)
    assert wrong(register, mutant) == []
    assert (len(list(register.of(Entry))), list(register.of(Doubt)), register.questions) == (14, [], ())


def test_a_fault_would_be_seen(tmp_path, words):
    """The check itself: a register of which one date, one account and one row are others."""
    mutant = Mutant(random.Random(0), good_register()[0])
    mutant.lines[3]["accounts"] = "other.page"
    del mutant.lines[5]
    (tmp_path / "r").write_bytes(write_text(mutant).encode())
    assert len(wrong(read(tmp_path / "r", words), mutant)) == 2


def test_some_spoilt_registers_are_never_wrong_in_silence(tmp_path, words):
    assert list(filter(None, (check(tmp_path / "r", words, seed) for seed in range(QUICK)))) == []


@pytest.mark.slow
def test_a_thousand_spoilt_registers_are_never_wrong_in_silence(tmp_path, words):
    assert list(filter(None, (check(tmp_path / "r", words, seed) for seed in range(ALL)))) == []
