"""Files of registers: what stands in them is read, as it is shown; whatever cannot be read gets one sentence."""

import csv
import io
import os
import random
import re
import zipfile
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from bot.rendering.phrases import Reader
from bot.rendering.render import Renderer
from handlers.registers import spool
from handlers.registers.errors import RegisterUnreadable
from handlers.registers.lines import CELL_LIMIT, Held, Merged, Rival, Sheet
from handlers.registers.number_formats import held, number_format
from handlers.registers.sheet import read_sheets
from handlers.registers.vocabulary import from_reference
from storage.reference.catalog import load
from tests import whole_register

HEADERS = ["Diary No", "Date Sent", "Provider", "Nature of Complaint", "Remarks"]
SHEET = "xl/worksheets/sheet1.xml"


def parts_of(book: openpyxl.Workbook) -> dict[str, bytes]:
    out = io.BytesIO()
    book.save(out)
    with zipfile.ZipFile(out) as packed:
        return {name: packed.read(name) for name in packed.namelist()}


def packed(parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return out.getvalue()


def workbook(*lines: list[object], formats: dict[str, str] | None = None) -> dict[str, bytes]:
    book = openpyxl.Workbook()
    for line in lines:
        book.active.append(line)
    for place, code in (formats or {}).items():
        book.active[place].number_format = code
    return parts_of(book)


def replaced(parts: dict[str, bytes], pattern: str, instead: str, part: str = SHEET) -> dict[str, bytes]:
    changed, times = re.subn(pattern.encode(), instead.encode(), parts[part])
    assert times, f"{pattern} is not in {parts[part]!r}"
    return {**parts, part: changed}


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., list[Sheet]]:
    def read(content: bytes | dict[str, bytes], name: str = "register", **how: object) -> list[Sheet]:
        path = tmp_path / name
        path.write_bytes(packed(content) if isinstance(content, dict) else content)
        return read_sheets(path, **how)

    return read


@pytest.fixture
def refusal(read):
    def refusal(content: bytes | dict[str, bytes], **how: object) -> str:
        with pytest.raises(RegisterUnreadable) as caught:
            read(content, **how)
        return said(caught.value)

    return refusal


def said(error: RegisterUnreadable) -> str:
    reader = Reader("UTC", "en", datetime(2026, 3, 4, tzinfo=UTC))
    return Renderer().message(error.template, error.facts(), reader).plain()


def rows(sheet: Sheet) -> list[list[str]]:
    return [[str(cell) for cell in line.cells] for line in sheet.lines]


