"""Logs: one line of JSON each, no secret in any of them, nothing of a person's can forge one."""

import io
import json
import logging

import pytest

from bot import logs
from bot.settings import Settings

CANARIES = [
    "xoxb-1111111111-2222222222-abcdefABCDEF",
    "xapp-1-A0000000-111-abcdef",
    "471147114:AAHxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "https://hooks.slack.com/commands/T000/1/abc",
]


@pytest.fixture
def written(monkeypatch):
    root, names = logging.getLogger(), [logging.getLogger(name) for name in logs.TALKATIVE]
    before = root.handlers[:], root.level, [one.level for one in names]
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    logs.to_stderr()
    yield stream
    root.handlers[:], root.level = before[0], before[1]
    for one, level in zip(names, before[2], strict=True):
        one.setLevel(level)


@pytest.mark.parametrize("secret", CANARIES)
def test_a_secret_is_in_no_line_whether_in_the_message_its_arguments_or_the_trace(written, secret):
    logger = logging.getLogger("rogatory.test")
    logger.info("token %s", secret)
    try:
        int(secret)
    except ValueError:
        logger.exception("failed with %s", secret)
    assert secret not in written.getvalue()
    assert written.getvalue().count("***") == 2
    assert [json.loads(line)["level"] for line in written.getvalue().splitlines()] == ["info", "error"]


def test_a_database_password_is_taken_out_and_the_rest_stays(written):
    logging.getLogger("rogatory.test").info("at postgresql://desk:hunter2@db.example/rogatory")
    assert json.loads(written.getvalue())["message"] == "at postgresql://***@db.example/rogatory"


def test_a_title_cannot_forge_a_line(written):
    logging.getLogger("rogatory.test").info("title %s", 'x\n{"level": "info", "message": "forged"}\x1b[2J')
    [line] = written.getvalue().splitlines()
    assert json.loads(line)["message"].startswith("title x\n")
    assert "\x1b" not in line


def test_libraries_that_log_whole_requests_are_held_short(written):
    logging.getLogger("slack_bolt.anything").info("body: token=...")
    logging.getLogger("httpx").info("POST https://api.example/bot1:secret/")
    assert written.getvalue() == ""


def test_a_terminal_logs_beside_its_database():
    assert (
        Settings(_env_file=None, database_url="sqlite:///some/where/desk.db").log_file.as_posix()
        == "some/where/rogatory.log"
    )
    assert Settings(_env_file=None, database_url="postgresql://host/desk").log_file.as_posix() == "data/rogatory.log"
