"""Where one account of a list ends: the same for what is typed and for the cells of a register."""

import json
import time
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
    ("03001234567 03011234567", ("03001234567", "03011234567")),
    ("0302 1234567 0303 1234567", ("0302 1234567", "0303 1234567")),
    ("0300-1234567/0301-1234567", ("0300-1234567", "0301-1234567")),
    ("0300-1234567 / 0301-1234567 & +92 302 1234567", ("0300-1234567", "0301-1234567", "+92 302 1234567")),
    ("0300-1234567 and 0301-1234567", ("0300-1234567", "0301-1234567")),
    ("۰۳۰۰ ۱۲۳۴۵۶۷ ۰۳۰۱ ۱۲۳۴۵۶۷", ("۰۳۰۰ ۱۲۳۴۵۶۷", "۰۳۰۱ ۱۲۳۴۵۶۷")),
    ("020 7946 0958 (0300) 123 4567", ("020 7946 0958", "(0300) 123 4567")),
    ("https://facebook.com/a,ali@gmail.com; @bob", ("https://facebook.com/a", "ali@gmail.com", "@bob")),
    ("fb.com/a and fb.com/b", ("fb.com/a", "fb.com/b")),
    ("fb.com/a, and fb.com/b", ("fb.com/a", "fb.com/b")),
    ("fb.com/a & fb.com/b / fb.com/c", ("fb.com/a", "fb.com/b", "fb.com/c")),
    ("fb.com/a اور fb.com/b", ("fb.com/a", "fb.com/b")),
    ("1. fb.com/a\n2. fb.com/b", ("fb.com/a", "fb.com/b")),
    ("1) fb.com/a 2) 0300-1234567 3) @ali", ("fb.com/a", "0300-1234567", "@ali")),
    ("https://x.com/ali,@ahmad", ("https://x.com/ali", "@ahmad")),
    ("facebook.com/a,+923001234567", ("facebook.com/a", "+923001234567")),
    ("page.one,facebook.com/x,page.two", ("page.one", "facebook.com/x", "page.two")),
    ("a@b.com c@d.com", ("a@b.com", "c@d.com")),
    ("a@b.com and c@d.com @bob", ("a@b.com", "c@d.com", "@bob")),
    ("page.one\vpage.two\x85page.three", ("page.one", "page.two", "page.three")),
    ("page.one,https://example.org/a,b,c", ("page.one", "https://example.org/a,b,c")),
    ("page.one,https://maps.example/@33.68,73.04", ("page.one", "https://maps.example/@33.68,73.04")),
    ("https://maps.example/a,@33.68,73.04,15z; @bob", ("https://maps.example/a,@33.68,73.04,15z", "@bob")),
    ("https://wa.me/03001234567", ("https://wa.me/03001234567",)),
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


@pytest.mark.parametrize(
    "text", [" ", "0 ", "0", "and ", "1. ", "@a ", "a@b.cd ", "a,", "+1 ", "a.", "fb.com/a,", "/0"]
)
def test_a_long_cell_takes_no_longer_by_the_square(text):
    began = time.process_time()
    cells.accounts(text * (30_000 // len(text)))
    assert time.process_time() - began < 3  # seconds; by the square it is minutes


def test_an_account_longer_than_the_record_holds_is_refused():
    with pytest.raises(TooLong) as raised:
        typed(f"page.one; https://a.example/{'x' * 500}")
    assert (raised.value.name, raised.value.limit) == ("accounts", 500)