class TestWorkbook:
    @pytest.mark.parametrize("ref", ["A1", "A1:B2", "A1:C2", "A1:B9", "A1:XFD1048576", "nonsense"])
    def test_what_stands_there_is_read_whatever_the_file_says_of_its_size(self, read, ref):
        parts = workbook(*([f"a{n}", f"b{n}", f"c{n}"] for n in range(9)))
        (sheet,) = read(replaced(parts, '<dimension ref="[^"]*"', f'<dimension ref="{ref}"'))
        assert rows(sheet) == [[f"a{n}", f"b{n}", f"c{n}"] for n in range(9)]

    def test_a_stray_cell_far_to_the_right_is_of_its_own_line_only(self, read):
        parts = workbook(["a", "b"], ["c", "d"])
        stray = '<c r="XFD2" t="inlineStr"><is><t>x</t></is></c></row></sheetData>'
        (sheet,) = read(replaced(parts, "</row></sheetData>", stray))
        assert [len(line.cells) for line in sheet.lines] == [2, 16384]

    def test_lines_keep_their_numbers_and_blank_ones_are_left_out(self, read):
        (sheet,) = read(workbook(["a"], [], [" "], ["b", None, "c"]))
        assert [(line.number, line.cells) for line in sheet.lines] == [(1, ("a",)), (4, ("b", "", "c"))]

    def test_lines_can_be_gone_through_by_two_at_once(self, read):
        (sheet,) = read(workbook(*([f"{n}"] for n in range(1, 1301))))
        pairs = list(zip(sheet.lines, sheet.lines, strict=True))
        assert len(pairs) == len(sheet.lines) == 1300
        assert all(one == other for one, other in pairs)

    def test_hidden_sheets_stay_out_and_a_chosen_one_alone_is_read(self, read):
        book = openpyxl.Workbook()
        book.active.append(["cover"])
        for name, state in (("2016", "visible"), ("2017", "hidden"), ("2018", "veryHidden"), ("2019", "visible")):
            book.create_sheet(name).append([name])
            book[name].sheet_state = state
        book.create_sheet("blank")
        content = parts_of(book)
        assert [(sheet.name, rows(sheet)) for sheet in read(content)] == [
            ("Sheet", [["cover"]]), ("2016", [["2016"]]), ("2019", [["2019"]])
        ]  # fmt: skip
        assert [(sheet.name, len(sheet.lines)) for sheet in read(content, sheet="2019")] == [
            ("Sheet", 0), ("2016", 0), ("2019", 1)
        ]  # fmt: skip

    def test_merged_cells_are_told(self, read):
        book = openpyxl.Workbook()
        for n in range(5):
            book.active.append([n, n, n])
        book.active.merge_cells("C2:C5")
        book.active.merge_cells("A1:B1")
        (sheet,) = read(parts_of(book))
        assert set(sheet.merged) == {Merged(2, 5, 2, 2), Merged(1, 1, 0, 1)}

    def test_what_is_no_text_is_held_by_its_kind(self, read):
        book = openpyxl.Workbook()
        book.active.append([True, "#REF!", date(2016, 3, 18), time(9, 30), 1000635123456780, 1e22, "=A1", 42])
        book.active["B1"].data_type = "e"
        (sheet,) = read(parts_of(book))
        (line,) = sheet.lines
        assert [cell.kind for cell in line.cells] == [
            "truth", "error", "date", "date", "lost", "lost", "no_value", "number"
        ]  # fmt: skip
        assert [str(cell) for cell in line.cells[:4]] == ["TRUE", "#REF!", "2016-03-18", "9:30:00"]
        assert [cell.day for cell in line.cells[2:4]] == [date(2016, 3, 18), None]

    @pytest.mark.parametrize(
        ("cell", "means"),
        [
            ('t="str"><f>B1</f><v>Quetta</v>', "Quetta"),
            ('t="str"><f>B1</f><v></v>', ""),
            ('t="str"><f>B1</f>', "no_value"),
            ("><f>B1</f><v/>", "no_value"),
            ("><f>B1</f>", "no_value"),
            ("><f>B1</f><v>0</v>", "no_value"),  # the book asks to be computed anew, as programs write it
            ("><f>B1</f><v>7</v>", "7"),
            ('t="e"><f>B1</f><v>#N/A</v>', "#N/A"),
        ],
    )
    def test_a_formula_is_what_it_showed_and_in_doubt_where_nobody_stored_that(self, read, cell, means):
        parts = replaced(workbook(["x", "end"]), '<c r="A1"[^>]*>.*?</c>', f'<c r="A1" {cell}</c>')
        found = next(iter(read(parts)[0].lines)).cells[0]
        assert means == (found.kind if isinstance(found, Held) and not found.shown else str(found))

    def test_shared_texts_are_read_with_their_escapes_and_without_readings(self, read):
        texts = (
            "<si><t>plain</t></si><si><r><t>two </t></r><r><t>runs</t></r></si>"
            '<si><t>\u6771\u4eac</t><rPh sb="0" eb="2"><t>toukyou</t></rPh></si><si><t>a_x000D_b_x005F_x</t></si>'
        )
        cells = "".join(f'<c r="{letter}1" t="s"><v>{n}</v></c>' for n, letter in enumerate("ABCD"))
        parts = replaced(workbook(["x"]), '<c r="A1"[^>]*>.*?</c>', cells)
        parts["xl/sharedStrings.xml"] = f"<sst>{texts}</sst>".encode()
        kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
        listed = "xl/_rels/workbook.xml.rels"
        parts = replaced(parts, "</Relationships>", f'<Relationship Id="t" Type="{kind}" Target="sharedStrings.xml"/></Relationships>', listed)  # fmt: skip  # noqa: E501
        assert rows(read(parts)[0]) == [["plain", "two runs", "\u6771\u4eac", "a\rb_x"]]

    def test_strict_open_xml_is_read(self, read):
        parts = workbook(["a", date(2018, 3, 4)])
        pairs = {
            b"schemas.openxmlformats.org/spreadsheetml/2006": b"purl.oclc.org/ooxml/spreadsheetml",
            b"schemas.openxmlformats.org/officeDocument/2006": b"purl.oclc.org/ooxml/officeDocument",
        }
        for old, new in pairs.items():
            parts = {name: content.replace(old, new) for name, content in parts.items()}
        assert rows(read(parts)[0]) == [["a", "2018-03-04"]]

    def test_progress_is_told_in_lines(self, read):
        heard = []
        read(workbook(*([n] for n in range(1200))), progress=lambda done, total: heard.append((done, total)))
        assert heard == [(500, 0), (1000, 0), (1200, 0)]


