"""Where one account of a list ends: the same for what is typed and for the cells of a register."""

import json
from pathlib import Path

import pytest

from handlers.language.errors import TooLong
from handlers.language.values.accounts import AccountList
from handlers.registers import cells
from tests.handlers.sample_desk import SampleDesk

ACCOUNTS = json.loads((Path(__file__).parents[1] / "cases" / "accounts.json").read_text(encoding="utf-8"))
PARTED = [
    (
        "https://example.org/?q=1;r=2; page.2, https://x.com/a",
        ("https://example.org/?q=1;r=2", "page.2", "https://x.com/a"),
    ),
    (
        "https://a.example/x,https://b.example/y;ftp://c.example",
        ("https://a.example/x", "https://b.example/y", "ftp://c.example"),
    ),
    ("facebook.com/a,facebook.com/b", ("facebook.com/a", "facebook.com/b")),
    ("fb.com/a fb.com/b", ("fb.com/a", "fb.com/b")),
    ("Ayesha Khan https://a.example/x", ("Ayesha Khan", "https://a.example/x")),
    ("page.one,page.two;page three", ("page.one", "page.two", "page three")),
    ("https://a.example/x,; page.one,", ("https://a.example/x", "page.one")),
    ("https://a.example/x;\nhttps://a.example/x", ("https://a.example/x",)),
    ("a@example.org,b@example.org", ("a@example.org", "b@example.org")),
    ("+92 300 1234567، 0300-7654321؛ پہلا", ("+92 300 1234567", "0300-7654321", "پہلا")),
]
"""A list of accounts, and what it parts into."""


def typed(text: str) -> tuple[str, ...]:
    return AccountList().parse(text, SampleDesk())


@pytest.mark.parametrize(("text", "accounts"), PARTED)
def test_accounts_part_where_one_ends(text, accounts):
    assert typed(text) == accounts
    assert cells.accounts(text) == accounts
    assert typed("; ".join(accounts)) == accounts


@pytest.mark.parametrize("text", ACCOUNTS["one_value"])
def test_one_account_is_not_cut(text):
    for written, accounts in ((text, (text,)), (f"{text} ", (text,)), (f"{text}, {text}; page.2", (text, "page.2"))):
        assert typed(written) == accounts
        assert cells.accounts(written) == accounts


def test_an_account_longer_than_the_record_holds_is_refused():
    with pytest.raises(TooLong) as raised:
        typed(f"page.one; https://a.example/{'x' * 500}")
    assert (raised.value.name, raised.value.limit) == ("accounts", 500)
