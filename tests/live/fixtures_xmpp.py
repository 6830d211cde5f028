"""Fixtures for tests on XMPP: one Prosody a session, people with accounts on it, and rooms of their own."""

from __future__ import annotations

import itertools
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.live.prosody import Prosody, ProsodyMissing, find_prosody, prosody
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterator


_number = itertools.count(1)


def require_prosody() -> None:
    """Report the test as *not run* where Prosody cannot be found."""
    try:
        find_prosody()
    except ProsodyMissing as missing:
        pytest.skip(f"not run: {missing}")


@pytest.fixture(scope="session")
def prosody_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prosody]:
    """One Prosody for the whole session; a test that stops it must start it again."""
    require_prosody()
    with prosody(tmp_path_factory.mktemp("prosody")) as server:
        yield server


@pytest_asyncio.fixture
async def xmpp_person(prosody_server: Prosody) -> AsyncIterator[Callable[..., Awaitable[XmppPerson]]]:
    """Give a function that connects a person of this name (`await xmpp_person("alix")`); all leave at the end."""
    async with AsyncExitStack() as stack:

        async def connect(localpart: str, *, resource: str = "phone") -> XmppPerson:
            return await stack.enter_async_context(XmppPerson(prosody_server, localpart, resource=resource))

        yield connect


@pytest.fixture
def place(prosody_server: Prosody) -> tuple[str, str]:
    """A room's address and an account for the bot that no other test uses."""
    number = next(_number)
    return prosody_server.room(f"room{number}"), f"tocsin{number}"


@pytest_asyncio.fixture
async def alix(xmpp_person: Callable[..., Awaitable[XmppPerson]], place: tuple[str, str]) -> XmppPerson:
    """Alix, who has made the room of `place`, as rooms are by default: it shows nobody's account."""
    person = await xmpp_person("alix")
    await person.create_room(place[0], "Alix")
    return person