SHOWN = [
    ("42", "General", "42"), ("12.1", "General", "12.1"), ("100063512345678", "General", "100063512345678"),
    ("42", "0000", "0042"), ("12.1", "0.00", "12.10"), ("12.100000000000001", "0.00", "12.10"),
    ("7", '"FIA/"0000', "FIA/0007"), ("7", '"FIA/"General', "FIA/7"), ("7", "\\F\\I\\A0", "FIA7"), ("7", "@", "7"),
    ("3001234567", "00000000000", "03001234567"), ("420123", "000-0000", "042-0123"), ("42", "#", "42"),
    ("42", '0"/2016"', "42/2016"), ("0.5", "0%", "50%"), ("2.5", "0", "3"), ("-2.5", "0.0", "-2.5"),
    ("-7", "0;(0)", "(7)"), ("5", "[Red]0", "5"), ("999", "#,##0", "999"),
    ("42491", "m/yyyy", "5/2016"), ("43164", "d-mmm", "5-Mar"), ("42491", "mmm-yy", "May-16"),
    ("42491", "dd/mm/yyyy", "01/05/2016"), ("42491", "[$-409]d\\ mmmm\\ yyyy", "1 May 2016"),
    ("42491.75", "d/m/yy h:mm", "1/5/16 18:00"), ("0.5", "h:mm AM/PM", "12:00 PM"), ("59", "d/m/yyyy", "28/2/1900"),
]  # fmt: skip
LOST = [
    ("1000635123456780", "0"), ("1E+22", "General"), ("0.333333333333333", "General"), ("0.5", "# ?/?"),
    ("12345", "0.00E+00"), ("12345", "#,##0"), ("12345", "0,"), ("5", "[<10]0"), ("5", ";;;"), ("5", "[DBNum1]0"),
    ("1.5", "[h]:mm"), ("5", "[$\u20ac-407]0"), ("-0.2", "0"), ("60", "d/m/yyyy"), ("-5", "d/m/yyyy"), ("5", "0x"),
]  # fmt: skip


class TestNumberFormats:
    @pytest.mark.parametrize(("words", "code", "shown"), SHOWN)
    def test_a_number_is_shown_as_its_cell_shows_it(self, words, code, shown):
        found = held(words, number_format(code))
        assert (found.shown, found.kind) == (shown, "date" if number_format(code).is_date else "number")

    @pytest.mark.parametrize(("words", "code"), LOST)
    def test_what_cannot_be_shown_exactly_is_lost_and_never_wrong(self, words, code):
        assert held(words, number_format(code)).kind == "lost"

    @pytest.mark.parametrize("code", ["[$-F800]dddd", "[$-420]d mmmm yyyy", "ge.m.d"])
    def test_a_date_of_unknown_look_stays_a_date(self, code):
        assert held("42491", number_format(code)) == Held("date", "2016-05-01", date(2016, 5, 1))


