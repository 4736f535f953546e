"""A desk with everything on record, made once; each test stands on a copy of it."""

import shutil

import pytest

from tests.walk.scene import Desk, build, furnish


def made(how, folder, template, reference):
    """A database on which something was put, closed."""
    file = folder / "first.sqlite"
    shutil.copy(template, file)
    desk = Desk(file, folder, reference).open(file)
    try:
        how(desk)
    finally:
        desk.close()
        desk.runner.close()
    return file


@pytest.fixture(scope="session")
def built(tmp_path_factory, sqlite_template, reference):
    """People, rooms, cases with all that belongs to them."""
    return made(build, tmp_path_factory.mktemp("scene"), sqlite_template, reference)


@pytest.fixture(scope="session")
def furnished(tmp_path_factory, sqlite_template, reference):
    """People and rooms alone."""
    return made(furnish, tmp_path_factory.mktemp("furnished"), sqlite_template, reference)


@pytest.fixture
def desk(built, tmp_path, reference):
    """As it was when everything was put on record."""
    standing = Desk(built, tmp_path, reference)
    standing.restore()
    yield standing
    standing.close()
    standing.runner.close()


@pytest.fixture(scope="module")
def walked(built, tmp_path_factory, reference):
    """The same for many tests of a module."""
    standing = Desk(built, tmp_path_factory.mktemp("walked"), reference)
    standing.restore()
    yield standing
    standing.close()
    standing.runner.close()
