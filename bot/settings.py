"""Settings: every name the environment and `.env` may set, its form and its default. The one room that reads them.

Out: a `Settings`, or all problems at once, by name, each with the line to write. Values are never printed: they may be
secrets. What the environment sets wins over `.env`: a container or a shell says the last word, as everywhere else.
Must change together: the fields below and `.env.example` (a test compares). The description of a field is what to write
behind its name and `=`.
"""

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, DotEnvSettingsSource, EnvSettingsSource, SettingsConfigDict

from storage.exposure.labels import Label

REAL_DATABASE = "sqlite:///data/desk.db"  # what is suggested in place of a demonstration
OURS = ("SLACK_", "TELEGRAM_", "ROGATORY_")
NOT_OURS = ("HTTP_PROXY", "HTTPS_PROXY")  # what machines set for other programs
DEFAULT_DATABASE = "sqlite:///data/rogatory.db"
PARTNERS = (
    ("SLACK_BOT_TOKEN", ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")),
    ("SLACK_CLIENT_ID", ("SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET")),
    ("SLACK_CLIENT_ID", ("SLACK_CLIENT_SECRET",)),
    ("SLACK_CLIENT_ID", ("SLACK_PUBLIC_URL",)),
    ("SLACK_CLIENT_SECRET", ("SLACK_CLIENT_ID",)),
    ("SLACK_PUBLIC_URL", ("SLACK_CLIENT_ID",)),
    ("SLACK_APP_TOKEN", ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID")),
    ("SLACK_SIGNING_SECRET", ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID")),
    ("TELEGRAM_WEBHOOK_URL", ("TELEGRAM_WEBHOOK_SECRET",)),
    ("TELEGRAM_WEBHOOK_SECRET", ("TELEGRAM_WEBHOOK_URL",)),
)
"""Who is set needs one of these beside it. Socket Mode needs the app token; HTTP the signing secret."""
RIVALS = ("SLACK_BOT_TOKEN", "SLACK_CLIENT_ID")
"""One workspace by its token, or several that install the app: not both."""


def _database(url: str) -> str:
    parts = urlsplit(url)
    name = parts.path.strip("/")
    _ = parts.port  # reading it refuses what is no number
    known = parts.scheme == "postgresql" or (parts.scheme == "sqlite" and not parts.netloc)
    if not known or not name or name == ":memory:":  # what is kept in memory is no record
        raise ValueError
    return url


def _http(url: str) -> str:
    parts = urlsplit(url)
    _ = parts.port
    here = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and here)):
        raise ValueError
    return url.rstrip("/")


def _begins(*beginnings: str) -> AfterValidator:
    """A token with one of these beginnings: the two of Slack are easily swapped."""

    def check(token: SecretStr) -> SecretStr:
        if not token.get_secret_value().startswith(beginnings):
            raise ValueError
        return token

    return AfterValidator(check)


def _label(text: str) -> str:
    """As people write labels: `amber` is TLP:AMBER."""
    return f"TLP:{text.upper().removeprefix('TLP:')}"


Address = Annotated[str, AfterValidator(_http)]


class Settings(BaseSettings):
    """What the desk runs with.

    A platform is configured by its token, Slack also by its client id; without any, the desk opens in this terminal.
    """

    model_config = SettingsConfigDict(env_ignore_empty=True, extra="ignore", frozen=True)

    database_url: Annotated[str, AfterValidator(_database)] = Field(
        DEFAULT_DATABASE, repr=False, description=f"{DEFAULT_DATABASE} (or postgresql://user:password@host/name)"
    )
    slack_bot_token: Annotated[SecretStr, _begins("xoxb-", "xoxe.xoxb-")] | None = Field(None, description="xoxb-...")
    slack_app_token: Annotated[SecretStr, _begins("xapp-")] | None = Field(None, description="xapp-... (Socket Mode)")
    slack_signing_secret: SecretStr | None = Field(None, description="... (HTTP)")
    slack_client_id: str | None = Field(None, description="1234.5678 (several workspaces)")
    slack_client_secret: SecretStr | None = Field(None, description="...")
    slack_public_url: Address | None = Field(None, repr=False, description="https://desk.example")
    slack_api_url: Address = Field("https://slack.com/api", repr=False, description="https://slack.com/api")
    slack_label_ceiling: Annotated[Label, BeforeValidator(_label)] = Field(
        Label.RED, description="RED (CLEAR, GREEN, AMBER, AMBER+STRICT or RED)"
    )
    telegram_bot_token: SecretStr | None = Field(None, description="4711:AA...")
    telegram_api_url: Address = Field("https://api.telegram.org", repr=False, description="https://api.telegram.org")
    telegram_webhook_url: Address | None = Field(None, repr=False, description="https://desk.example/telegram")
    telegram_webhook_secret: SecretStr | None = Field(None, description="...")
    telegram_label_ceiling: Annotated[Label, BeforeValidator(_label)] = Field(
        Label.AMBER, description="AMBER (CLEAR, GREEN, AMBER, AMBER+STRICT or RED)"
    )
    http_host: str = Field("127.0.0.1", description="127.0.0.1")
    http_port: int = Field(8080, ge=1, le=65535, description="8080 (1 to 65535)")

    @property
    def ceilings(self) -> Mapping[str, Label]:
        """By platform, what may be shown there at most; everything, where none is named."""
        return {"slack": self.slack_label_ceiling, "telegram": self.telegram_label_ceiling}

    @property
    def database(self) -> str:
        """Where the record is kept, for people to read: without user and password."""
        parts = urlsplit(self.database_url)
        return parts.path[1:] if parts.scheme == "sqlite" else f"{parts.hostname or 'this machine'}{parts.path}"

    @property
    def log_file(self) -> Path:
        """Where a terminal logs: beside an embedded database, else in the default one's folder."""
        parts = urlsplit(self.database_url if self.database_url.startswith("sqlite") else DEFAULT_DATABASE)
        return Path(parts.path[1:]).with_name("rogatory.log")


class BadSettings(Exception):
    """Every problem, one line each: name, what is wrong, the line to write. No values."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(env_file: Path = Path(".env")) -> Settings:
    """Read the environment and `.env`. Errors: BadSettings with every problem at once."""
    try:
        given = _given(env_file)
    except (OSError, UnicodeDecodeError):
        raise BadSettings([f"{env_file} cannot be read: write it as UTF-8 text, like .env.example"]) from None
    problems = [*_unknown(given), *_without_partner(given), *_rivals(given)]
    try:
        settings = Settings(_env_file=env_file)
    except ValidationError as error:
        names_wrong = dict.fromkeys(str(found["loc"][0]).upper() for found in error.errors(include_input=False))
        problems += [f"{name} has a form that is not accepted: write {_line(name)}" for name in names_wrong]
        raise BadSettings(problems) from None  # the cause holds the values
    if problems:
        raise BadSettings(problems)
    return settings


def names() -> list[str]:
    """Every name that may be set, in capitals."""
    return [name.upper() for name in Settings.model_fields]


def _given(env_file: Path) -> list[str]:
    """Every name that has a value, ours or not, in capitals."""
    sources = (EnvSettingsSource(Settings), DotEnvSettingsSource(Settings, env_file=env_file))
    return sorted({name.upper() for source in sources for name, value in source.env_vars.items() if value})


def _unknown(given: list[str]) -> list[str]:
    """Names that look like ours and are not: a misspelt token would otherwise be a silent platform."""
    strange = [name for name in given if name not in (*names(), *NOT_OURS)]
    ours = [name for name in strange if name.startswith(OURS) or _near(name)]
    return [f"{name} is no setting of ours{_suggestion(name)}" for name in ours]


def _near(name: str) -> list[str]:
    return difflib.get_close_matches(name, names(), n=1, cutoff=0.8)


def _suggestion(name: str) -> str:
    near = _near(name)
    return f": write {_line(near[0])}" if near else f"; known are {', '.join(names())}"


def _without_partner(given: list[str]) -> list[str]:
    return [
        f"{' or '.join(partners)} is missing beside {name}: write {' or '.join(map(_line, partners))}"
        for name, partners in PARTNERS
        if name in given and not set(partners) & set(given)
    ]


def _rivals(given: list[str]) -> list[str]:
    if not set(RIVALS) <= set(given):
        return []
    one, several = RIVALS
    return [f"{one} is for one workspace and {several} for several: take one of the two lines out"]


def _line(name: str) -> str:
    return f"{name}={Settings.model_fields[name.lower()].description}"
