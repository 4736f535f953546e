"""Workspaces that installed the app: what a platform that has such asks of whoever keeps them."""

from collections.abc import Mapping
from typing import Any, Protocol


class InstallationStore(Protocol):
    """Workspaces that installed the app, each with its own token, by the client id of the app."""

    def issue(self, secret: str, *, seconds: float) -> str:
        """A state for somebody's way through the platform's pages: good once, for so long, kept by them alone."""

    async def consume(self, secret: str, state: str) -> bool:
        """Whether a state is ours and still good; after this it is not."""

    async def save(self, client_id: str, installation: Mapping[str, Any], bot: Mapping[str, Any]) -> None:
        """Put an installation on record, in place of an earlier one of that workspace. Values as slack_sdk has them."""

    async def token(self, client_id: str, team: str) -> str | None:
        """What opens a workspace to us; None where it has not let us in."""

    async def forget(self, client_id: str, team: str) -> None:
        """A workspace has taken the app away."""
