"""What an operator does with a running bot, on a real Synapse and a real Prosody: look, copy, stop, restore. One campaign."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from tests.live.town import CHECKOUT, ON_MATRIX, ORGANISATIONS, town

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.town import Town

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]


async def tocsin(here: Town, command: str, *arguments: object) -> tuple[int, str]:
    """Run a command beside the bot, as an operator does; its exit code and all it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "bot", command, *map(str, arguments), "--config", str(here.bot.config)),
        cwd=CHECKOUT,
        env={name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 120)
    return process.returncode or 0, said.decode()


def rows(here: Town, query: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(here.folder / "data" / "tocsin.db")) as connection:
        return list(connection.execute(query))


async def signs(here: Town, name: str) -> None:
    if name in ON_MATRIX:
        await here.matrix[name].say(here.room, "!signer")
    else:
        here.xmpp[name].say(here.muc, "!signer")
    await here.hears(name, ORGANISATIONS[name], "a signé")


async def test_a_campaign_is_looked_at_copied_stopped_and_restored(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(synapse_server, prosody_server, tmp_path) as here:
        await here.bot.start()
        for name in ("camille", "robin"):
            await here.hears(name, "!aide")
        await here.link("robin")
        await here.link("alex")
        await signs(here, "camille")

        async with asyncio.timeout(90):  # it beats every ten seconds
            while True:
                code, said = await tocsin(here, "health")
                if f"{here.muc}: answered" in said and code == 0:
                    break
        assert "ok Matrix: caught up, last heard" in said
        assert "ok XMPP: caught up, last heard" in said
        copy = tmp_path / "copy.db"
        code, said = await tocsin(here, "backup", copy)
        assert code == 0, said

        # Since the backup: one on each network.
        await signs(here, "ines")
        await signs(here, "robin")

        # Told to stop in the middle of things: nothing is left half said, and the rooms see it go.
        here.xmpp["alex"].say(here.muc, "!signer")
        leaves = asyncio.create_task(here.xmpp["sam"].sees_leave(here.muc, here.nick))
        assert await here.bot.stop() == 0, here.bot.said()
        await leaves
        assert "Traceback" not in here.bot.said()
        assert rows(here, "SELECT DISTINCT state FROM dispatches") == [("delivered",)]
        code, said = await tocsin(here, "health")
        assert code == 1
        assert said.startswith("!! not running: ended")
        await here.bot.start()
        await here.hears("alex", ORGANISATIONS["alex"], "a signé")
        await here.bot.stop()

        # The disk is lost; one more signs meanwhile.
        devices = rows(here, "SELECT network, device FROM devices ORDER BY network")
        (tmp_path / "data").rename(tmp_path / "broken")
        await here.matrix["noor"].say(here.room, "!signer")
        code, said = await tocsin(here, "restore", copy)
        assert code == 0, said
        assert rows(here, "SELECT * FROM devices") == []
        assert rows(here, "SELECT count(*) FROM signatures") == [(1,)]
        # The one file that is brought back, so that the new device is signed as the old one was.
        (tmp_path / "data" / "keys").mkdir(mode=0o700)
        shutil.copy(tmp_path / "broken" / "keys" / "cross-signing.json", tmp_path / "data" / "keys")
        before = len(here.bot.said())
        await here.bot.start()
        assert "our device is signed with the account's keys" in here.bot.said()[before:]
        await here.hears("noor", ORGANISATIONS["noor"], "a signé")
        await here.matrix["maud"].wait_for(
            lambda event: (
                event["room_id"] == here.office
                and "repars d'une sauvegarde" in str(event["content"].get("body"))
            )
        )
        again = rows(here, "SELECT network, device FROM devices ORDER BY network")
        assert [network for network, _ in again] == ["matrix", "xmpp"]
        assert not set(again) & set(devices)
        # Ready is: everything that was said since the backup has been read again.
        signed = rows(here, "SELECT organisation_id FROM signatures")
        assert len(set(signed)) == 5
        assert await here.bot.stop() == 0
