"""The servers of the live tests, for clients in other languages; these tests run by `make test-foreign` alone."""

from __future__ import annotations

import shutil

import pytest

from tests.foreign.client import FOLDER
from tests.live.fixtures_matrix import synapse_server
from tests.live.fixtures_xmpp import prosody_server

__all__ = ["prosody_server", "synapse_server"]


@pytest.fixture(scope="session", autouse=True)
def _clients() -> None:
    """Report the test as *not run* where there is no Node to run a client with."""
    if not shutil.which("node"):
        pytest.skip("not run: Node is not installed")
    if not (FOLDER / "node_modules").is_dir():
        pytest.skip("not run: the clients are not installed (make test-foreign does it)")
