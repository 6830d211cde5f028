"""A real database in a folder of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from storage.database import open_database
from tests.storage.made import make

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from storage.database import Database
    from tests.storage.made import Made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def database(folder: Path) -> Iterator[Database]:
    opened = open_database(folder)
    yield opened
    opened.close()


@pytest.fixture
def made(database: Database) -> Made:
    return database.transaction(make)
