"""How a call to Slack ended: every error of Slack and of the wire -> an outcome, in one table.

In: what a call raised. Out: `Wait`, `Refused`, `Unknown`, `Down` or `Halt`; delivery knows what each means.
What is not in the table is refused for good, by Slack's own word: a new error must be seen, not tried for a day.
Source: docs.slack.dev, "chat.postMessage", "chat.update" and "conversations.history", lists of errors; "Rate limits".
"""

from http import HTTPStatus
from math import nan

from aiohttp import ClientConnectorError, ClientError
from slack_sdk.errors import SlackApiError, SlackClientError

from bot.adapters.outcome import FORMATTING, Down, Halt, Outcome, Refused, Sent, Unknown, Wait

LOCKED_OUT = frozenset(
    {
        *("invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "org_login_required"),
        *("missing_scope", "not_allowed_token_type", "team_access_not_granted", "ekm_access_denied"),
        *("enterprise_is_restricted", "accesslimited", "two_factor_setup_required"),
    }
)
"""The token or the workspace: nothing could be said to anybody. `account_inactive` is about the bot's own account."""

FORM_IS_REFUSED = frozenset(
    {
        *("invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long", "invalid_arguments"),
        *("block_mismatch", "invalid_attachments", "attachment_payload_limit_exceeded", "markdown_text_conflict"),
    }
)
"""Plain text would do."""

REMEDIES = {
    **dict.fromkeys(("not_in_channel", "channel_not_found", "method_not_supported_for_channel_type"), "invite"),
    "is_archived": "archived",
    **dict.fromkeys(("restricted_action", "restricted_action_read_only_channel", "not_allowed"), "closed"),
    **dict.fromkeys(("restricted_action_thread_locked", "restricted_action_non_threadable_channel"), "closed"),
    **dict.fromkeys(("user_not_found", "user_disabled", "cannot_dm_bot", "user_not_visible"), "gone"),
    "not installed": "install",
}
"""What an administrator can do, by Slack's word; see `Refused`."""

FAILURES = (SlackClientError, ClientError, TimeoutError, OSError)
"""What a call to Slack raises when Slack or the wire fails; anything else is a bug of ours."""

TRY_LATER = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})

SURELY_NOT = frozenset({"service_unavailable", "team_added_to_org", "request_timeout"})
"""Slack says that it did nothing, and would not now."""

NOBODY_KNOWS = frozenset({"internal_error", "fatal_error"})
"""Slack: "some aspect of the operation succeeded before the error was raised" is possible."""

NOBODY_MISSES_IT = frozenset(
    {
        *("message_not_found", "cant_update_message", "edit_window_closed", "update_failed", "is_inactive"),
        *("no_text", "duplicate_message_not_found", "no_dual_broadcast_content_update"),
    }
)
"""What was to be edited is gone, or there was nothing to say: no person is left uninformed."""


class NotInstalled(SlackClientError):
    """A call for a workspace that has not let us in, or does no more."""


def outcome_of(error: Exception) -> Outcome:
    """The outcome of a call that raised one of FAILURES."""
    match error:
        case NotInstalled():
            return _refused("not installed")
        case SlackApiError():
            return _answered(error)
        case ClientConnectorError():
            return Down(f"no connection: {error.os_error.strerror or type(error.os_error).__name__}")
    return Unknown(f"{type(error).__name__} behind the request")


def of_status(status: int, retry_after: str = "") -> Outcome:
    """What an address of Slack that is no method answered, by its number."""
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Wait(float(retry_after) if retry_after.isdecimal() else nan)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Down(f"HTTP {status}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return Unknown(f"HTTP {status}")
    return Sent("") if status < HTTPStatus.BAD_REQUEST else Refused(f"HTTP {status}")


def _answered(error: SlackApiError) -> Outcome:
    """Slack answered, though not with what was asked for."""
    response = error.response  # of slack_sdk, or of aiohttp where the body was no JSON
    status = int(response.status_code if hasattr(response, "status_code") else response.status)
    word = _word(error)
    if status == HTTPStatus.TOO_MANY_REQUESTS or word in TRY_LATER:
        return Wait(_seconds(error))
    if status == HTTPStatus.SERVICE_UNAVAILABLE or word in SURELY_NOT:
        return Down(word or f"HTTP {status}")
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or word in NOBODY_KNOWS or not word:
        return Unknown(word or f"HTTP {status}")
    if word in LOCKED_OUT:
        return Halt(word)
    if word in FORM_IS_REFUSED:
        return Refused(FORMATTING)
    return _refused(word)


def _refused(word: str) -> Refused:
    return Refused(word, fallback=word not in NOBODY_MISSES_IT, remedy=REMEDIES.get(word, ""))


def _word(error: SlackApiError) -> str:
    data = getattr(error.response, "data", None)
    return str(data.get("error") or "") if isinstance(data, dict) else ""


def _seconds(error: SlackApiError) -> float:
    """What `Retry-After` says, however absurd; "not a number" where it says none."""
    try:
        return float(error.response.headers["Retry-After"])
    except (KeyError, ValueError):
        return nan
