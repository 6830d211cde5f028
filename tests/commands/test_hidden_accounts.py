"""Where a room hides accounts from everybody but its moderators, the bot may be one of these, and tells nobody what it sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import XMPP, Address
from tests.commands.stage import Voice, opened, voice

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.stage import Answer

DOM, ZOE = voice("Dom"), voice("Zoe")


def names(answers: list[Answer], address: Address) -> bool:
    return any(address.id in repr(one.message.lines) for one in answers)


async def test_whoever_vouches_in_an_xmpp_room_is_shown_the_account_in_private_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await stage.say(ZOE, "!sign Nuage Libre")
        assert await stage.say(ZOE, "!confirm")
        answers = await stage.say(DOM, "!confirm Nuage Libre")
        assert answers
        assert not names(answers, ZOE.address)
        alone = await stage.say(DOM, "!confirm Nuage Libre", "private")
        assert names(alone, ZOE.address)
        assert await stage.say(DOM, "!confirm", "private")


async def test_who_comes_through_a_bridge_is_told_so_in_an_xmpp_room_without_their_address(
    tmp_path: Path,
) -> None:
    ghost = Voice(Address(XMPP, "lou%example.net@gateway.example"), "Lou")
    with opened(tmp_path) as stage:
        answers = await stage.say(ghost, "!sign Nuage Libre")
        assert answers
        assert not names(answers, ghost.address)
