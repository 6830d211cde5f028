"""The running bot on a real Prosody where a room gives it trouble: what people in the rooms see of it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.transports.base import NotReady
from campaign.chat import XMPP, Message, say
from tests.live.xmpp_bot import WAIT
from tests.live.xmpp_house import running

if TYPE_CHECKING:
    from bot.transports.base import Accepted, Dispatch
    from campaign.chat import Address
    from storage.storage import Storage

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]


async def test_what_waits_for_a_room_without_archive_to_let_us_in_outlives_the_connection(
    prosody_server, xmpp_person, place, tmp_path
):
    room, account = place
    office = prosody_server.room(f"{account}-office")
    alix = await xmpp_person("alix")
    await alix.create_room(room, "Alix", archived=False)
    await alix.create_room(office, "Alix")

    def announce(storage: Storage) -> None:
        where = storage.rooms.find(XMPP, room)
        message = Message((say("{text}", text="to be said once"),))
        storage.outbox.put(XMPP, message, datetime.now(UTC), room=where.id)

    async with running(prosody_server, tmp_path, account, room, office) as (app, transport, database):
        await alix.hears("Hello")
        connection = transport._connection
        refused = asyncio.Event()
        send = transport.send

        async def watched(dispatch: Dispatch, **private: Address | None) -> Accepted:
            if not refused.is_set():
                # The room's server restarts at this very moment: we are out, and do not know it yet.
                connection.membership.rooms[room].joined = False
            try:
                return await send(dispatch, **private)
            except NotReady:
                refused.set()
                raise

        transport.send = watched
        await database.write(announce)
        app.wake()
        await asyncio.wait_for(refused.wait(), WAIT)
        connection.session.break_off("cut by the test")
        await alix.hears("to be said once")
        await alix.settled(room)
        await asyncio.wait_for(app.settled(), WAIT)
        counts = await database.read(lambda storage: storage.outbox.counts())
        assert "uncertain" not in counts
        assert counts["waiting"] == 0
    assert len([heard for heard in alix.heard if heard.body == "to be said once"]) == 1
    assert not any("cannot tell" in heard.body for heard in alix.heard)