ARABIC = ["تم إرسال الطلب إلى الشركة", "لم يصل أي رد حتى الآن", "الحساب محذوف منذ شهر"]
WRITTEN = {
    "cp1256": ARABIC,
    "iso8859-6": ARABIC,
    "cp1250": ["Wysłano przypomnienie", "Brak odpowiedzi od spółki", "Żądają postanowienia sądu"],
    "cp1251": ["Напоминание отправлено", "Ответа пока нет", "Страница уже удалена"],
    "koi8-r": ["Напоминание отправлено", "Ответа пока нет", "Страница уже удалена"],
    "cp1252": ["Erinnerung verschickt", "Rückfrage der Behörde", "Weitere Auskünfte nötig, geprüft"],
    "cp1253": ["Εστάλη υπενθύμιση", "Δεν έχει ληφθεί απάντηση"],
    "cp1254": ["Hatırlatma gönderildi", "Yanıt henüz gelmedi", "Şirket mahkeme kararı istiyor"],  # noqa: RUF001
    "cp1255": ["נשלחה תזכורת", "טרם התקבלה תשובה", "החברה מבקשת צו בית משפט"],
    "cp874": ["ส่งหนังสือเตือนแล้ว", "ยังไม่ได้รับคำตอบ"],
    "gbk": ["已经发送提醒信", "至今没有收到答复", "公司要求法院的命令"],
    "big5": ["已經發送提醒信", "至今沒有收到答覆", "公司要求法院的命令"],
    "cp932": ["督促状を送付しました", "まだ回答がありません"],
    "cp949": ["독촉장을 보냈습니다", "아직 답변이 없습니다"],
}
MOSTLY_ASCII = ["It is the company\u2019s page", "Café page", "Letter sent \u2013 first", "They said \u201cno\u201d"]


def csv_of(words: list[str], times: int = 8) -> str:
    out = io.StringIO(newline="")
    lines = ([f"CCW/2018/{n:04}", "07-Mar-2018", "Facebook", "Fake", words[n % len(words)]] for n in range(times))
    csv.writer(out).writerows([HEADERS, *lines])
    return out.getvalue()


