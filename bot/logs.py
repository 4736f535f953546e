"""Logs: one JSON object in a line, secrets taken out, libraries kept short.

Out: standard error for a process that a supervisor watches; a file beside the database for a terminal, where a trace
between two answers helps nobody. JSON escapes control characters, so a title cannot forge a line.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from pathlib import Path

SECRETS = re.compile(
    r"xox[a-z]-[\w-]+"  # Slack: bot and user tokens
    r"|xapp-[\w-]+"
    r"|\b\d{5,}:[\w-]{20,}"  # Telegram: a bot's token
    r"|https://hooks\.slack\.com/\S+"  # a response_url lets anybody answer
    r"|(?<=://)[^/\s:@]+:[^/\s@]+(?=@)"  # user and password of a database address
)
TALKATIVE = ("slack_bolt", "slack_sdk", "telegram", "httpx", "httpcore", "apscheduler", "aiohttp.access")
"""They log whole requests, bodies and addresses included, below this level."""


class JsonLines(logging.Formatter):
    """A record as one line of JSON; the trace, where there is one, inside it."""

    def format(self, record: logging.LogRecord) -> str:
        """The line. Times are UTC."""
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return without_secrets(json.dumps(line, ensure_ascii=True))


def without_secrets(text: str) -> str:
    """The text with every token, secret address and password as `***`."""
    return SECRETS.sub("***", text)


def to_stderr(level: int = logging.INFO) -> None:
    """For a process that a supervisor watches, or a script (from WARNING on)."""
    _set(logging.StreamHandler(sys.stderr), level)


def to_file(path: Path) -> None:
    """For a terminal: everything from INFO on, beside the database; the folder is made if it is not there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    _set(logging.FileHandler(path, encoding="utf-8", delay=True), logging.INFO)


def _set(handler: logging.Handler, level: int) -> None:
    handler.setFormatter(JsonLines())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
