"""Which files are kept, by their names and first bytes, and under which name."""

import pytest

from storage.rules.files import ACCEPTED, FORMS, LONGEST_NAME, MOST_BYTES, content_fault, declared_fault, safe_name


def whole(ending: str) -> bytes:
    """The beginning of a file of a kind, and some more."""
    beginnings = FORMS[ending].begins
    if not beginnings:
        return "Ein Brief, 3 März\n".encode()
    at, beginning = beginnings[0]
    return b"\x00" * at + beginning + b"\x01" * 40


@pytest.mark.parametrize("ending", ACCEPTED)
def test_a_file_that_is_what_its_name_says_is_kept(ending):
    assert declared_fault(f"Letter.{ending.upper()}", 40) is None
    assert content_fault(f"Letter.{ending.upper()}", whole(ending)) is None


@pytest.mark.parametrize("ending", [ending for ending, form in FORMS.items() if form.begins])
def test_a_page_that_asks_for_a_password_is_no_file_of_any_kind(ending):
    assert content_fault(f"letter.{ending}", b"<!DOCTYPE html><title>Sign in</title>") == "contents"


def test_a_program_that_is_called_a_text_is_no_text():
    assert content_fault("notes.txt", b"MZ\x90\x00\x03\x00") == "contents"


def test_a_text_as_windows_writes_it_is_a_text():
    assert content_fault("notes.txt", "Ünïcode".encode("utf-16")) is None


def test_a_pdf_may_have_something_in_front():
    assert content_fault("letter.pdf", b"\r\n\r\n%PDF-1.7") is None


@pytest.mark.parametrize(
    "name", ["run.exe", "letter.pdf.exe", "page.html", "drawing.svg", "macro.docm", "letter", "pdf", ".", "", "a.pdf/"]
)
def test_what_is_run_or_unknown_is_not_kept(name):
    assert declared_fault(name, 40) == "kind"


@pytest.mark.parametrize(
    ("size", "wrong"), [(0, "empty"), (1, None), (MOST_BYTES, None), (MOST_BYTES + 1, "too_big"), (None, None)]
)
def test_the_size_is_between_one_byte_and_the_limit(size, wrong):
    assert declared_fault("letter.pdf", size) == wrong


def test_no_bytes_at_all_are_seen_when_they_come():
    assert content_fault("letter.pdf", b"") == "empty"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("letter.pdf", "letter.pdf"),
        ("../../etc/passwd.txt", "passwd.txt"),
        ("..\\..\\boot.ini.txt", "boot.ini.txt"),
        ("/letter.pdf", "letter.pdf"),
        ("a\u202ex\u200b.pdf", "a_x_.pdf"),
        ("line\nbreak.pdf", "line_break.pdf"),
        ('<b>"x"?*|.pdf', "_b__x____.pdf"),
        ("..", "file"),
        ("", "file"),
        ("درخواست.pdf", "درخواست.pdf"),
    ],
)
def test_a_name_is_one_that_every_file_system_takes(name, kept):
    assert safe_name(name) == kept


@pytest.mark.parametrize("name", ["x" * 500, "a." + "x" * 500])
def test_what_has_no_ending_to_keep_is_cut_all_the_same(name):
    assert len(safe_name(name)) == LONGEST_NAME


def test_a_long_name_keeps_its_ending():
    kept = safe_name("x" * 500 + ".pdf")
    assert len(kept) == LONGEST_NAME
    assert kept.endswith("x.pdf")
