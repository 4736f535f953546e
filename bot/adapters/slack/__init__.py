"""Slack: commands, buttons, forms, the App Home and direct messages in; answers, cards and notices out.

    serve.py      is it Slack? HTTP and Socket Mode         wire.py       payload -> what was said
    listener.py   one listener for each kind                modal.py      forms
    answers.py    to whoever asked                          home.py       what waits for them
    sender.py     to everybody else, and how it ended       outcomes.py   errors -> outcomes
    block_kit.py  neutral blocks -> Slack's                 manifest.py   the app, as Slack wants it described
    shortcuts.py  entries of Slack's menus                  workspaces.py whose token a call goes out with
    gate.py       whose payloads are looked at              install.py    a workspace lets the desk in
    files.py      what people send, and ask for             external.py   who is a guest, which rooms are shared
    early.py      an "ok" in time                           quoting.py    messages that become notes
    who.py        is our token good?
Settings: the bot token, or the client id and secret that several workspaces install the app with; and the app token
(Socket Mode) or the signing secret (HTTP); with both, Socket Mode.
"""

import asyncio
from collections.abc import Sequence

from aiohttp import web
from pydantic import SecretStr

from bot.adapters.contract import Address, Download
from bot.adapters.house import House
from bot.adapters.installation import InstallationStore
from bot.adapters.outcome import Fetched, Outcome, TooBig
from bot.adapters.slack import who
from bot.adapters.slack.answers import SlackAnswers
from bot.adapters.slack.external import ExternalStatus
from bot.adapters.slack.files import Files
from bot.adapters.slack.install import InstallDoor
from bot.adapters.slack.listener import Listeners
from bot.adapters.slack.sender import SlackSender
from bot.adapters.slack.serve import SlackHttpDoor, stay_connected
from bot.adapters.slack.workspaces import ByInstallation, ByToken, Workspaces
from bot.settings import Settings

GRACE_SECONDS = 5.0  # for lines and answers that are under way when the desk stops


class Slack(SlackSender):
    """The Slack adapter, for one workspace or for all that installed the app."""

    def __init__(self, settings: Settings, house: House) -> None:
        super().__init__(_workspaces(settings, house))
        self._settings, self._house = settings, house
        self._app_token, self._signing_secret = _open(settings.slack_app_token), _open(settings.slack_signing_secret)
        self._files, self.sources = Files(self._workspaces), ""
        self._external = ExternalStatus(self._workspaces, house.services)
        answers = SlackAnswers(self._workspaces, self, self._files, house)
        self._listeners = Listeners(self._workspaces, house, answers, self._external)

    @property
    def routes(self) -> Sequence[web.RouteDef]:
        """What the process's HTTP port serves for us: with Socket Mode and one workspace, nothing."""
        taking = () if self._app_token else SlackHttpDoor(self._listeners.payloads, self._signing_secret).routes
        return (*taking, *_installing(self._workspaces, self._settings, self._house))

    async def listen(self) -> int:
        """Take messages for ever. One session carries every call to Slack, until `close`.

        Errors: CannotStart where Slack does not take a token.
        """
        self._workspaces.open()
        await who.ask(self._workspaces)
        if self._app_token:
            await stay_connected(self._listeners.bolt, self._app_token, self._listeners.payloads, self._house)
        self._house.ready("slack is ready: HTTP")
        await asyncio.Event().wait()
        return 0

    async def fetch(self, source: str, *, most_bytes: int) -> Fetched | TooBig | Outcome:
        """The bytes of a file that somebody sent."""
        return await self._files.fetch(source, most_bytes=most_bytes)

    async def give_file(self, address: Address, file: Download) -> Outcome:
        """A file in a room, or in a thread of it; to a person, between them and the desk."""
        channel = await self.channel_of(address)
        if not isinstance(channel, str):
            return channel
        return await self._files.give(address.place.partition("/")[0], channel, file, file.shows, thread=address.thread)

    async def is_external(self, address: Address) -> bool | None:
        """Whether a person is a guest, or a room is shared with another organisation; None while Slack does not say."""
        return await self._external.at(address)

    async def close(self) -> None:
        """Finish the answers that are under way, and hang up."""
        await asyncio.wait({asyncio.ensure_future(self._listeners.settle())}, timeout=GRACE_SECONDS)
        self._external.close()
        await self._workspaces.close()


def _workspaces(settings: Settings, house: House) -> Workspaces:
    if settings.slack_client_id is None:
        return ByToken(settings.slack_api_url, _open(settings.slack_bot_token))
    return ByInstallation(settings.slack_api_url, settings.slack_client_id, _kept(house))


def _installing(workspaces: Workspaces, settings: Settings, house: House) -> tuple[web.RouteDef, ...]:
    """The addresses that install the app; none for one workspace by its token."""
    if settings.slack_client_id is None:
        return ()
    return InstallDoor(
        workspaces,
        _kept(house),
        client_id=settings.slack_client_id,
        client_secret=_open(settings.slack_client_secret),
        public_url=settings.slack_public_url or "",
    ).routes


def _kept(house: House) -> InstallationStore:
    if house.services is None:
        raise ValueError("several workspaces need a house that keeps installations")
    return house.services.installations


def _open(secret: SecretStr | None) -> str:
    return secret.get_secret_value() if secret else ""
