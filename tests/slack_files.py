"""The files of the small Slack: what people sent, and what the desk uploads in three calls.

In: `sent` by people; the desk's calls. Out: `given`, what was shown, and to which room. It refuses what Slack refuses:
a file without the workspace's token, an upload of another length, one that is completed twice or never came.
"""

from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import web

Json = dict[str, Any]


@dataclass
class Upload:
    """One upload of the desk: announced, then there, then shown."""

    name: str
    length: int
    content: bytes | None = None
    shown: bool = False
    alt: str = ""
    caption: str = ""


@dataclass
class SlackFiles:
    """`held`: by id, name and bytes. `elsewhere`: ids whose address is not Slack's. `status`: of the next downloads."""

    held: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    elsewhere: set[str] = field(default_factory=set)
    status: list[int] = field(default_factory=list)
    uploads: dict[str, Upload] = field(default_factory=dict)
    given: list[tuple[str, str, bytes]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)
    numbers: count = field(default_factory=lambda: count(1))

    def sent(self, name: str, content: bytes, *, size: int = -1) -> Json:
        """A file as it stands in a message. size: what Slack says of it."""
        file_id = f"F{next(self.numbers)}"
        self.held[file_id] = (name, content)
        link = f"https://t1.slack.example/files/{file_id}"
        return {"id": file_id, "name": name, "size": len(content) if size < 0 else size, "permalink": link}

    def routes(self) -> list[web.RouteDef]:
        """Where bytes go in and out."""
        return [web.get("/files/{id}", self._download), web.post("/upload/{id}", self._upload)]

    def answers(self, url: str) -> dict[str, Any]:
        """The methods, by name."""
        return {
            "files.info": lambda asked: self._info(asked["file"], url),
            "files.getUploadURLExternal": lambda asked: self._announce(asked, url),
            "files.completeUploadExternal": self._complete,
        }

    def _info(self, file_id: str, url: str) -> Json:
        if file_id not in self.held:
            return {"error": "file_not_found"}
        name, content = self.held[file_id]
        where = "https://drive.example" if file_id in self.elsewhere else url
        return {"file": {"id": file_id, "name": name, "size": len(content), "url_private": f"{where}/files/{file_id}"}}

    async def _download(self, request: web.Request) -> web.Response:
        self.tokens.append(request.headers.get("Authorization", ""))
        status = self.status.pop(0) if self.status else 200
        if status != 200:
            return web.Response(status=status, headers={"Location": "/login"} if status == 302 else {})
        return web.Response(body=self.held[request.match_info["id"]][1])

    def _announce(self, asked: Json, url: str) -> Json:
        if int(asked["length"]) <= 0:
            return {"error": "missing_argument"}
        file_id = f"F{next(self.numbers)}"
        self.uploads[file_id] = Upload(asked["filename"], int(asked["length"]), alt=asked.get("alt_txt", ""))
        return {"upload_url": f"{url}/upload/{file_id}", "file_id": file_id}

    async def _upload(self, request: web.Request) -> web.Response:
        upload, content = self.uploads[request.match_info["id"]], await request.read()
        if len(content) != upload.length:
            return web.Response(status=400, text="length mismatch")
        upload.content = content
        return web.Response(text="OK")

    def _complete(self, asked: Json) -> Json:
        for one in asked["files"]:
            upload = self.uploads.get(one["id"])
            if upload is None or upload.content is None or upload.shown:
                return {"error": "file_not_found"}
            upload.shown, upload.caption = True, asked.get("initial_comment") or ""
            self.given.append((asked["channel_id"], upload.name, upload.content))
        return {"files": asked["files"]}
