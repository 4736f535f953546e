"""Logs: one JSON object in a line; no secret, no parameter of a statement, no word of a person in any of them.

Out: standard error for a process that a supervisor watches; a file beside the database for a terminal, where a trace
between two answers helps nobody. JSON escapes control characters, so a title cannot forge a line.
Why an error is named and not quoted: databases and libraries put what they were given into their messages ("Key
(own_reference)=(...) already exists"). What says it is the type, the code, the constraint, and where it was raised.
Why libraries are not quoted either: what they write into a sentence by themselves may be a whole request. Of a sentence
with places to fill in, the sentence stays; of one that came filled in, its beginning.
"""

import json
import logging
import re
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from bot import disk
from storage.errors import StorageError

SECRETS = re.compile(
    r"xox[a-z]-[\w-]+"  # Slack: bot and user tokens
    r"|xapp-[\w-]+"
    r"|\b\d{5,}:[\w-]{20,}"  # Telegram: a bot's token
    r"|https://hooks\.slack\.com/[^\s\"\\]+"  # a response_url lets anybody answer
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user and password of a database address
)
TALKATIVE = ("slack_bolt", "slack_sdk", "telegram", "httpx", "httpcore", "apscheduler", "aiohttp.access")
"""They log whole requests, bodies and addresses included, below this level."""
OURS = "rogatory"
IN_FULL = (OURS, "alembic")  # which names revisions and nothing else
HOSTILE = "rogatory.wire"
"""The logger of what anybody outside can cause: bad requests. Like a library's, its lines are limited to a rate."""
EVERY_SECONDS = 1.0
FRAMES = 40  # of one error, the innermost
_FILLED_IN = re.compile(r"[:(\[{<\"'`\n]")  # from here on, a library may quote what it was given


class JsonLines(logging.Formatter):
    """A record as one line of JSON; the trace, where there is one, inside it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Times are UTC."""
        line: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
        }
        if record.exc_info and record.exc_info[1]:
            line["trace"] = list(_trace(record.exc_info[1]))
        if unsaid := getattr(record, "unsaid", 0):
            line["unsaid"] = unsaid
        return without_secrets(json.dumps(line, ensure_ascii=True))


class OnceASecond(logging.Filter):
    """Of what libraries and strangers can cause, one line a second from each place in the code; the others are counted.

    The next line from there says how many were not said (`unsaid`). Errors of ours are all said.
    """

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[tuple[str, int], float] = {}
        self._unsaid: dict[tuple[str, int], int] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the record is said."""
        if _is_ours(record) and record.name != HOSTILE:
            return True
        place = (record.pathname, record.lineno)
        last = self._last.get(place)
        if last is not None and 0 <= record.created - last < EVERY_SECONDS:  # a clock put back silences nothing
            self._unsaid[place] = self._unsaid.get(place, 0) + 1
            return False
        self._last[place] = record.created
        record.unsaid = self._unsaid.pop(place, 0)
        return True


def without_secrets(text: str) -> str:
    """The text with every token, secret address and password as `***`."""
    return SECRETS.sub("***", text)


def to_stderr(level: int = logging.INFO) -> None:
    """For a process that a supervisor watches."""
    _set(logging.StreamHandler(sys.stderr), level)


def to_file(path: Path) -> None:
    """For a terminal: everything from INFO on, beside the database; the folder is made if it is not there."""
    disk.make_folder(path.parent)
    _set(logging.FileHandler(path, encoding="utf-8", delay=True), logging.INFO)


def for_process() -> None:
    """From the start of a process, until it says where its log is: what ends it, or a thread of it, is a line as well.

    Why: Python's own trace quotes messages.
    """
    to_stderr(logging.WARNING)
    log = logging.getLogger(OURS)

    def process(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
        log.critical("the process ends", exc_info=error)
        print(f"The process ends: {_named(error)}", file=sys.stderr)  # noqa: T201 - the log may be a file

    def thread(of: threading.ExceptHookArgs) -> None:
        log.critical("a thread ended", exc_info=of.exc_value)

    sys.excepthook, threading.excepthook = process, thread


def _set(handler: logging.Handler, level: int) -> None:
    handler.setFormatter(JsonLines())
    handler.addFilter(OnceASecond())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.raiseExceptions = False  # a line that cannot be written (a full disk) would go to the screen, quoted
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] in IN_FULL


def _message(record: logging.LogRecord) -> str:
    said = str(record.msg)
    if not _is_ours(record):
        return said if record.args else _FILLED_IN.split(said, maxsplit=1)[0].strip()
    given = record.args
    if isinstance(given, tuple) and given:
        return said % tuple(_named(one) if isinstance(one, BaseException) else one for one in given)
    return record.getMessage()


def _trace(error: BaseException) -> Iterator[str]:
    """Where it was raised, innermost last, then what; behind it what it came from."""
    seen: set[int] = set()
    behind: BaseException | None = error
    while behind is not None and id(behind) not in seen:
        seen.add(id(behind))
        for frame in traceback.extract_tb(behind.__traceback__, limit=-FRAMES):
            yield f"{frame.filename}:{frame.lineno} {frame.name}"
        yield _named(behind)
        for one in getattr(behind, "exceptions", ()):  # of a group
            yield from _trace(one)
        behind = behind.__cause__ or (None if behind.__suppress_context__ else behind.__context__)


def _named(error: BaseException) -> str:
    """The type of an error, and what is known to hold nothing that was given to it."""
    facts = [str(error)] if isinstance(error, StorageError) else []
    if isinstance(error, OSError) and error.strerror:
        facts.append(error.strerror)
    facts += [str(code) for name in ("sqlite_errorname", "sqlstate") if (code := getattr(error, name, None))]
    if constraint := getattr(getattr(error, "diag", None), "constraint_name", None):
        facts.append(constraint)
    return ": ".join([type(error).__qualname__, *facts])
