"""Bots among themselves, on a real Synapse and a real Prosody: two Tocsins, and bots that answer whatever is said."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest

from campaign.circle import SAME
from tests.live.synapse import Person
from tests.live.xmpp_person import XmppPerson
from tests.live.yard import Yard, yard

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.xmpp_heard import Heard

pytestmark = [pytest.mark.live, pytest.mark.timeout(180)]

QUIET = 4.0
"""Seconds in which a circle of bots on loopback would go round dozens of times."""


class Machine:
    """Says something to whatever a Tocsin says in its room, as fast as it can, on both networks."""

    def __init__(self, made: Yard, reply: Any) -> None:
        self._made, self._reply = made, reply
        self.heard = {"matrix": 0, "xmpp": 0}
        """How many messages of the Tocsins' it has answered."""
        self.news = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[Machine]:
        made = self._made
        user, password = await made.synapse.register(f"echo-{made.mark}", displayname="echo")
        async with (
            Person(made.synapse.base_url, user, password) as here,
            XmppPerson(made.prosody, f"echo-{made.mark}") as there,
        ):
            await here.join(made.room)
            await there.join_room(made.muc, "echo")
            await here.wait_for(self._theirs)  # said before it came: it answers what comes after
            tasks = [asyncio.create_task(self._on_matrix(here)), asyncio.create_task(self._on_xmpp(there))]
            try:
                yield self
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def hears(self, count: int) -> None:
        """Wait until it has answered so many of them on each network."""
        async with asyncio.timeout(60), self.news:
            await self.news.wait_for(lambda: min(self.heard.values()) >= count)

    async def _count(self, network: str) -> None:
        async with self.news:
            self.heard[network] += 1
            self.news.notify_all()

    def _theirs(self, event: dict[str, Any]) -> bool:
        return event["type"] == "m.room.message" and event["sender"] in self._made.ids

    def _theirs_x(self, heard: Heard) -> bool:
        return heard.room == self._made.muc and heard.nick in self._made.nicks and bool(heard.body)

    async def _on_matrix(self, here: Person) -> None:
        seen: set[str] = {event["event_id"] for event in here.timeline}
        while True:
            event = await here.wait_for(
                lambda event: event["event_id"] not in seen and self._theirs(event), 600
            )
            seen.add(event["event_id"])
            await self._count("matrix")
            await here.say(self._made.room, self._reply(event["content"]["body"]))

    async def _on_xmpp(self, there: XmppPerson) -> None:
        since = len(there.heard)
        while True:
            heard = await there.wait_for(self._theirs_x, 600, since=since)
            since = there.heard.index(heard) + 1
            await self._count("xmpp")
            there.say(self._made.muc, self._reply(heard.body))


async def greeted(made: Yard, lou: Person, lou_x: XmppPerson) -> None:
    """Every Tocsin has said who it is in each room.

    A machine that answers this with a command shares an answer with who asks just then, which replies to neither.
    """
    for user, nick in zip(made.ids, made.nicks, strict=True):
        await lou.wait_for(
            lambda event, user=user: (event["sender"], event["type"]) == (user, "m.room.message")
        )
        await lou_x.wait_for(
            lambda each, nick=nick: each.room == made.muc and each.nick == nick and bool(each.body)
        )


async def asks(made: Yard, lou: Person, lou_x: XmppPerson) -> None:
    """A person says one command in each room, every Tocsin answers, and then nobody says anything but machines."""
    asked = await lou.say(made.room, "!statut")
    said = lou_x.say(made.muc, "!statut")
    asked_x = (await lou_x.wait_for(lambda each: each.id == said)).stanza_id()
    for user, nick in zip(made.ids, made.nicks, strict=True):
        await lou.wait_for(
            lambda event, user=user: (
                event["sender"] == user
                and event["content"].get("m.relates_to", {}).get("m.in_reply_to") == {"event_id": asked}
            )
        )
        await lou_x.wait_for(
            lambda each, nick=nick: (each.room, each.nick, each.replies_to) == (made.muc, nick, asked_x), 60
        )
    await asyncio.sleep(QUIET)


async def test_two_tocsins_in_one_room_have_nothing_to_say_to_each_other(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with yard(synapse_server, prosody_server, tmp_path) as (made, lou, lou_x):
        await made.tocsin(0)
        await made.tocsin(1)
        await greeted(made, lou, lou_x)
        before = await count(made, lou, lou_x)
        await asks(made, lou, lou_x)
        after = await count(made, lou, lou_x)
        assert [now - then for now, then in zip(after, before, strict=True)] == [2, 2], "an answer of each"


@pytest.mark.parametrize(
    "reply",
    [lambda text: text, lambda text: f"!{text}", lambda _: "!aide"],
    ids=["repeats", "repeats-with-the-prefix", "answers-each-with-a-command"],
)
async def test_bots_that_answer_each_message_meet_silence(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path, reply: Any
) -> None:
    async with yard(synapse_server, prosody_server, tmp_path) as (made, lou, lou_x):
        await made.tocsin(0)
        await greeted(made, lou, lou_x)
        async with Machine(made, reply).running() as machine:
            await asks(made, lou, lou_x)
            # One of them answers the person; none but the machine is answered after that.
            await machine.hears(1)
            assert all(heard <= 1 + SAME for heard in machine.heard.values()), machine.heard
            await made.bots[0].stop()
            await made.bots[0].start()
            await asyncio.sleep(QUIET / 2)
            assert all(heard <= 1 + SAME for heard in machine.heard.values()), "nor after a restart"


async def test_control_without_the_safeguard_it_goes_on_for_ever(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with yard(synapse_server, prosody_server, tmp_path) as (made, lou, lou_x):
        await made.tocsin(0, without="circles")
        await greeted(made, lou, lou_x)
        async with Machine(made, lambda _: "!aide").running() as machine:
            await asks(made, lou, lou_x)
            await machine.hears(3 + SAME)


async def count(made: Yard, lou: Person, lou_x: XmppPerson) -> tuple[int, int]:
    """How many messages of the Tocsins' stand in each room."""
    answer = await lou.call("GET", "rooms", made.room, "messages", query={"dir": "b", "limit": "200"})
    matrix = sum(one["type"] == "m.room.message" and one["sender"] in made.ids for one in answer["chunk"])
    xmpp = sum(each.room == made.muc and each.nick in made.nicks and bool(each.body) for each in lou_x.heard)
    return matrix, xmpp