class TestEncoding:
    @pytest.mark.parametrize("encoding", WRITTEN)
    @pytest.mark.parametrize("times", [4, 60])
    def test_old_encodings_are_guessed_right_and_never_for_sure(self, read, encoding, times):
        content = csv_of(WRITTEN[encoding], times)
        (sheet,) = read(content.encode(encoding))
        assert rows(sheet) == list(csv.reader(io.StringIO(content)))
        assert sheet.encoding.source == "guess"
        assert 0 < sheet.encoding.sure < 1
        assert set(sheet.encoding.samples) & {cell.split(",")[0] for cell in WRITTEN[encoding]}

    @pytest.mark.parametrize("remark", MOSTLY_ASCII)
    def test_one_foreign_sign_is_a_guess_too(self, read, remark):
        content = csv_of([remark, *["Letter sent"] * 7])
        (sheet,) = read(content.encode("cp1252"))
        assert (rows(sheet)[1][4], sheet.encoding.source, sheet.encoding.samples) == (remark, "guess", (remark,))

    @pytest.mark.parametrize("encoding", ["ascii", "utf-8", "utf-16-le", "utf-16-be"])
    def test_what_cannot_be_otherwise_is_certain(self, read, encoding):
        words = ["Letter sent"] if encoding != "utf-8" else ARABIC
        (sheet,) = read(csv_of(words).encode(encoding))
        assert (sheet.encoding.source, sheet.encoding.sure, rows(sheet)[1][4]) == ("bytes", 1.0, words[0])

    @pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
    def test_a_mark_beats_what_a_person_says(self, read, encoding):
        (sheet,) = read(csv_of(ARABIC).encode(encoding), encoding="cp1256")
        assert (sheet.encoding.source, rows(sheet)[1][4]) == ("mark", ARABIC[0])

    @pytest.mark.parametrize(
        "word", ["se\u00f1or", "Rafael Mu\u00f1oz", "jos\u00e9.garcia", "R\u00e9ponse \u2013 se\u00f1or"]
    )
    def test_one_word_of_western_europe_is_read_as_such(self, read, word):
        (sheet,) = read(csv_of([word, "Letter sent"]).encode("cp1252"))
        assert (sheet.encoding.name, rows(sheet)[1][4]) == ("cp1252", word)

    def test_the_rival_is_told_with_what_it_reads_otherwise(self, read):
        (sheet,) = read(csv_of(["Zürich", "Müller", "señor"]).encode("cp1252"))
        assert sheet.encoding.samples[0] == "señor"
        assert sheet.encoding.rival == Rival("cp1250", "se\u0144or")

    def test_a_person_beats_the_guess(self, read):
        (sheet,) = read(csv_of(ARABIC).encode("cp1256"), encoding="Windows-1256")
        assert (sheet.encoding.name, sheet.encoding.source, sheet.encoding.sure) == ("cp1256", "mapping", 1.0)

    @pytest.mark.parametrize(
        "name", ["cp-arabic", "", "hex", "zip", "rot13", "a\0b", "undefined", "punycode", "unicode_escape"]
    )
    def test_an_encoding_that_is_none_is_refused(self, refusal, name):
        assert "which is none" in refusal(csv_of(ARABIC).encode("cp1256"), encoding=name)

    @pytest.mark.parametrize(("said", "encoding"), [("utf-8", "cp1256"), ("ascii", "utf-8"), ("gbk", "cp1251")])
    def test_letters_are_never_replaced(self, refusal, said, encoding):
        late = csv_of(["Letter"], 20) + csv_of(["\u0623" if encoding != "cp1251" else "я"], 1)
        assert f"cannot be read as {said} from line 23 on" in refusal(late.encode(encoding), encoding=said)

    def test_a_file_that_changes_its_encoding_on_the_way_is_refused_by_line(self, refusal):
        content = csv_of(ARABIC, 20).encode() + csv_of(ARABIC, 3).encode("cp1256")
        assert "something else in line 23" in refusal(content)


def small() -> dict[str, bytes]:
    return workbook(HEADERS, *([f"n/{n}", date(2018, 3, n), "Facebook", "Fake", f"page {n}"] for n in range(1, 9)))


def marked(content: bytes, *, flag: int = 0, method: int | None = None) -> bytes:
    changed = bytearray(content)
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        for found in re.finditer(re.escape(mark), content):
            changed[found.start() + at] |= flag
            if method is not None:
                changed[found.start() + at + 2] = method
    return bytes(changed)


BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
REFUSED = {
    "locked with a password": marked(packed(small()), flag=1),
    "packed in a way that no spreadsheet": marked(packed(small()), method=9),
    "an OpenDocument file": packed({"mimetype": b"application/vnd.oasis", "content.xml": b"<x/>"}),
    "a binary workbook": packed({"xl/workbook.bin": b"\0"}),
    "not an Excel workbook": packed({"word/document.xml": b"<x/>"}),
    "is damaged": packed({**small(), SHEET: BOMB}),
    "a PDF": b"%PDF-1.7\n",
    "a picture": b"\x89PNG\r\n",
    "a packed archive": b"\x1f\x8b\x08",
    "neither a workbook nor text": bytes(range(256)) * 3,
    "more than 131,072 characters in line 2": b'a,b\n1,"' + b"x\n" * CELL_LIMIT,
    "a line of more than 1,048,576 characters, line 2": b"a,b\n" + b"x" * 1_100_000,
    "more than 16,384 columns in line 1": b"x," * 17_000,
}


