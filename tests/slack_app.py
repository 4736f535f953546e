"""The app as the small Slack knows it: where it is installed, with which tokens; and a person who installs it.

In: somebody who opens the desk's address in a browser, chooses a workspace, allows what is asked. Out: the pages they
see; tokens, one for each workspace, of which Slack knows at every call whose it is.
"""

import base64
from collections import Counter
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from aiohttp import ClientSession

from bot.adapters.slack.manifest import SCOPES

Json = dict[str, Any]
CLIENT_ID, CLIENT_SECRET = "47.11", "client-secret-of-the-tests"


@dataclass(frozen=True)
class Page:
    """What a browser shows."""

    status: int
    text: str


@dataclass
class SlackApp:
    """tokens: token -> workspace. answers: more of what Slack says to a code, by workspace."""

    tokens: dict[str, str]
    answers: dict[str, Json] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    calls: Counter[tuple[str, str]] = field(default_factory=Counter)
    _codes: dict[str, tuple[str, str]] = field(default_factory=dict)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    def whose(self, authorization: str, method: str) -> str:
        """The workspace a call is made for; empty for a token that is good no more."""
        team = self.tokens.get(authorization.removeprefix("Bearer "), "")
        self.calls[team, method] += 1
        return team

    def was_ours(self, authorization: str) -> bool:
        """Whether a token was good once."""
        return authorization.removeprefix("Bearer ") in self.gone

    def remove(self, team: str) -> None:
        """Somebody in a workspace takes the app away."""
        self.gone |= {token for token, whose in self.tokens.items() if whose == team}
        self.tokens = {token: whose for token, whose in self.tokens.items() if whose != team}

    def allow(self, authorize_url: str, team: str) -> str:
        """What a person does on Slack's own page: the code they are sent back with."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(authorize_url).query).items()}
        assert asked["client_id"] == CLIENT_ID
        assert asked["scope"].split(",") == sorted(SCOPES)
        code = f"code-{next(self._numbers)}"
        self._codes[code] = team, asked["redirect_uri"]
        return code

    def exchange(self, asked: Json, authorization: str) -> Json:
        """`oauth.v2.access`: a token for a code, once."""
        if base64.b64decode(authorization.removeprefix("Basic ")).decode() != f"{CLIENT_ID}:{CLIENT_SECRET}":
            return {"error": "bad_client_secret"}
        team, redirect_uri = self._codes.pop(asked.get("code", ""), ("", ""))
        if not team:
            return {"error": "invalid_code"}
        if asked.get("redirect_uri") != redirect_uri:
            return {"error": "bad_redirect_uri"}
        token = f"xoxb-{team}-{next(self._numbers)}"
        self.tokens[token] = team
        answer = {
            "access_token": token, "token_type": "bot", "scope": ",".join(sorted(SCOPES)), "bot_user_id": f"B{team}",
            "app_id": "A1", "team": {"id": team, "name": f"Agency {team}"}, "enterprise": None,
            "authed_user": {"id": "UADMIN"}, "is_enterprise_install": False,
        }  # fmt: skip
        return answer | self.answers.get(team, {})


@dataclass
class Browser:
    """Somebody's browser. Cookies go to the desk alone."""

    desk_url: str
    cookies: dict[str, str] = field(default_factory=dict)

    async def begin(self) -> str:
        """Open the desk's address: where it leads."""
        async with (
            ClientSession() as http,
            http.get(f"{self.desk_url}/slack/install", allow_redirects=False) as response,
        ):
            assert response.status == 302
            self.cookies |= {name: cookie.value for name, cookie in response.cookies.items()}
            return response.headers["Location"]

    async def come_back(self, leads_to: str, **brought: str) -> Page:
        """Return from Slack with these values beside the state."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(leads_to).query).items()}
        return await self.open(asked["redirect_uri"], state=asked["state"], **brought)

    async def open(self, url: str, **query: str) -> Page:
        """Open any address of the desk."""
        async with ClientSession(cookies=self.cookies) as http, http.get(url, params=query) as response:
            return Page(response.status, await response.text())

    async def install(self, app: SlackApp, team: str) -> Page:
        """The whole way."""
        leads_to = await self.begin()
        return await self.come_back(leads_to, code=app.allow(leads_to, team))
