"""The command line: `python -m bot ...`, also `rogatory ...`.

Each command opens what it needs and nothing more; the parts are joined in `app.py`. Exit codes: 0 done; 1 it went
wrong, and the text says how; 2 the settings or the arguments are wrong, before anything started.
"""

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from bot import __version__
from bot.cli import streams


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    try:
        streams.make_safe()
        chosen = _parser().parse_args(streams.arguments(sys.argv[1:] if arguments is None else arguments))
    except streams.Unusable as error:
        print(error, file=sys.stderr)
        return 2
    run: Callable[[argparse.Namespace], int] = chosen.run
    from bot.cli import commands  # noqa: PLC0415 - --help and --version answer without loading the house

    if not gc.isenabled():
        gc.freeze()
        gc.enable()
    try:
        code = run(chosen)
        sys.stdout.flush()
    except BrokenPipeError:  # `| head` has read enough
        streams.let_go()
        return 0
    except commands.EXPECTED as error:
        print(commands.sentence(error), file=sys.stderr)
        if isinstance(error, OSError):  # it may be standard output that takes nothing
            streams.let_go()
        return 2 if isinstance(error, commands.BEFORE_START) else 1
    except KeyboardInterrupt:
        return 130
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="rogatory", description="A chat-ops desk for cross-border information requests."
    )
    parser.add_argument("--version", action="version", version=f"rogatory {__version__}")
    words = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    _add(words, "run", "start every configured platform; with none, open the desk in this terminal")
    _add(words, "migrate", "bring the database to this program's schema")
    _add(words, "reindex", "make the index of the search and the sums of summaries anew, beside the running desk")
    _add(words, "recompute", "compute open clocks anew where the law of a time zone has changed")
    tick = _add(words, "tick", "what the desk would say by a given time, to whom, where and why")
    tick.add_argument("--at", type=_moment, required=True, metavar="TIME", help="for example 2026-03-02T09:00+05:00")
    tick.add_argument(
        "--dry-run", action="store_true", help="change nothing (without it: demonstration databases only)"
    )
    _add(words, "verify", "has anybody changed the past? walk the audit chain").add_argument(
        "--seal", type=_seal, metavar="NUMBER:HASH", help="a head noted outside, as verify prints it"
    )

    console = _add(words, "console", "the desk in this terminal, or a script from a pipe")
    console.add_argument("--as", dest="person", metavar="PERSON", help="who you are here")
    console.add_argument("--room", default="", metavar="NAME", help="type as in a chat room of this name")
    console.add_argument("--at", type=_moment, metavar="TIME", help="move the clock (demonstration databases only)")
    console.add_argument("--echo", action="store_true", help="print each command of a script before its reply")

    demo = _add(words, "demo", "a demonstration: sample data, a clock that can be moved")
    demo.add_argument("--as", dest="person", metavar="PERSON", help="who you are there")
    demo.add_argument("--room", default="", metavar="NAME", help="type as in a chat room of this name")
    demo.add_argument("--at", type=_moment, metavar="TIME", help="move the clock")

    enrol = _add(words, "enrol", "let a person use the desk; how the first administrator comes in")
    enrol.add_argument("name", metavar="NAME")
    enrol.add_argument("--agency", required=True, metavar="CODE", help="for example PK-FIA-CCW")
    enrol.add_argument("--role", required=True, choices=["officer", "liaison", "manager", "admin", "auditor"])
    enrol.add_argument(
        "--account", action="append", default=[], metavar="PLATFORM:ID", help="slack:TEAM/USER or telegram:ID"
    )

    register = _add(words, "import", "read an old register (.csv, .xlsx) into the record")
    register.epilog = "docs/registers.md shows mapping files for registers of several kinds."
    register.add_argument("file", type=Path, metavar="FILE")
    register.add_argument("--as", dest="person", metavar="PERSON", help="who imports it")
    register.add_argument(
        "--suggest-mapping",
        action="store_true",
        help="import nothing; print a mapping file to start from, with what was seen",
    )
    register.add_argument("--mapping", type=Path, metavar="FILE", help="JSON that says which column is which")
    register.add_argument(
        "--yes", action="store_true", help="read it as it was understood, also where that is not sure"
    )
    register.add_argument("--dry-run", action="store_true", help="read and report, change nothing")
    register.add_argument("--strict", action="store_true", help="import nothing while any row is doubtful")
    register.add_argument("--report", type=Path, metavar="OUT.json", help="write the result as JSON")

    _add_files(words)

    manifest = _add(words, "manifest", "the app as Slack wants it described: paste it at api.slack.com/apps")
    manifest.add_argument("platform", choices=["slack"])
    manifest.add_argument("--http", default="", metavar="URL", help="where Slack reaches us; without: Socket Mode")
    manifest.add_argument(
        "--public", default="", metavar="URL", help="SLACK_PUBLIC_URL, where several workspaces install the app"
    )

    listed = _add(words, "commands", "every chat command, who may type it, where it is handled")
    listed.add_argument("words", nargs="*", metavar="WORDS")
    return parser


def _add_files(words: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The words that make or read a file for one person."""
    export = _add(words, "export", "the requests of an agency as a spreadsheet in the current folder")
    export.add_argument("--as", dest="person", metavar="PERSON", help="who takes it; it holds what they may see")
    export.add_argument(
        "values", nargs="*", metavar="NAME:VALUE", help="as in `summary export`: format:csv from:2026-01-01 status:open"
    )

    days_off = _add(words, "calendar", "take the days off of a calendar file (.ics) into a calendar of the desk")
    days_off.add_argument("calendar", metavar="CALENDAR", help="a country's (PK), a part's (GB-ENG), an authority's")
    days_off.add_argument("file", type=Path, metavar="FILE")
    days_off.add_argument("--as", dest="person", metavar="PERSON", help="who takes it: an administrator")

    published = _add(words, "reconcile", "our register beside a provider's published figures (.csv, .tsv, .xlsx)")
    published.add_argument("file", type=Path, metavar="FILE")
    published.add_argument(
        "values", nargs="+", metavar="NAME:VALUE", help="as in `summary reconcile`: counterpart:PROV-META period:2017H1"
    )
    published.add_argument("--as", dest="person", metavar="PERSON", help="who asks; it counts what they may see")


def _add(
    words: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, summary: str
) -> argparse.ArgumentParser:
    parser = words.add_parser(name, help=summary, description=summary)

    def run(chosen: argparse.Namespace) -> int:
        from bot.cli import commands  # noqa: PLC0415 - as above

        return commands.COMMANDS[name](chosen)

    parser.set_defaults(run=run)
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no time; write 2026-03-02T09:00+05:00") from None
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text!r} has no zone; write {text}+00:00 or {text}Z")
    return moment


def _seal(text: str) -> tuple[int, str]:
    number, colon, digest = text.partition(":")
    if not (colon and number.isdecimal() and digest):
        raise argparse.ArgumentTypeError(f"{text!r} is no seal; write NUMBER:HASH, as verify prints it")
    return int(number), digest
