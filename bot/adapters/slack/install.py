"""Installing the app in a workspace (OAuth): two addresses that somebody opens in a browser, and Slack in between.

    /slack/install          leads to Slack, where they choose the workspace and allow what `manifest.SCOPES` names
    /slack/oauth_redirect   they come back with a code, for which Slack gives us the token of that workspace
Out: an installation on record, or a page of one sentence that says why not. No page and no log holds a code or a token.
The state on the way is good once, for ten minutes, in the browser it was given to: nobody else can finish the way. It
is signed by us and kept by them: whoever opens the address and does not come back leaves nothing here.
Anybody who finds the address may install the app in a workspace of theirs. That gives nobody a right on this desk.
Source: docs.slack.dev, "Installing with OAuth"; RFC 6749, 10.12.
"""

import logging
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urljoin

from aiohttp import encode_basic_auth, web
from slack_sdk.oauth.installation_store import Installation

from bot.adapters.installation import InstallationStore
from bot.adapters.slack.manifest import INSTALL_PATH, REDIRECT_PATH, SCOPES
from bot.adapters.slack.outcomes import FAILURES, outcome_of
from bot.adapters.slack.workspaces import Workspaces
from bot.logs import HOSTILE

log = logging.getLogger("rogatory.slack")
wire = logging.getLogger(HOSTILE)

STATE_SECONDS = 600.0
COOKIE = "rogatory_install"

DENIED = "The app was not installed: it was not allowed in Slack."
STALE = "This way was gone already, began more than ten minutes ago, or in another browser."
NOT_CONFIRMED = "Slack did not confirm the installation, and nothing was changed."
ONE_BY_ONE = "The app is installed workspace by workspace, not for an organisation as a whole. Nothing was changed."
DONE = "The desk is installed in {workspace}. An administrator of the desk lets people in, with: /desk person add"


class InstallDoor:
    """The two addresses. public_url: where browsers reach them, without a slash at the end."""

    def __init__(
        self,
        workspaces: Workspaces,
        installations: InstallationStore,
        *,
        client_id: str,
        client_secret: str,
        public_url: str,
    ) -> None:
        self._workspaces, self._installations = workspaces, installations
        self._client_id, self._client_secret = client_id, client_secret
        self._install_url, self._redirect_url = public_url + INSTALL_PATH, public_url + REDIRECT_PATH
        self._authorize_url = urljoin(workspaces.api_url, "/oauth/v2/authorize")

    @property
    def routes(self) -> tuple[web.RouteDef, ...]:
        """For the process's HTTP port."""
        return (
            web.get(INSTALL_PATH, self.begin, allow_head=False),
            web.get(REDIRECT_PATH, self.finish, allow_head=False),
        )

    async def begin(self, _: web.Request) -> web.Response:
        """Off to Slack, with a state of their own."""
        state = self._installations.issue(self._client_secret, seconds=STATE_SECONDS)
        asked = {"client_id": self._client_id, "scope": ",".join(sorted(SCOPES)), "state": state}
        query = urlencode(asked | {"redirect_uri": self._redirect_url})
        response = web.Response(status=HTTPStatus.FOUND, headers={"Location": f"{self._authorize_url}?{query}"})
        response.set_cookie(
            COOKIE,
            state,
            max_age=int(STATE_SECONDS),
            path=REDIRECT_PATH,
            secure=self._redirect_url.startswith("https:"),
            httponly=True,
            samesite="Lax",
        )
        return _unkept(response)

    async def finish(self, request: web.Request) -> web.Response:
        """Back from Slack: check that this is the browser we sent, and keep what Slack gives for the code."""
        state = request.query.get("state", "")
        is_theirs = bool(state) and request.cookies.get(COOKIE) == state
        if not is_theirs or not await self._installations.consume(self._client_secret, state):
            return self._refused(STALE)
        if "code" not in request.query:
            return self._refused(DENIED)
        installation = await self._exchanged(request.query["code"])
        if installation is None:
            return self._refused(NOT_CONFIRMED)
        if installation.is_enterprise_install:
            return self._refused(ONE_BY_ONE)
        await self._installations.save(self._client_id, installation.to_dict(), installation.to_bot().to_dict())
        log.info("Slack workspace %s has installed the app", installation.team_id)
        return _page(DONE.format(workspace=installation.team_name or installation.team_id))

    async def _exchanged(self, code: str) -> Installation | None:
        """What Slack gives for a code; None where it gives nothing of use.

        Why not slack_sdk's own method: it signs in with a part of aiohttp that is going away.
        """
        try:
            answer = await self._workspaces.nameless().api_call(
                "oauth.v2.access",
                data={"code": code, "redirect_uri": self._redirect_url},
                headers={"Authorization": encode_basic_auth(self._client_id, self._client_secret)},
            )
        except FAILURES as error:
            log.warning("an installation: %s", outcome_of(error))
            return None
        return _installation(answer.data if isinstance(answer.data, dict) else {})

    def _refused(self, why: str) -> web.Response:
        wire.warning("an installation was refused: %s", why)
        return _page(f"{why} Begin again at {self._install_url}", HTTPStatus.BAD_REQUEST)


def _installation(answer: Mapping[str, Any]) -> Installation | None:
    """Slack's answer as a row; None without the token of a bot. Tokens of people are not asked for, nor kept."""
    team, organisation = answer.get("team") or {}, answer.get("enterprise") or {}
    for_all = bool(answer.get("is_enterprise_install"))
    if answer.get("token_type") != "bot" or not answer.get("access_token") or not (team.get("id") or for_all):
        return None
    return Installation(
        app_id=answer.get("app_id", ""),
        enterprise_id=organisation.get("id"),
        enterprise_name=organisation.get("name"),
        team_id=team.get("id"),
        team_name=team.get("name"),
        bot_token=answer["access_token"],
        bot_user_id=answer.get("bot_user_id"),
        bot_scopes=answer.get("scope", ""),
        user_id=(answer.get("authed_user") or {}).get("id", ""),
        is_enterprise_install=for_all,
        token_type="bot",  # noqa: S106 - a kind, no secret
    )


def _page(text: str, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """Plain text: what somebody named their workspace stays a name."""
    return _unkept(web.Response(text=text + "\n", status=status))


def _unkept(response: web.Response) -> web.Response:
    """Nobody on the way keeps it, and no page that follows learns its address."""
    response.headers.update({"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"})
    return response