class TestRefusals:
    @pytest.mark.parametrize("words", REFUSED)
    def test_what_is_no_register_gets_one_sentence(self, refusal, words):
        assert words in refusal(REFUSED[words])

    @pytest.mark.parametrize(
        ("pattern", "instead"),
        [
            ('<c r="A3"[^>]*>.*?</c>', '<c r="A3" t="s"><v>9999</v></c>'),
            ('<c r="A3"[^>]*>.*?</c>', '<c r="A3"><v>1_0</v></c>'),
            ('<c r="A3"', '<c r="A4"'),
            ('<row r="3"', '<row r="2"'),
            ('<row r="9"', '<row r="1048577"'),
            ('<c r="B3" s="1"', '<c r="B3" s="-1"'),
            ('s="1"', 's="99"'),
            ("</row>", ""),
        ],
    )
    def test_a_damaged_sheet_is_refused(self, refusal, pattern, instead):
        assert "is damaged" in refusal(replaced(small(), pattern, instead))

    def test_a_long_cell_of_a_workbook_is_refused_by_line(self, refusal):
        parts = replaced(small(), "page 4", "x" * (CELL_LIMIT + 1))
        assert "a cell of more than 131,072 characters in line 5" in refusal(parts)

    def test_a_part_that_unpacks_to_too_much_is_not_opened(self, refusal, monkeypatch):
        monkeypatch.setattr("handlers.registers.workbook.UNPACKED_LIMIT_BYTES", 1000)
        assert "unpacks to" in refusal(small())

    def test_a_folder_and_a_pipe_are_no_files(self, tmp_path):
        os.mkfifo(tmp_path / "pipe")
        (tmp_path / "folder").mkdir()
        for name, words in (("pipe", "a device or a pipe"), ("folder", "a folder")):
            with pytest.raises(RegisterUnreadable) as caught:
                read_sheets(tmp_path / name)
            assert words in said(caught.value)

    def test_a_disk_without_room_is_said(self, read, monkeypatch):
        def full(**_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(spool.tempfile, "TemporaryFile", full)
        for content in (small(), csv_of(["x"]).encode()):
            with pytest.raises(RegisterUnreadable) as caught:
                read(content)
            assert "cannot be copied to the disk while it is read: No space left" in said(caught.value)

    @pytest.mark.parametrize("seed", range(4))
    def test_no_mutation_of_a_file_is_more_than_one_sentence(self, read, seed):
        chance, parts, text = random.Random(seed), small(), csv_of(ARABIC).encode("cp1256")
        ends = {"read": 0, "refused": 0}
        for _ in range(60):
            name = chance.choice(list(parts))
            content = chance.choice((text, packed(parts), packed({**parts, name: mutated(parts[name], chance)})))
            try:
                for sheet in read(mutated(content, chance) if content is not text or chance.random() < 0.9 else text):
                    list(sheet.lines)
                ends["read"] += 1
            except RegisterUnreadable as error:
                ends["refused"] += bool(said(error))
        assert all(ends.values())


def mutated(content: bytes, chance: random.Random) -> bytes:
    changed = bytearray(content)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(changed))
        match chance.randrange(3):
            case 0:
                changed[at] = chance.randrange(256)
            case 1:
                del changed[at : at + chance.randint(1, 20)]
            case 2:
                changed[at:at] = changed[max(0, at - 10) : at]
    return bytes(changed)


