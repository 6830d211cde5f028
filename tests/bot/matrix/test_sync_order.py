"""What a sync answer says of a room holds from the moment it is there: sending goes on while the rest is waited for."""

from __future__ import annotations

import asyncio
import json
import time
from contextlib import aclosing
from typing import Any

import pytest

from bot.transports.base import Start
from bot.transports.matrix.homeserver import AnswerTooLarge, Patience
from bot.transports.matrix.rooms import JoinedRoom
from bot.transports.matrix.speech import Speech
from bot.transports.matrix.sync import SyncLoop
from campaign.chat import Unreadable

ME, ROOM = "@tocsin:example.org", "!room:example.org"


class Server:
    """A homeserver as far as one room is asked about; who is joined it says when `told` is set."""

    user_id = ME

    def __init__(self) -> None:
        self.joined: dict[str, Any] = {ME: {}, "@a:example.org": {}, "@b:example.org": {}}
        self.told = asyncio.Event()
        self.told.set()
        self.asked = asyncio.Event()
        """Set once it was asked who is joined."""

    async def call(self, _method: str, *path: str, **_: Any) -> dict[str, Any]:
        if path[-1] == "joined_members":
            self.asked.set()
            await self.told.wait()
            return {"joined": self.joined}
        return {"chunk": []}

    async def briefly(self, ask: Any, _patience: Patience) -> dict[str, Any]:
        answer: dict[str, Any] = await ask(1.0)
        return answer


class Opening:
    """Keys that are being saved until `saved` is set."""

    def __init__(self) -> None:
        self.saved = asyncio.Event()

    async def receive(self, _answer: object) -> None:
        await self.saved.wait()

    async def open(self, _shares: object) -> None:
        pass

    async def late(self, _rooms: object) -> tuple[list[Any], list[Any]]:
        return [], []


def following(server: Server, opening: Opening | None = None) -> SyncLoop:
    return SyncLoop(
        server,  # type: ignore[arg-type]
        Start(cursors={"sync": "before"}),
        timeline_limit=10,
        poll_seconds=1,
        batch_size=10,
        patience=Patience(),
        opening=opening,  # type: ignore[arg-type]
    )


def answer(*events: dict[str, Any], limited: bool = False) -> dict[str, Any]:
    return {"rooms": {"join": {ROOM: {"timeline": {"events": [*events], "limited": limited}}}}}


async def test_a_room_is_encrypted_before_the_keys_that_came_with_it_are_saved() -> None:
    server, opening = Server(), Opening()
    sync = following(server, opening)
    switched = {
        "type": "m.room.encryption",
        "state_key": "",
        "event_id": "$on",
        "sender": "@a:example.org",
        "content": {"algorithm": "m.megolm.v1.aes-sha2"},
    }
    reading = asyncio.create_task(sync._read(answer(switched), live=True))
    await asyncio.sleep(0)
    try:
        assert await Speech(server, sync, None).is_encrypted(ROOM)  # type: ignore[arg-type]
        assert sync.rooms[ROOM].encrypted
    finally:
        opening.saved.set()
        await reading


async def test_what_was_left_out_and_cannot_be_asked_for_is_a_gap() -> None:
    said = {"type": "m.room.message", "event_id": "$1", "sender": "@a:example.org", "content": {}}
    came = {
        **said,
        "type": "m.room.member",
        "state_key": ME,
        "content": {"membership": "join"},
        "unsigned": {},
    }
    for events, gap in (([said], True), ([came, said], False)):
        told = await following(Server())._read(answer(*events, limited=True), live=True)
        assert [event.why for event in told if isinstance(event, Unreadable) and event.why == "gap"] == [
            "gap"
        ] * gap


async def test_nobody_is_known_to_be_there_while_the_server_is_asked_who_is() -> None:
    server = Server()
    sync = following(server)
    await sync._read(answer(), live=True)
    room = sync.rooms[ROOM]
    room.invited_known = True
    assert room.readers == {ME, "@a:example.org", "@b:example.org"}
    server.told.clear()
    server.asked.clear()
    del server.joined["@b:example.org"]  # which a gap does not show
    reading = asyncio.create_task(sync._read(answer(limited=True), live=True))
    await asyncio.wait_for(server.asked.wait(), 10)
    assert room.readers is None
    server.told.set()
    await reading
    room.invited_known = True
    assert room.readers == {ME, "@a:example.org"}


async def test_a_server_that_took_a_message_shows_it_before_it_is_asked_for_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[tuple[str, float]] = []

    class Recording(Server):
        async def call(self, method: str, *path: str, **_: Any) -> dict[str, Any]:
            asked.append((f"{method} {path[0]}", time.monotonic()))
            return {"event_id": "$1", "next_batch": "next", "filter_id": "1"}

    monkeypatch.setattr("bot.transports.matrix.sync.SHOWN_WITHIN", 0.2)
    server = Recording()
    sync = following(server)
    sync.rooms[ROOM] = JoinedRoom(ME)
    speech = Speech(server, sync, None)  # type: ignore[arg-type]
    speech._plain.add(ROOM)
    sync._answered = time.monotonic()
    await sync._ask()
    await speech.say(ROOM, "m.room.message", {"body": "said"}, "key")
    await sync._ask()
    assert [what for what, _ in asked] == ["POST user", "GET sync", "PUT rooms", "GET sync"]
    (_, said), (_, again) = asked[-2:]
    assert again - said >= 0.2


async def test_an_answer_is_heard_once_what_it_says_is_taken() -> None:
    class Answering(Server):
        def __init__(self) -> None:
            super().__init__()
            self.asked_again = asyncio.Event()
            self.answers = [{"next_batch": "first"}, {"next_batch": "second", **answer()}]

        async def call(self, method: str, *path: str, **options: Any) -> dict[str, Any]:
            if path[0] != "sync":
                return await super().call(method, *path, **options)
            if not self.answers:
                self.asked_again.set()
                await asyncio.Event().wait()
            return self.answers.pop(0)

        async def patiently(self, ask: Any, _backoff: object) -> dict[str, Any]:
            found: dict[str, Any] = await ask()
            return found

    server = Answering()
    sync = following(server)
    async with aclosing(sync.batches()) as batches:
        assert (await anext(batches)).cursors == {"sync": "first"}
        assert sync.heard is None
        assert (await anext(batches)).cursors == {"sync": "second"}
        first = sync.heard
        assert first is not None
        following_batch = asyncio.ensure_future(anext(batches))
        await asyncio.wait_for(server.asked_again.wait(), 10)
        assert sync.heard is not None
        assert sync.heard > first
        following_batch.cancel()
        await asyncio.gather(following_batch, return_exceptions=True)


async def test_of_a_server_whose_answer_is_too_large_less_is_asked() -> None:
    asked: list[int] = []

    class Verbose(Server):
        """Keeps no filter, so that each sync names it."""

        async def call(self, _method: str, *path: str, query: Any = None, **_: Any) -> dict[str, Any]:
            if path[0] != "sync":
                return {}
            asked.append(json.loads(query["filter"])["room"]["timeline"]["limit"])
            if asked == [10]:
                raise AnswerTooLarge
            return {"next_batch": "next"}

    sync = following(Verbose())
    with pytest.raises(AnswerTooLarge):
        await sync._ask()
    assert (await sync._ask())["next_batch"] == "next"
    assert asked == [10, 1]
    assert (await sync._ask())["next_batch"] == "next"
    assert asked == [10, 1, 10], "what follows is small again"
