"""A desk with everything on record, made once; each test stands on a copy of it."""

import shutil

import pytest

from tests.walk.scene import Desk, build


@pytest.fixture(scope="session")
def built(tmp_path_factory, sqlite_template, reference):
    """The database after the set-up, closed."""
    folder = tmp_path_factory.mktemp("scene")
    file = folder / "first.sqlite"
    shutil.copy(sqlite_template, file)
    desk = Desk(file, folder, reference).open(file)
    try:
        build(desk)
    finally:
        desk.close()
        desk.runner.close()
    return file


@pytest.fixture
def desk(built, tmp_path, reference):
    """As it was when everything was put on record."""
    made = Desk(built, tmp_path, reference)
    made.restore()
    yield made
    made.close()
    made.runner.close()


@pytest.fixture(scope="module")
def walked(built, tmp_path_factory, reference):
    """The same for many tests of a module."""
    made = Desk(built, tmp_path_factory.mktemp("walked"), reference)
    made.restore()
    yield made
    made.close()
    made.runner.close()