class TestLinks:
    """What a cell of the accounts says is not always where it leads."""

    @staticmethod
    def register(tmp_path, *accounts: tuple[str, str]):
        """Rows of (what is shown, where it leads; a formula is told by its "=")."""
        book = openpyxl.Workbook()
        book.active.append([*HEADERS, "Accounts"])
        for number, (shown, target) in enumerate(accounts, start=1):
            book.active.append([f"CCW/{number}", date(2018, 3, 13), "Facebook", "Hacking", "see link", shown])
            for column in (5, 6) if target else ():
                book.active.cell(number + 1, column).hyperlink = target
        book.save(tmp_path / "r.xlsx")
        return whole_register.read(tmp_path / "r.xlsx", from_reference(load()))

    @pytest.mark.parametrize(
        ("shown", "target"),
        [
            ("Profile", "https://www.facebook.com/fake.one"),
            ("fake.two", "https://www.facebook.com/fake.one"),
            ("Click here; fake.two", "https://www.facebook.com/fake.one?a=1,2"),
            ("photos", "https://www.facebook.com/fake.one/photos"),
            ("https://facebook.com/fake.two", "https://facebook.com/fake.one"),
            ("one@x.invalid", "mailto:two@x.invalid"),
            (123456, "https://facebook.com/profile.php?id=654321"),
        ],
    )
    def test_a_text_that_leads_elsewhere_is_a_doubt_that_names_the_target(self, tmp_path, shown, target):
        register = self.register(tmp_path, (shown, target), ("page.02", ""))
        (doubt,) = register.doubts
        assert [(flaw.column, flaw.wrong) for flaw in doubt.flaws] == [
            ("accounts", "account is a link that leads to something else")
        ]
        assert target in doubt.flaws[0].accepted
        assert [entry.accounts for entry in register.entries] == [("page.02",)]

        whole_register.write_corrections(register, tmp_path / "c.csv")
        (again,) = whole_register.read(tmp_path / "c.csv", from_reference(load())).doubts
        assert again.flaws == doubt.flaws

    @pytest.mark.parametrize(
        ("shown", "target"),
        [
            ("https://www.facebook.com/fake.one", "https://www.facebook.com/fake.one"),
            ("facebook.com/Fake.One/", "https://www.facebook.com/fake.one"),
            ("fake.one", "https://www.facebook.com/fake.one/"),
            ("@fake.one", "https://x.com/fake.one"),
            ("654321", "https://facebook.com/profile.php?id=654321"),
            ("fake.two; https://facebook.com/fake.one", "https://facebook.com/fake.one"),
            ("one@x.invalid", "mailto:one@x.invalid"),
            ("fake one", "fake%20one"),
            ("page.03", "#Sheet2!A1"),
        ],
    )
    def test_a_text_that_says_where_it_leads_is_taken(self, tmp_path, shown, target):
        register = self.register(tmp_path, (shown, target))
        assert not register.doubts
        assert len(register.entries) == 1

    def test_a_link_over_several_lines_counts_for_each(self, tmp_path):
        book = openpyxl.Workbook()
        book.active.append([*HEADERS, "Accounts"])
        for number in range(1, 5):
            book.active.append([f"CCW/{number}", date(2018, 3, 13), "Facebook", "Hacking", "", f"page {number}"])
        book.active["F2"].hyperlink = "https://facebook.com/x"
        parts = replaced(parts_of(book), 'ref="F2"', 'ref="F2:F4"')
        (tmp_path / "r.xlsx").write_bytes(packed(parts))
        register = whole_register.read(tmp_path / "r.xlsx", from_reference(load()))
        assert [doubt.own_reference for doubt in register.doubts] == ["CCW/1", "CCW/2", "CCW/3"]

    @pytest.mark.parametrize(
        ("formula", "taken", "named"),
        [
            ('HYPERLINK("https://facebook.com/fake.one","Profile")', False, "https://facebook.com/fake.one"),
            ('HYPERLINK("https://facebook.com/"&amp;A2,"Profile")', False, "the account itself, as text"),
            ('HYPERLINK("https://facebook.com/profile")', True, ""),
        ],
    )
    def test_a_formula_that_makes_a_link_is_one(self, tmp_path, formula, taken, named):
        book = openpyxl.Workbook()
        book.active.append([*HEADERS, "Accounts"])
        book.active.append(["CCW/1", date(2018, 3, 13), "Facebook", "Hacking", "", "Profile"])
        cell = f'<c r="F2" t="str"><f>{formula}</f><v>Profile</v></c>'
        parts = replaced(parts_of(book), '<c r="F2"[^>]*>.*?</c>', cell)
        (tmp_path / "r.xlsx").write_bytes(packed(parts))
        register = whole_register.read(tmp_path / "r.xlsx", from_reference(load()))
        assert len(register.entries) == taken
        assert [named in doubt.flaws[0].accepted for doubt in register.doubts] == [True] * (not taken)
