"""One Synapse for all the tests that can share it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.live.sealed_person import SealedPerson
from tests.live.synapse import Person, Synapse, running_synapse

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator


@pytest.fixture(scope="session")
def synapse_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Synapse]:
    """A running Synapse without rate limits. Synchronous, for it outlives each test's own event loop."""
    with running_synapse(tmp_path_factory.mktemp("synapse")) as server:
        yield server


@pytest.fixture
async def alice(synapse_server: Synapse) -> AsyncIterator[Person]:
    async with synapse_server.person("Alice") as person:
        yield person


@pytest.fixture
async def carla(synapse_server: Synapse) -> AsyncIterator[SealedPerson]:
    """Somebody whose client encrypts."""
    async with synapse_server.somebody(SealedPerson, "Carla") as person:
        yield person


@pytest.fixture
async def sealed_room(carla: SealedPerson) -> str:
    """An encrypted room that anybody may join; Carla is in it."""
    return await carla.create_room(public=True, encrypted=True)


@pytest.fixture
async def bruno(synapse_server: Synapse) -> AsyncIterator[Person]:
    async with synapse_server.person("Bruno") as person:
        yield person
