"""Registers as they really come: each is imported by the command line, and what is on record is compared.

The cases are data: `tests/cases/registers/expected.json`, explained in the README beside it. What differs is said all
at once, so that one run shows what is wrong with a case.
"""

import csv
import io
import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.cli.main import main
from storage.models import AuditLine, AuditText, Case, Note, Preservation, Request, Target
from tests import factories

REGISTERS = Path(__file__).parents[1] / "cases" / "registers"
EXPECTED = json.loads((REGISTERS / "expected.json").read_text(encoding="utf-8"))["cases"]
ROOT = Path(__file__).parents[2]
NAME = "Desk Manager"
SAID_BY_PEOPLE = (AuditLine, AuditText, Case, Note, Preservation, Request, Target)


def name_of(case: dict) -> str:
    return f"{case['file']}{'+mapping' if case['mapping'] else ''}"


@dataclass
class Done:
    """A command that was run: its exit code, what was printed, and what stands in its report."""

    code: int
    said: str
    report: dict


@dataclass
class Clerk:
    """Somebody at a terminal, in a folder of their own, with a desk."""

    folder: Path
    store: object
    differing: list[str] = field(default_factory=list)

    def run(self, *words: str) -> Done:
        out, report = io.StringIO(), self.folder / "report.json"
        report.unlink(missing_ok=True)
        with redirect_stdout(out), redirect_stderr(out):
            try:
                code = main([*words, "--report", str(report)])
            except SystemExit as wrong:  # arguments that do not parse
                code = int(wrong.code or 0)
        told = json.loads(report.read_text(encoding="utf-8")) if report.exists() else {}
        return Done(code, out.getvalue(), told)

    def check(self, fact: object, words: str) -> None:
        if not fact:
            self.differing.append(words)

    def on_record(self) -> dict[str, dict]:
        """{row of the register: what is on record of it}."""
        return self.store.read(lambda work: dict(_recorded(work))).result()

    def holds(self, words: str) -> list[str]:
        """The tables that hold these words anywhere."""

        def job(work):
            rows = {table.name: work.session.execute(select(*table.columns)).all() for table in tables}
            return [name for name, found in rows.items() if any(words in str(value) for row in found for value in row)]

        tables = [row.__table__ for row in SAID_BY_PEOPLE]
        return self.store.read(job).result()


def _recorded(work) -> Iterator[tuple[str, dict]]:
    for request in work.session.scalars(select(Request)):
        lines = work.session.scalars(select(AuditLine).where(AuditLine.ref == request.ref).order_by(AuditLine.n))
        facts = {line.act: json.loads(line.facts)["after"] for line in lines}
        notes = work.session.scalars(select(Note.text).where(Note.request_id == request.id)).all()
        outcome = {"sent": "open"}.get(request.status, request.status)
        answered = request.answered_on or facts.get("request part", {}).get("on")
        recorded = {
            "number": request.case.own_reference,
            "sent_on": request.sent_on.isoformat(),
            "recipient": request.recipient.code,
            "accounts": list(request.accounts),
            "basis": request.basis,
            "paper": request.paper,
            "replied_on": str(answered) if answered else None,
            "outcome": outcome,
            "remark": "\n".join(notes),
        }
        because = [code for refusal in request.refusals for code in refusal["codes"]]
        yield str(facts["request import"]["row"]), recorded | ({"because": because} if because else {})


@pytest.fixture
def clerk(tmp_path, sqlite_url, sqlite_store, monkeypatch) -> Clerk:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DATABASE_URL", sqlite_url)
    monkeypatch.setenv("COLUMNS", "100")
    sqlite_store.write(lambda work: factories.person(work, role="manager", name=NAME).id).result()
    return Clerk(tmp_path, sqlite_store)


def ordered(clerk: Clerk, case: dict) -> list[str]:
    """The words of the command that imports a case's file."""
    if case["mapping"] is None:
        chosen = []
    else:
        (clerk.folder / "m.json").write_text(json.dumps(case["mapping"]), encoding="utf-8")
        chosen = ["--mapping", "m.json"]
    return ["import", str(REGISTERS / case["file"]), "--as", NAME, *chosen]


