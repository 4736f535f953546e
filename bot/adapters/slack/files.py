"""Files on Slack: those that people sent are fetched with the workspace's token, those they asked for are uploaded.

A picture is shown as one where it is uploaded to, with what it shows for those who do not see it. Why no image block:
Slack refuses one while it is still working on the file (`files.completeUploadExternal` does not wait for that).

In: a file as `wire.py` names it ("TEAM/FILE"), or the bytes of one for a person. Out: its bytes, or how that ended.
Why Slack is asked about a file first: its address stands in the answer and nowhere else is looked, so nobody can make
the desk fetch from an address of theirs. A page instead of the file (a token without `files:read`) is a redirect, and
those are not followed.
Source: docs.slack.dev, "Working with files", and the pages of the three methods that are called here.
"""

from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp import ClientSession, ClientTimeout
from slack_sdk.web.async_client import AsyncWebClient

from bot.adapters.contract import Download
from bot.adapters.outcome import Fetched, Outcome, Refused, Sent, TooBig, Unknown, Wait
from bot.adapters.slack.block_kit import escaped
from bot.adapters.slack.outcomes import FAILURES
from bot.adapters.slack.workspaces import Workspaces

FILE_SECONDS = 100.0  # for one file, either way
CHUNK_BYTES = 65_536
ALT_CHARACTERS = 1_000


class Files:
    """Fetches and gives files, each in the name of the workspace it is of."""

    def __init__(self, workspaces: Workspaces) -> None:
        self._workspaces = workspaces

    async def fetch(self, source: str, *, most_bytes: int) -> Fetched | TooBig | Outcome:
        """The bytes of a file that somebody sent, unless they are more than that."""
        team, _, file_id = source.partition("/")
        try:
            client = await self._workspaces.client(team)
            file = (await client.files_info(file=file_id))["file"]
            url = file.get("url_private_download") or file.get("url_private") or ""
            if not self._is_slacks(url):
                return Refused(f"a file that is kept elsewhere: {file.get('mode') or 'unknown'}")
            if int(file.get("size") or 0) > most_bytes:
                return TooBig()
            return await self._read(client, url, most_bytes)
        except FAILURES as error:
            return self._workspaces.outcome(error)

    async def give(self, team: str, channel: str, file: Download, caption: str = "", *, thread: str = "") -> Outcome:
        """Upload a file to a channel, or a thread of it: three calls, the last of which shows it.

        caption: words that stand above it.
        """
        picture = (
            {"alt_txt": (file.shows or caption or file.name)[:ALT_CHARACTERS]}
            if file.media_type.startswith("image/")
            else {}
        )
        try:
            client = await self._workspaces.client(team)
            place = await client.files_getUploadURLExternal(filename=file.name, length=len(file.content), **picture)
            if not self._is_slacks(place["upload_url"]):
                return Refused("an upload to somewhere else than Slack")
            async with self._session(client).post(
                place["upload_url"], data=file.content, allow_redirects=False, timeout=ClientTimeout(FILE_SECONDS)
            ) as response:
                if response.status != HTTPStatus.OK:
                    return Unknown(f"HTTP {response.status} to an upload")
            shown = [{"id": place["file_id"], "title": file.name}]
            await client.files_completeUploadExternal(
                files=shown, channel_id=channel, initial_comment=escaped(caption) or None, thread_ts=thread or None
            )
        except FAILURES as error:
            return self._workspaces.outcome(error)
        return Sent(place["file_id"], place=f"{team}/{channel}")

    async def _read(self, client: AsyncWebClient, url: str, most_bytes: int) -> Fetched | TooBig | Outcome:
        headers, limit = {"Authorization": f"Bearer {client.token}"}, ClientTimeout(FILE_SECONDS)
        async with self._session(client).get(url, headers=headers, allow_redirects=False, timeout=limit) as response:
            if response.status == HTTPStatus.TOO_MANY_REQUESTS:
                return Wait(float("nan"))
            if response.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                return Unknown(f"HTTP {response.status} to a file")
            if response.status != HTTPStatus.OK:
                return Refused(f"HTTP {response.status} to a file")
            content = bytearray()
            async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                content += chunk
                if len(content) > most_bytes:
                    return TooBig()
        return Fetched(bytes(content))

    def _session(self, client: AsyncWebClient) -> ClientSession:
        if client.session is None:
            raise RuntimeError("a file before the desk listens")
        return client.session

    def _is_slacks(self, url: str) -> bool:
        """Whether an address is Slack's own: the API's host, or its `files.`."""
        api, asked = urlsplit(self._workspaces.api_url), urlsplit(url)
        return asked.scheme == api.scheme and asked.netloc in (api.netloc, f"files.{api.netloc}")
