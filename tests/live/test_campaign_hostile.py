"""Four hundred hostile payloads on a real Synapse and a real Prosody: the bot lives, and answers the next line at once."""

from __future__ import annotations

import asyncio
import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.data.hostile import EVENTS, STANZAS, events, stanzas
from tests.live.gateway import gateway
from tests.live.test_campaign_bots import yard
from tests.live.xmpp_person import XmppPerson

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse

pytestmark = [pytest.mark.live, pytest.mark.timeout(240)]

AT_ONCE = 2.0
"""Seconds within which the next line has to be answered."""
TWISTS = tuple(events())


def twisted(event: dict[str, Any]) -> object:
    number = str(event["content"].get("body", "")).removeprefix("hostile ")
    return TWISTS[int(number)](event) if number.isdigit() else event


def test_there_are_enough_and_they_are_always_the_same() -> None:
    assert EVENTS + STANZAS >= 300
    honest = {
        "type": "m.room.message",
        "content": {"body": "x"},
        "event_id": "$x",
        "sender": "@x:example.org",
    }
    first = [json.dumps(one(honest), sort_keys=True) for one in events()]
    assert first == [json.dumps(one(honest), sort_keys=True) for one in events()]
    assert len(set(first)) > 0.9 * EVENTS
    assert len(set(stanzas("room@example.org"))) == STANZAS


async def test_the_bot_lives_and_answers_the_next_line(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with gateway(synapse_server.base_url) as between, yard(synapse_server, prosody_server, tmp_path) as (
        made, lou, lou_x,
    ):  # fmt: skip
        between.twist = twisted
        await made.tocsin(0, homeserver=between.base_url)
        for number in range(EVENTS):
            await lou.say(made.room, f"hostile {number}")
        await lou.say(made.room, "!signer Fil Commun")
        began = time.monotonic()
        await lou.wait_for(
            lambda event: (
                event["sender"] in made.ids and "Fil Commun" in str(event["content"].get("body", ""))
            ),
            30,
        )
        took = time.monotonic() - began
        assert took < AT_ONCE, f"{took:.1f} s on Matrix"

        async with XmppPerson(prosody_server, f"eve-{made.mark}") as eve:
            await eve.join_room(made.muc, "Eve")
            for number, stanza in enumerate(stanzas(made.muc)):
                eve.raw(stanza)
                kind = ("chat", "normal", "error")[number % 3]
                eve.raw(stanza.replace(made.muc, made.jids[0], 1).replace("'groupchat'", f"'{kind}'", 1))
                await asyncio.sleep(0.01)  # as fast as a server takes them from one client
            eve.say(made.muc, "the last")
            await lou_x.hears("the last")  # they have all gone through the room
        since = len(lou_x.heard)
        lou_x.say(made.muc, "!signer Racines")
        began = time.monotonic()
        await lou_x.wait_for(
            lambda each: each.room == made.muc and each.nick in made.nicks and "Racines" in each.body,
            since=since,
        )
        took = time.monotonic() - began
        assert took < AT_ONCE, f"{took:.1f} s on XMPP"
        assert await made.bots[0].stop() == 0
        log = made.bots[0].said()
        assert "Traceback" not in log.replace("an event could not be", ""), log[-3000:]
        assert "a fault" not in log
