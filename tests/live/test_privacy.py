"""Being forgotten, on a real Synapse and a real Prosody: one account on each, over a restart. One campaign."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.live.town import ORGANISATIONS, town

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.town import Town

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


def named(here: Town, *words: str) -> list[str]:
    """Which of some words stand anywhere in the files of the database."""
    data = b"".join(file.read_bytes() for file in sorted((here.folder / "data").glob("tocsin.db*")))
    assert data.startswith(b"SQLite")
    return [word for word in words if word.encode() in data]


def rows(here: Town, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(here.folder / "data" / "tocsin.db")) as connection:
        return list(connection.execute(query))


async def until(true: Callable[[], bool], within: float = 90) -> None:
    """Look now and then: the rest of somebody goes at a tick of the clock, once they were told."""
    async with asyncio.timeout(within):
        while not true():  # noqa: ASYNC110 - another process's file tells nobody
            await asyncio.sleep(0.5)


async def test_somebody_is_forgotten_on_matrix_and_on_xmpp(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path) as here:
        await here.bot.start()
        ines, robin = here.matrix["ines"], here.xmpp["robin"]
        await here.hears("ines", "!aide")
        await here.hears("robin", "!aide")

        # On Matrix: signed in the room; all they said alone is taken back, and the bot goes.
        await ines.say(here.room, "!signer rôle=trésorière")
        await here.hears("ines", ORGANISATIONS["ines"], "a signé")
        chat = await here.matrix_private("ines")
        await ines.say(chat, "!mesdonnees")
        await here.hears("ines", ines.user_id, room=chat)
        await ines.say(chat, "!oubliezmoi")
        await here.hears("ines", "!confirmer", room=chat)
        assert named(here, ines.user_id, "trésorière") == [ines.user_id, "trésorière"]
        await ines.say(chat, "!confirmer")
        await here.hears("ines", "vos droits sont effacés", room=chat)
        await until(lambda: named(here, ines.user_id, "Ines", "trésorière") == [])
        await ines.wait_for(
            lambda event: (
                event["type"] == "m.room.member"
                and event["room_id"] == chat
                and event["state_key"] == here.bot_id
                and event["content"]["membership"] == "leave"
            ),
            60,
        )

        # On XMPP: the chat is their account, and goes with it.
        await here.link("robin")
        robin.say(here.muc, "!signer")
        await here.hears("robin", ORGANISATIONS["robin"], "a signé")
        since = len(robin.heard)
        robin.chat(here.bot_jid, "!oubliezmoi")
        await robin.wait_for(
            lambda each: each.room == here.bot_jid and "!confirmer" in each.body, since=since
        )
        assert named(here, robin.jid) == [robin.jid]
        robin.chat(here.bot_jid, "!confirmer")
        await robin.wait_for(lambda each: "vos droits sont effacés" in each.body, since=since)
        await until(lambda: named(here, robin.jid, "Robin") == [])

        # The signatures stand, by nobody; a start with the same roster brings nobody back, and takes nothing twice.
        standing = "SELECT number, person_name FROM signatures WHERE ended_at IS NULL ORDER BY number"
        assert rows(here, standing) == [(1, ""), (2, "")]
        acts = rows(here, "SELECT count(*) FROM audit")
        await here.bot.stop()
        assert named(here, ines.user_id, robin.jid, "Ines", "Robin") == []
        await here.bot.start()
        await here.matrix["noor"].say(here.room, "!signer")
        await here.hears("noor", ORGANISATIONS["noor"], "a signé")
        assert rows(here, standing)[:2] == [(1, ""), (2, "")]
        assert len(rows(here, standing)) == 3
        assert rows(here, "SELECT count(*) FROM audit") == [(int(str(acts[0][0])) + 1,)]
        assert named(here, ines.user_id, robin.jid) == []

        # Whoever comes back is somebody new, and speaks for nobody.
        await ines.say(here.room, "!signer")
        await here.hears("ines", "Pour quelle organisation", room=here.room)
        assert "Traceback" not in here.bot.said()
        assert [
            word for word in (ines.user_id, robin.jid, "trésorière", "!signer") if word in here.bot.said()
        ] == []
