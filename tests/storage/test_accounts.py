"""One account in many spellings has one key, and two accounts have two: the pairs of tests/cases/accounts.json."""

import json
from pathlib import Path

import pytest

from storage.reference.accounts import LONGEST, Accounts, Service
from storage.reference.catalog import load

CASES = json.loads((Path(__file__).parents[1] / "cases" / "accounts.json").read_text(encoding="utf-8"))
HERE = "PK"


@pytest.fixture(scope="module")
def accounts():
    return load().accounts


@pytest.fixture(scope="module")
def key(accounts):
    return lambda typed, provider="", country=HERE: accounts.key(typed, country=country, provider=provider)


def _spelt(side: str | dict[str, str]) -> dict[str, str]:
    """A side of a pair: what was typed, where it matters with the provider and the country of the agency."""
    return {"typed": side} if isinstance(side, str) else side


@pytest.mark.parametrize("pair", CASES["same"], ids=str)
def test_one_account_has_one_key(key, pair):
    one, other = (key(**_spelt(side)) for side in pair)
    assert one == other


@pytest.mark.parametrize("pair", CASES["different"], ids=str)
def test_two_accounts_have_two(key, pair):
    one, other = (key(**_spelt(side)) for side in pair)
    assert one != other


@pytest.mark.parametrize("pair", CASES["same"] + CASES["different"], ids=str)
def test_a_key_is_its_own_key(key, pair):
    for side in pair:
        found = key(**_spelt(side))
        assert key(found) == found


@pytest.mark.parametrize(
    ("typed", "provider", "expected"),
    [
        ("0300-1234567", "", "+923001234567"),
        ("https://m.facebook.com/Some.Page/?ref=x", "PROV-META", "facebook.com/somepage"),
        ("@Example", "PROV-X", "x.com/example"),
        ("@Example", "PROV-META", "@example"),
        ("@Example", "US-DOJ-OIA", "@example"),
        ("Some.Page", "PROV-META", "some.page"),
        ("some.page", "PROV-X", "some.page"),
        ("923001234567", "PROV-WHATSAPP", "+923001234567"),
        ("923001234567", "PROV-META", "923001234567"),
        ("https://Example.org/A?b=c#d", "", "example.org/A?b=c#d"),
        ("https://example.org/#/user/7", "", "example.org#/user/7"),
        ("tg://Resolve?domain=Example", "", "tg://resolve?domain=Example"),
        ("Ayesha  KHAN", "", "ayesha khan"),
        ("", "", ""),
    ],
)
def test_what_a_key_looks_like(key, typed, provider, expected):
    assert key(typed, provider) == expected


def test_a_key_fits_its_column_and_still_tells_two_apart(key):
    one, other = (key(f"https://example.org/{'ج' * 400}{end}") for end in "ab")
    assert (len(one), len(other)) == (LONGEST, LONGEST)
    assert one != other


def test_who_searches_names_no_provider_and_finds_each(accounts):
    found = accounts.keys("@example", country=HERE)
    assert found == {
        "@example", "x.com/example", "tiktok.com/@example", "youtube.com/@example", "t.me/example",
        "snapchat.com/add/example",
    }  # fmt: skip


def test_a_name_that_two_services_of_a_provider_may_mean_is_clear_in_neither():
    ways = {"one": ("one.example/{name}", "@{name}"), "two": ("two.example/{name}", "@{name}")}
    services = [
        Service(code=code, providers=("P",), hosts=(f"{code}.example",), prefixes=(), idle=(), forms=(forms,))
        for code, forms in ways.items()
    ]
    assert Accounts(services).key("@example", country=HERE, provider="P") == "@example"
    assert Accounts(services[:1]).key("@example", country=HERE, provider="P") == "one.example/example"


def test_nothing_that_people_paste_breaks_it(key):
    for typed in (
        "http://[::1",
        "https://xn--\u00e9/x",
        "+",
        "@",
        "https://",
        "%zz/%ff.example/%ff",
        "a@b.",
        "(",
        "://",
    ):
        assert isinstance(key(typed), str)