@pytest.mark.parametrize("case", EXPECTED, ids=name_of)
def test_a_register_is_on_record_as_it_was_meant(clerk, case):
    done = clerk.run(*ordered(clerk, case))

    clerk.check("Traceback" not in done.said, "a traceback was printed")
    for words in case.get("not_said", []):
        clerk.check(words not in done.said, f"said {words!r}")
    for words in case.get("never", []):
        clerk.check(not clerk.holds(words), f"{words!r} stands in {clerk.holds(words)}")
    if done.code and (case.get("refused") or case.get("or_refused")):
        refused(clerk, case, done)
    elif case.get("refused"):
        clerk.check(False, "was not refused")
    else:
        read(clerk, case, done)
    if "then" in case:
        corrected(clerk, case, done)
    assert not clerk.differing, "\n".join([*clerk.differing, "", done.said])


def refused(clerk: Clerk, case: dict, done: Done) -> None:
    for words in case.get("says", []):
        clerk.check(words in done.said, f"did not say {words!r}")
    clerk.check(not clerk.on_record(), "refused, and yet something is on record")


def read(clerk: Clerk, case: dict, done: Done) -> None:
    clerk.check(done.code == 0, f"exit code {done.code}")
    told, found = done.report, clerk.on_record()
    doubted = {str(doubt["row"]) for doubt in told.get("doubtful", [])}
    clerk.check(told.get("rows") == case["rows"], f"{told.get('rows')} rows, not {case['rows']}")
    skipped = [{"line": skip["line"], "kind": skip["kind"]} for skip in told.get("skipped_lines", [])]
    clerk.check(skipped == case.get("skipped", skipped), f"skipped {skipped}")
    for row in map(str, case["in_doubt"]):
        clerk.check(row in doubted and row not in found, f"row {row} is not in doubt: {found.get(row)}")
    for row, right in case["right"].items():
        fields = {name: value for name, value in right.items() if name not in ("or_doubt", "or_short")}
        if row in found:
            compare(clerk, row, found[row], fields)
        else:
            clerk.check(row in doubted, f"row {row} is neither on record nor in doubt")
            clerk.check(right.get("or_doubt"), f"row {row} is in doubt")
    clerk.check(set(found) <= set(case["right"]), f"on record as well: {sorted(set(found) - set(case['right']))}")


def compare(clerk: Clerk, row: str, found: dict, right: dict) -> None:
    for name in right.keys() | found.keys():
        clerk.check(
            found.get(name) == right.get(name), f"row {row}: {name} is {found.get(name)!r}, not {right.get(name)!r}"
        )


def corrected(clerk: Clerk, case: dict, done: Done) -> None:
    """A person mends one row and does as they were told."""
    then, before = case["then"], clerk.on_record()
    command = next(line.strip() for line in done.said.splitlines() if line.strip().startswith("python -m bot import "))
    _, _, _, *words = shlex.split(command)
    file = clerk.folder / words[1]
    with file.open(encoding="utf-8-sig", newline="") as opened:
        rows = list(csv.DictReader(opened))
    [row] = [row for row in rows if row["Row"] == str(then["row"])]
    clerk.check(then["cells"].keys() <= row.keys(), f"the corrections have {list(row)}")
    row.update(then["cells"])
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.DictWriter(opened, rows[0])
        writer.writeheader()
        writer.writerows(rows)

    again = clerk.run(*words)

    after = clerk.on_record()
    clerk.check(again.code == 0, f"the printed command: {again.said}")
    clerk.check(
        {row: found for row, found in after.items() if row != str(then["row"])} == before, "other rows have changed"
    )
    compare(clerk, str(then["row"]), after.get(str(then["row"]), {}), then["right"])
    clerk.run(*ordered(clerk, case))
    clerk.check(clerk.on_record() == after, "the first command, run again, changed something")


MEASURE = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
"""A process of its own between the tests and the command: a child begins with the peak of whoever starts it."""


@pytest.mark.slow
@pytest.mark.parametrize("case", [case for case in EXPECTED if "megabytes" in case], ids=name_of)
def test_a_register_takes_no_more_than_it_may(clerk, case):
    command = [sys.executable, "-c", MEASURE, sys.executable, "-m", "bot", *ordered(clerk, case)]
    environment = os.environ | {"PYTHONPATH": str(ROOT)}  # noqa: TID251 - a child's
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)  # noqa: S603 - ourselves

    code, seconds, megabytes = json.loads(done.stdout)
    assert (code, done.stderr) == (0, "")
    assert seconds <= case["seconds"]
    assert megabytes <= case["megabytes"]
