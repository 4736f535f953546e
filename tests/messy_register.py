"""A register as offices keep them, made up from a seed, together with what a careful reader must find in it.

Six date forms, several spellings of one thing, Urdu remarks, a total line, and two rows for each way to be doubtful.
The truth is counted while the rows are invented, never read back from them.
"""

import csv
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

import openpyxl

HEADERS = [
    *("Sr No", "Diary No", "Date Sent", "Circle", "Provider", "Nature of Complaint"),
    *("Request Type", "Legal Basis", "Accounts / URLs", "Date of Reply", "Outcome", "Remarks"),
]
SPELLINGS = {
    "recipients": {
        "PROV-META": ["Facebook", "FB", "facebook ", "Face book", "INSTAGRAM", "Insta"],
        "PROV-X": ["Twitter", "TWITTER", "twitter.com"],
    },
    "categories": {
        "financial_fraud": ["Fin. fraud", "Financial fraud"],
        "harassment": ["Harassment", "Harrasment"],
        "fake_accounts": ["Fake ID", "fake profile", "Fake account"],
        "political_speech": ["Defamation of public figure"],
    },
    "types": {"data": ["Data", "User data", "BSI + IP logs"], "preservation": ["Preserve", "Preservation"]},
    "outcomes": {
        "produced": ["Data provided", "Provided"],
        "not_held": ["No data available"],
        "open": ["Pending", "No reply", ""],
        "refused:mla_required": ["Refused - MLAT required"],
        "refused:free_expression": ["Refused (freedom of expression)"],
    },
}
FORMS = ["%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y", "%Y-%m-%d", "%d-%b-%y", "serial"]
BASES = ["Court order No. 58/2016", "Court order", "Letter", ""]
REMARKS = ["", "reminder sent", 'see file "B"', "مزید معلومات درکار"]
FLAWS = [
    "date sent missing",
    "impossible date sent",
    "nature of complaint missing",
    "recipient unknown or ambiguous",
    "reply before sending",
    "diary number used twice",
]


@dataclass
class MessyRegister:
    """`rows` as they stand in the file, without header and total; `truth` with the keys of the report."""

    rows: list[dict[str, str]] = field(default_factory=list)
    truth: dict = field(default_factory=dict)

    def write_csv(self, path: Path, encoding: str = "utf-8-sig") -> Path:
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(file)
            writer.writerows([HEADERS, *([row[header] for header in HEADERS] for row in self.rows)])
            writer.writerow([*[""] * (len(HEADERS) - 1), f"Total: {len(self.rows)}"])
        return path

    def write_xlsx(self, path: Path) -> Path:
        """The same as a workbook: titles above the header, serials as numbers, ISO dates as real date cells."""
        book = openpyxl.Workbook()
        page = book.active
        page.append(["Register of requests to service providers"])
        page.append([])
        page.append(HEADERS)
        for row in self.rows:
            page.append([_typed(header, row[header]) for header in HEADERS])
        page.append(["Total", len(self.rows)])
        book.save(path)
        return path


def invent(seed: int, size: int = 240) -> MessyRegister:
    """A register of `size` rows, twelve of them doubtful."""
    chance = random.Random(seed)
    register, counts, doubtful = MessyRegister(), {}, []
    flawed = dict(zip(chance.sample(range(2, size + 1), 2 * len(FLAWS)), FLAWS * 2, strict=True))
    sent = date(2016, 1, 4)
    for number in range(1, size + 1):
        sent += timedelta(days=chance.randrange(5))
        row, facts = _row(chance, number, sent)
        flaw = flawed.get(number)
        if flaw:
            _spoil(chance, row, flaw, sent, register.rows[-1])
            doubtful.append({"row": number, "diary_no": row["Diary No"], "flaw": flaw})
        else:
            for key, value in facts:
                counts.setdefault(key, Counter())[value] += 1
        register.rows.append(row)
    register.truth = {
        "rows": size,
        "requests": size - len(doubtful),
        **{key: dict(counter) for key, counter in counts.items()},
        "doubtful": doubtful,
    }
    return register


def _row(chance: random.Random, number: int, sent: date) -> tuple[dict[str, str], list[tuple[str, str]]]:
    codes = {kind: chance.choice(list(words)) for kind, words in SPELLINGS.items()}
    spelt = {kind: chance.choice(SPELLINGS[kind][code]) for kind, code in codes.items()}
    outcome, _, reason = codes["outcomes"].partition(":")
    reply = "" if outcome == "open" else _written(chance, sent + timedelta(days=chance.randrange(1, 90)))
    accounts = "; ".join(f"account-{chance.randrange(10**5):05}" for _ in range(chance.randrange(1, 4)))
    cells = [
        *(str(number), f"CCW/{sent.year}/{number:04}", _written(chance, sent), chance.choice(["Quetta", "Lahore"])),
        *(spelt["recipients"], spelt["categories"], spelt["types"], chance.choice(BASES)),
        *(accounts, reply, spelt["outcomes"], chance.choice(REMARKS)),
    ]
    facts = [
        ("by_recipient", codes["recipients"]),
        ("by_half_year", f"{sent.year} H{1 if sent.month <= 6 else 2}"),
        ("by_category", codes["categories"]),
        ("by_outcome", outcome),
        ("by_type", codes["types"]),
        *([("refusal_reasons", reason)] if reason else []),
    ]
    return dict(zip(HEADERS, cells, strict=True)), facts


def _spoil(chance: random.Random, row: dict[str, str], flaw: str, sent: date, above: dict[str, str]) -> None:
    match flaw:
        case "date sent missing":
            row["Date Sent"] = ""
        case "impossible date sent":
            row["Date Sent"] = f"31/02/{sent.year}"
        case "nature of complaint missing":
            row["Nature of Complaint"] = ""
        case "recipient unknown or ambiguous":
            row["Provider"] = chance.choice(["??", "FB/Twitter", "Orkut"])
        case "reply before sending":
            row["Date of Reply"] = f"{sent - timedelta(days=9):%d-%b-%Y}"
            row["Outcome"] = "Provided"
        case "diary number used twice":
            row["Diary No"] = above["Diary No"]


def _written(chance: random.Random, day: date) -> str:
    form = chance.choice(FORMS)
    return str((day - date(1899, 12, 30)).days) if form == "serial" else day.strftime(form)


def _typed(header: str, value: str) -> object:
    if header.startswith("Date") and value.isdecimal():
        return int(value)
    if header.startswith("Date") and value[4:5] == "-":
        return datetime.fromisoformat(value)
    return value or None
