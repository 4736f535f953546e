"""How lines are cut: keyboards, quotes, keys, and what nobody can see."""
# ruff: noqa: RUF001 - what phones and other scripts insert is the subject

import pytest
from hypothesis import given
from hypothesis import strategies as st

from handlers.language.errors import OpenQuote, TooLong
from handlers.language.grammar import Token, plain, quoted, read, visible


def texts(line: str) -> list[str]:
    return [token.text for token in read(line)[0]]


def keys(line: str) -> list[tuple[str, str | None]]:
    return [(token.key, token.value) for token in read(line)[0] if token.key]


def test_words_are_cut_at_every_kind_of_space():
    assert texts("  case\u00a0open\t42\u3000\u202fnow\n") == ["case", "open", "42", "now"]


@pytest.mark.parametrize(
    "line",
    [
        '"fake page"',
        "“fake page”",
        "„fake page“",
        "«fake page»",
        "'fake page'",
        "‘fake page’",
        '“fake page"',
        '"fake page”',
    ],
)
def test_quotes_of_every_keyboard_hold_spaces(line):
    assert read(line)[0] == [Token("fake page", quoted=True)]


def test_apostrophes_inside_words_are_no_quotes():
    assert texts("don't l’avis 'they don't answer'") == ["don't", "l’avis", "they don't answer"]


def test_curly_quotes_may_stand_inside_straight_ones():
    assert texts('"the “official” page"') == ["the “official” page"]


def test_a_backslash_keeps_a_double_quote_and_nothing_else():
    assert texts(r'"say \"no\" \\ \n"') == [r'say "no" \ \n']


def test_a_full_stop_after_a_quote_does_not_keep_it_open():
    assert keys('asks:"what reason?".') == [("asks", "what reason?.")]


@pytest.mark.parametrize(
    "line",
    ["asks:x", "asks=x", "--asks=x", "--asks:x", "—asks=x", "–asks:x", "ASKS:x", "Asks:“x”", "asks='x'", '--Asks="x"'],
)
def test_a_key_is_read_however_it_is_written(line):
    assert keys(line) == [("asks", "x")]


def test_dash_and_underscore_in_a_key_are_one():
    assert keys("legal-paper:x legal_paper:y") == [("legal_paper", "x"), ("legal_paper", "y")]


def test_a_long_dash_of_a_phone_counts_as_two():
    token, value = read("—dated today")[0]
    assert (token.key, token.value, token.dashed, value.text) == ("dated", None, True, "today")


def test_an_empty_value_differs_from_none():
    assert keys('asks:"" dated:') == [("asks", ""), ("dated", None)]


@pytest.mark.parametrize(
    "word", ["12:30", "2026-03-02", "-3", "--", "—", "=cmd()", "<!channel>", "{{7*7}}", "@everyone"]
)
def test_what_does_not_begin_as_a_name_has_no_key(word):
    assert read(word)[0] == [Token(word)]


def test_text_meant_for_machines_is_taken_literally():
    title = "'; DROP TABLE x; <!channel> {{7*7}} javascript:alert(1) =cmd()"
    assert texts(f'"{title}"') == [title]


def test_invisible_characters_are_removed_and_counted():
    assert visible("a\u200bb\u202ec\x00d\ufeffe\ud800f") == ("abcdef", 5)


def test_joiners_that_a_script_needs_stay_and_hidden_ones_go():
    assert visible("می\u200cخواهم") == ("می\u200cخواهم", 0)
    assert visible("fake\u200cpage") == ("fakepage", 1)


def test_line_breaks_inside_quotes_are_kept():
    assert texts('"one\r\ntwo\u2028three"') == ["one\ntwo\nthree"]


def test_an_open_quote_says_where_it_opened():
    with pytest.raises(OpenQuote) as error:
        read('request clarify 42/3 asks:"what plausible reason')
    assert (error.value.position, error.value.quoted) == (27, '"what plausible reason')


def test_a_line_over_the_limit_says_size_and_limit():
    with pytest.raises(TooLong) as error:
        read("x" * 50_000)
    assert (error.value.name, error.value.size, error.value.limit) == ("line", 50_000, 8_000)


def test_digits_and_dashes_of_other_scripts_become_plain():
    assert plain("٥–१२／ＡＢ") == "5-12/AB"


@given(st.text())
def test_any_visible_text_survives_quoting(text):
    kept, _removed = visible(text)
    assert [(token.text, token.key) for token in read(quoted(kept))[0]] == [(kept, "")]
