"""The whole desk as a process of its own, with one invented platform: for tests that signal, freeze or kill it.

`python -m tests.running URL HTTP_PORT CHAT_PORT`: it says things to the `ChatServer` at CHAT_PORT and hears nothing.
"""

import asyncio
import sys

from bot import process
from bot.adapters.platforms import Adapter
from bot.settings import Settings
from tests.fakes import HttpChat


class Listening(HttpChat):
    """A platform on which nobody says anything."""

    async def listen(self) -> int:
        await asyncio.Event().wait()
        return 0


def main(url: str, http_port: str, chat_port: str) -> int:
    settings = Settings(database_url=url, http_port=int(http_port))
    platform = Adapter(lambda _: True, lambda *_: Listening("slack", int(chat_port)))
    return process.run(settings, {"slack": platform})


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
