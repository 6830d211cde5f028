"""A real database in a folder of its own."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from storage.opening import open_database
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


@pytest.fixture
def disk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A disk of its own, of the size a test asks for, that can be filled and made read-only."""
    where = tmp_path / "disk"
    where.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={request.param}", "none", where]
    mounted = subprocess.run(command, check=False, capture_output=True)
    if mounted.returncode:
        pytest.skip("a disk of one's own can only be mounted by root")
    yield where
    subprocess.run(["umount", where], check=True)
