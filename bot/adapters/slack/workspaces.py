"""Slack workspaces: which token a call to Slack is made with.

In: a team, the first half of every account ("TEAM/USER") and of every room ("TEAM/CHANNEL"). Out: the client of that
workspace, and what a failed call of it means for the desk.
    ByToken          one workspace, whose token stands in the settings: it answers for every team
    ByInstallation   those that installed the app, each with the token it gave (`install.py`)
One session carries every call, from `open` to `close`.
Why the record is asked for each call: another process may have seen an installation come, or go; a look takes 0.3 ms.
"""

import logging
from abc import ABC, abstractmethod

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.contract import InstallationStore
from bot.adapters.outcome import Halt, Outcome, Refused
from bot.adapters.slack.outcomes import FAILURES, NotInstalled, outcome_of

log = logging.getLogger("rogatory.slack")

SECONDS = 10.0  # for one call


class Workspaces(ABC):
    """What both have. `api_url` is Slack's."""

    def __init__(self, api_url: str) -> None:
        self.api_url = api_url
        self.session: ClientSession | None = None

    def open(self) -> None:
        """Before the first call; in the event loop that makes the calls."""
        self.session = ClientSession(timeout=ClientTimeout(SECONDS))

    async def close(self) -> None:
        """After the last."""
        if self.session:
            await self.session.close()

    @abstractmethod
    async def token(self, team: str) -> str | None:
        """What opens a workspace to us; None where it has not let us in."""

    @abstractmethod
    async def home(self, team: str) -> str:
        """The workspace whose people are no guests, for calls that concern a team. Errors: FAILURES."""

    def within(self, team: str) -> str:
        """The workspace that something from a team was typed in, as far as it is known."""
        return team

    async def client(self, team: str) -> AsyncWebClient:
        """For calls that concern a workspace. Errors: NotInstalled."""
        token = await self.token(team)
        if token is None:
            raise NotInstalled(team)
        return self.nameless(token)

    def nameless(self, token: str | None = None) -> AsyncWebClient:
        """For calls in nobody's name, or in that of a token."""
        return AsyncWebClient(token, base_url=f"{self.api_url}/", session=self.session, retry_handlers=[])

    def outcome(self, error: Exception) -> Outcome:
        """How a call that raised one of FAILURES ended, for the whole of Slack."""
        return outcome_of(error)

    async def ended(self, team: str) -> None:
        """A workspace may have taken the app away. Errors: FAILURES, where Slack cannot be asked about it."""
        log.warning("Slack workspace %s has taken the app away", team)


class ByToken(Workspaces):
    """One workspace. Whatever is Slack's is that workspace's: it alone knows the app."""

    def __init__(self, api_url: str, token: str) -> None:
        super().__init__(api_url)
        self._token, self._home = token, ""

    async def token(self, team: str) -> str | None:  # noqa: ARG002 - one for all
        """The one there is."""
        return self._token

    async def home(self, team: str) -> str:
        """The workspace of the token, whatever team a message came from: Slack is asked once."""
        self._home = self._home or str((await (await self.client(team)).auth_test())["team_id"])
        return self._home

    def within(self, team: str) -> str:
        """The workspace of the token: whoever is of another one typed it here."""
        return self._home or team


class ByInstallation(Workspaces):
    """Those that installed the app with this client id."""

    def __init__(self, api_url: str, client_id: str, installations: InstallationStore) -> None:
        super().__init__(api_url)
        self._client_id, self._installations = client_id, installations

    async def token(self, team: str) -> str | None:
        """What the workspace gave when the app was installed there."""
        return await self._installations.token(self._client_id, team)

    async def home(self, team: str) -> str:
        """Itself."""
        return team

    def outcome(self, error: Exception) -> Outcome:
        """A workspace that keeps us out keeps nobody else from being told: it is refused, and no halt of Slack."""
        found = outcome_of(error)
        return Refused(found.reason, remedy="install") if isinstance(found, Halt) else found

    async def ended(self, team: str) -> None:
        """Forget the installation, unless its token is still good.

        Why it is tried: Slack brings an event for minutes, and the app may have been installed again meanwhile; and
        a revoked token may be a person's.
        """
        try:
            await (await self.client(team)).auth_test()
        except FAILURES as error:
            if not isinstance(outcome_of(error), Halt):
                raise
            await self._installations.forget(self._client_id, team)
            await super().ended(team)
