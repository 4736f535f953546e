"""Settings: every problem at once, by name, with the line to write; never a value."""

import pytest

from bot import process
from bot.cli.main import main
from bot.settings import DEFAULT_DATABASE, BadSettings, Settings, load, names

CANARY = "CANARY4711"
GOOD = {
    "DATABASE_URL": f"postgresql://desk:{CANARY}@db.example/rogatory",
    "SLACK_BOT_TOKEN": f"xoxb-{CANARY}",
    "SLACK_APP_TOKEN": f"xapp-{CANARY}",
    "TELEGRAM_BOT_TOKEN": f"4711:{CANARY}",
    "TELEGRAM_WEBHOOK_URL": f"https://desk.example/{CANARY}",
    "TELEGRAM_WEBHOOK_SECRET": CANARY,
}


@pytest.fixture
def env_file(tmp_path, monkeypatch):
    """The `.env` of an empty folder, and no setting in the environment."""
    for name in names():
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path / ".env"


def write(env_file, values) -> None:
    env_file.write_text("".join(f"{name}={value}\n" for name, value in values.items()), encoding="utf-8")


def problems(env_file) -> list[str]:
    with pytest.raises(BadSettings) as caught:
        load(env_file)
    return caught.value.problems


def test_with_nothing_set_everything_has_a_default(env_file):
    settings = load(env_file)
    assert settings.database_url == DEFAULT_DATABASE
    assert settings.http_port == 8080
    assert settings.slack_bot_token is settings.telegram_bot_token is None


def test_the_example_can_be_copied_as_it_is(env_file, request):
    env_file.write_text((request.config.rootpath / ".env.example").read_text(encoding="utf-8"), encoding="utf-8")
    assert load(env_file).database_url == DEFAULT_DATABASE


def test_the_environment_wins_over_the_file(env_file, monkeypatch):
    write(env_file, {"DATABASE_URL": "sqlite:///data/file.db", "HTTP_PORT": "9001"})
    monkeypatch.setenv("DATABASE_URL", "sqlite:///data/environment.db")
    settings = load(env_file)
    assert settings.database == "data/environment.db"
    assert settings.http_port == 9001


def test_an_empty_value_is_as_good_as_none(env_file):
    write(env_file, {"SLACK_BOT_TOKEN": "", "HTTP_PORT": ""})
    assert load(env_file).http_port == 8080


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {"SLACK_BOT_TOKEN": "xoxb-1"},
            (
                "SLACK_APP_TOKEN or SLACK_SIGNING_SECRET is missing beside SLACK_BOT_TOKEN: "
                "write SLACK_APP_TOKEN=xapp-... (Socket Mode) or SLACK_SIGNING_SECRET=... (HTTP)"
            ),
        ),
        (
            {"SLACK_APP_TOKEN": "xapp-1"},
            (
                "SLACK_BOT_TOKEN or SLACK_CLIENT_ID is missing beside SLACK_APP_TOKEN: "
                "write SLACK_BOT_TOKEN=xoxb-... or SLACK_CLIENT_ID=1234.5678 (several workspaces)"
            ),
        ),
        (
            {"SLACK_SIGNING_SECRET": "1"},
            (
                "SLACK_BOT_TOKEN or SLACK_CLIENT_ID is missing beside SLACK_SIGNING_SECRET: "
                "write SLACK_BOT_TOKEN=xoxb-... or SLACK_CLIENT_ID=1234.5678 (several workspaces)"
            ),
        ),
        (
            {"SLACK_CLIENT_SECRET": "1"},
            (
                "SLACK_CLIENT_ID is missing beside SLACK_CLIENT_SECRET: "
                "write SLACK_CLIENT_ID=1234.5678 (several workspaces)"
            ),
        ),
        (
            {"SLACK_CLIENT_ID": "1", "SLACK_CLIENT_SECRET": "1", "SLACK_APP_TOKEN": "xapp-1"},
            "SLACK_PUBLIC_URL is missing beside SLACK_CLIENT_ID: write SLACK_PUBLIC_URL=https://desk.example",
        ),
        (
            {
                "SLACK_CLIENT_ID": "1",
                "SLACK_CLIENT_SECRET": "1",
                "SLACK_PUBLIC_URL": "https://desk.example",
                "SLACK_APP_TOKEN": "xapp-1",
                "SLACK_BOT_TOKEN": "xoxb-1",
            },
            "SLACK_BOT_TOKEN is for one workspace and SLACK_CLIENT_ID for several: take one of the two lines out",
        ),
        (
            {"TELEGRAM_WEBHOOK_URL": "https://desk.example/t"},
            "TELEGRAM_WEBHOOK_SECRET is missing beside TELEGRAM_WEBHOOK_URL: write TELEGRAM_WEBHOOK_SECRET=...",
        ),
        ({"SLAK_BOT_TOKEN": "xoxb-1"}, "SLAK_BOT_TOKEN is no setting of ours: write SLACK_BOT_TOKEN=xoxb-..."),
        (
            {"export TELEGRAM_BOT_TOKN": "1"},
            "TELEGRAM_BOT_TOKN is no setting of ours: write TELEGRAM_BOT_TOKEN=4711:AA...",
        ),
        ({"ROGATORY_COLOUR": "red"}, f"ROGATORY_COLOUR is no setting of ours; known are {', '.join(names())}"),
        ({"HTTP_PORT": "eighty"}, "HTTP_PORT has a form that is not accepted: write HTTP_PORT=8080 (1 to 65535)"),
        ({"HTTP_PORT": "70000"}, "HTTP_PORT has a form that is not accepted: write HTTP_PORT=8080 (1 to 65535)"),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_each_problem_names_the_line_to_write(env_file, values, expected):
    write(env_file, values)
    assert problems(env_file) == [expected]


