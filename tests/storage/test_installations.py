"""The tables are slack_sdk's: what we keep its own stores find, and back; and who asks gets one token."""

import importlib
import sys
from datetime import timedelta
from threading import Barrier, Thread
from types import SimpleNamespace

import pytest
from slack_sdk.oauth.installation_store import Installation
from sqlalchemy import MetaData

from storage.messages import installations
from storage.models import Memo
from storage.models.base import Base

CLIENT, SECONDS = "47.11", 30
OURS = ("slack_bots", "slack_installations", "slack_oauth_states")


@pytest.fixture
def theirs(monkeypatch):
    """slack_sdk's stores. The half of them that nobody uses here wants SQLAlchemy's asyncio, which needs greenlet."""
    monkeypatch.setitem(sys.modules, "sqlalchemy.ext.asyncio", SimpleNamespace(AsyncEngine=object))
    names = ("slack_sdk.oauth.installation_store.sqlalchemy", "slack_sdk.oauth.state_store.sqlalchemy")
    found = [importlib.import_module(name) for name in names]
    yield SimpleNamespace(installations=found[0].SQLAlchemyInstallationStore, states=found[1].SQLAlchemyOAuthStateStore)
    for name in names:
        sys.modules.pop(name, None)


def of(team, token, **more):
    return Installation(
        app_id="A1", team_id=team, team_name="Agency", bot_token=token, bot_scopes="commands", user_id="U1", **more
    )


def save(store, installation):
    values, bot = installation.to_dict(), installation.to_bot().to_dict()
    store.write(lambda work: installations.save(work, CLIENT, values, bot)).result(SECONDS)


def token(store, team, client=CLIENT):
    return store.read(lambda work: installations.token(work, client, team)).result(SECONDS)


def shape(table):
    """What a table is, without the names that the house gives to keys."""
    columns = [(one.name, str(one.type), one.nullable, one.primary_key) for one in table.columns]
    return columns, {index.name: [column.name for column in index.columns] for index in table.indexes}


def test_the_tables_are_those_of_slack_sdk(theirs):
    metadata = MetaData()
    theirs.installations.build_bots_table(metadata, "slack_bots")
    theirs.installations.build_installations_table(metadata, "slack_installations")
    theirs.states.build_oauth_states_table(metadata, "slack_oauth_states")
    for name in OURS:
        assert shape(Base.metadata.tables[name]) == shape(metadata.tables[name])


def test_what_we_keep_slack_sdks_store_finds(store, theirs):
    save(store, of("T2", "xoxb-2"))
    found = theirs.installations(CLIENT, store.write_engine)
    bot = found.find_bot(enterprise_id=None, team_id="T2")
    installation = found.find_installation(enterprise_id=None, team_id="T2")
    assert (bot.bot_token, bot.bot_scopes) == ("xoxb-2", ["commands"])
    assert (installation.user_id, installation.team_name) == ("U1", "Agency")


def test_what_slack_sdks_store_keeps_we_find(store, theirs):
    theirs.installations(CLIENT, store.write_engine).save(of("T2", "xoxb-2"))
    assert token(store, "T2") == "xoxb-2"


def test_of_several_only_the_one_asked_for(store):
    save(store, of("T2", "xoxb-2"))
    save(store, of("T3", "xoxb-3", enterprise_id="E1"))
    assert [token(store, team) for team in ("T2", "T3", "T4")] == ["xoxb-2", "xoxb-3", None]
    assert token(store, "T2", "another app") is None


def test_forgetting_takes_every_token_of_a_workspace_and_no_other(store):
    for team in ("T2", "T3"):
        save(store, of(team, f"xoxb-{team}"))
    store.write(lambda work: installations.forget(work, CLIENT, "T2")).result(SECONDS)
    assert [token(store, team) for team in ("T2", "T3")] == [None, "xoxb-T3"]


def test_of_many_who_bring_one_state_at_once_one_is_let_in(store):
    start, won = Barrier(8), []
    until = store.clock.now() + timedelta(minutes=10)

    def bring():
        start.wait(SECONDS)
        won.append(store.write(lambda work: installations.use(work, "once", until=until)).result(SECONDS))

    people = [Thread(target=bring) for _ in range(8)]
    for one in people:
        one.start()
    for one in people:
        one.join(SECONDS)
    assert sorted(won) == [False] * 7 + [True]


def test_a_used_state_is_forgotten_when_its_time_is_up(store):
    def bring(state):
        until = store.clock.now() + timedelta(minutes=10)
        return store.write(lambda work: installations.use(work, state, until=until)).result(SECONDS)

    assert bring("one")
    store.clock.move(minutes=10)
    assert bring("two")
    assert store.read(lambda work: work.session.query(Memo).count()).result(SECONDS) == 1
