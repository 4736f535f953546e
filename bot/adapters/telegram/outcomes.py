"""How a call to Telegram ended: every error of Telegram and of the wire -> an outcome, in one table.

In: what a call raised. Out: an outcome; delivery knows what each means.
What is not in the table is refused for good, in Telegram's own words: a new error must be seen, not tried for a day.
A 5xx counts as not arrived: Telegram's front door says 502 while what is behind it is away, for minutes at times, and
Telegram cannot be asked later; a notice that is perhaps there twice is better than one given up.
Source: core.telegram.org/bots/api, "Making requests", "ResponseParameters"; the texts are those of its server,
github.com/tdlib/telegram-bot-api.
"""

from collections.abc import Callable
from math import nan
from typing import Any

import httpx
from telegram.error import (
    BadRequest,
    ChatMigrated,
    Conflict,
    Forbidden,
    InvalidToken,
    NetworkError,
    RetryAfter,
    TelegramError,
)

from bot.adapters.outcome import FORMATTING, Down, Halt, Moved, Outcome, Refused, Sent, Unknown, Wait

FORM_IS_REFUSED = (
    *("can't parse", "entity begin", "message is too long", "text is too long", "button_data_invalid"),
    *("inline keyboard", "reply markup is too long", "reply_markup_too_long", "message text is empty", "text must be"),
)
"""Parts of what Telegram says where plain text would do."""

NOBODY_MISSES_IT = ("message to edit not found", "message can't be edited", "message_id_invalid", "there is no text")
"""What was to be edited is gone: no person is left uninformed."""

REMEDIES = (
    (("blocked by the user",), "blocked"),
    (("can't initiate conversation", "chat not found"), "write first"),
    (("bot was kicked", "bot is not a member", "group chat was deactivated", "chat_admin_required"), "invite"),
    (("not enough rights", "chat_write_forbidden", "topic_closed", "have no rights", "chat_restricted"), "closed"),
    (("user is deactivated", "group chat was deleted", "peer_id_invalid"), "gone"),
    (("message thread not found",), "gone"),
)
"""What an administrator can do, by a part of what Telegram says; see `Refused`."""

NOT_MODIFIED = "message is not modified"

TOO_MANY = "too many requests"  # without a number of seconds, as the library does not say either

NOT_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)
"""The request never left."""


def _refused(message: str, message_id: str) -> Outcome:
    said = message.casefold()
    if NOT_MODIFIED in said:
        return Sent(message_id)
    if any(part in said for part in FORM_IS_REFUSED):
        return Refused(FORMATTING)
    return _for_good(message)


def _for_good(message: str) -> Refused:
    said = message.casefold()
    remedy = next((one for parts, one in REMEDIES if any(part in said for part in parts)), "")
    return Refused(message, fallback=not any(part in said for part in NOBODY_MISSES_IT), remedy=remedy)


def _broken(error: NetworkError) -> Outcome:
    """The wire, or a server that cannot: a request that never left surely did nothing."""
    if TOO_MANY in error.message.casefold():
        return Wait(nan)
    cause = error.__cause__
    if isinstance(cause, NOT_SENT):
        return Down(f"no connection: {type(cause).__name__}")
    if isinstance(cause, httpx.HTTPError):
        return Unknown(f"{type(cause).__name__} behind the request")
    return Down(error.message.partition(". Parsing")[0])


def _seconds(error: RetryAfter) -> float:
    return error._retry_after.total_seconds()  # noqa: SLF001 - the public one warns until the next major version


OUTCOMES: tuple[tuple[type[TelegramError], Callable[[Any, str], Outcome]], ...] = (
    (RetryAfter, lambda error, _: Wait(_seconds(error))),
    (ChatMigrated, lambda error, _: Moved(str(error.new_chat_id))),
    (InvalidToken, lambda error, _: Halt(error.message)),
    (Forbidden, lambda error, _: _for_good(error.message)),
    (BadRequest, lambda error, message_id: _refused(error.message, message_id)),
    (NetworkError, lambda error, _: _broken(error)),
    (Conflict, lambda error, _: Down(error.message)),
    (TelegramError, lambda error, _: Unknown(error.message)),
)
"""The first that fits: the library's errors, each with what it means."""

FAILURES = (TelegramError, TypeError, ValueError)
"""What a call can raise; the last two where Telegram's answer has not the form it says it has."""


def outcome_of(error: Exception, message_id: str = "") -> Outcome:
    """The outcome of a call that raised one of FAILURES; `message_id` of what was to be edited."""
    if not isinstance(error, TelegramError):
        return Unknown(f"{type(error).__name__} in an answer of Telegram")
    return next(meaning(error, message_id) for kind, meaning in OUTCOMES if isinstance(error, kind))