@pytest.mark.parametrize(
    "url", ["mysql://h/desk", "sqlite:///", "sqlite:///:memory:", "desk.db", "postgresql://h:x/desk"]
)
def test_a_database_that_cannot_be_is_refused(env_file, url):
    write(env_file, {"DATABASE_URL": url})
    (problem,) = problems(env_file)
    assert problem.startswith(
        "DATABASE_URL has a form that is not accepted: write DATABASE_URL=sqlite:///data/rogatory.db"
    )


@pytest.mark.parametrize(
    "url", ["ftp://x.example", "http://x.example", "https://", "http://localhost.x.example", "https://h:x"]
)
def test_an_address_others_could_listen_to_is_refused(env_file, url):
    write(env_file, {"SLACK_API_URL": url})
    assert problems(env_file) == [
        "SLACK_API_URL has a form that is not accepted: write SLACK_API_URL=https://slack.com/api"
    ]


def test_a_server_on_this_machine_needs_no_https(env_file):
    write(env_file, {"TELEGRAM_API_URL": "http://127.0.0.1:8081/"})
    assert load(env_file).telegram_api_url == "http://127.0.0.1:8081"


def test_the_two_slack_tokens_cannot_be_swapped(env_file):
    write(env_file, {"SLACK_BOT_TOKEN": "xapp-1", "SLACK_APP_TOKEN": "xoxb-1"})
    assert [problem.split()[0] for problem in problems(env_file)] == ["SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"]


def test_several_workspaces_need_no_bot_token(env_file):
    several = {"SLACK_CLIENT_ID": "47.11", "SLACK_CLIENT_SECRET": CANARY, "SLACK_PUBLIC_URL": "https://desk.example/"}
    write(env_file, {**several, "SLACK_SIGNING_SECRET": CANARY})
    settings = load(env_file)
    assert process.is_configured(settings)
    assert settings.slack_public_url == "https://desk.example"
    assert CANARY not in f"{settings!r} {settings}"


def test_what_machines_set_for_others_is_left_alone(env_file, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example")
    write(env_file, {"COLOUR": "red"})
    assert load(env_file).http_host == "127.0.0.1"


def test_a_file_that_is_no_text_is_one_sentence(env_file):
    env_file.write_bytes(b"SLACK_BOT_TOKEN=\xff\xfe")
    assert problems(env_file) == [f"{env_file} cannot be read: write it as UTF-8 text, like .env.example"]


BAD = {
    "DATABASE_URL": f"mysql://desk:{CANARY}@db.example/x",
    "SLACK_BOT_TOKEN": CANARY,
    "SLACK_API_URL": f"ftp://{CANARY}",
    "TELEGRAM_WEBHOOK_SECRET": CANARY,
    "TELEGRAM_BOT_TOKN": CANARY,
    "HTTP_PORT": CANARY,
}


@pytest.mark.parametrize("command", [["run"], ["demo"], ["console"], ["migrate"], ["verify"]], ids=" ".join)
def test_all_problems_at_once_and_nothing_starts_and_no_value_is_shown(env_file, capsys, command):
    write(env_file, BAD)
    assert main(command) == 2
    said = capsys.readouterr()
    assert {line.split()[0] for line in said.err.splitlines()} == {*BAD, "SLACK_APP_TOKEN", "TELEGRAM_WEBHOOK_URL"} - {
        "TELEGRAM_WEBHOOK_SECRET"  # it is good; what is missing is its partner
    }
    assert CANARY not in said.out + said.err
    assert [file.name for file in env_file.parent.iterdir()] == [".env"]


def test_settings_never_print_a_secret(env_file):
    write(env_file, GOOD)
    settings = load(env_file)
    shown = f"{settings!r} {settings} {settings.database}"
    assert CANARY not in shown
    assert settings.database == "db.example/rogatory"
    assert settings.slack_bot_token
    assert settings.slack_bot_token.get_secret_value() == f"xoxb-{CANARY}"


def test_the_error_keeps_no_value_for_a_trace_to_print(env_file):
    write(env_file, BAD)
    with pytest.raises(BadSettings) as caught:
        load(env_file)
    assert caught.value.__suppress_context__
    assert CANARY not in repr(caught.value)


def test_every_setting_says_what_to_write():
    assert all(field.description for field in Settings.model_fields.values())
