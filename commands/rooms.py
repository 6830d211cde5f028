"""Where the bot is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NETWORKS, say
from commands.command import Context, Reply, command

if TYPE_CHECKING:
    from storage.rooms import RoomRow


@command(
    "rooms",
    fr="salons",
    help=N_("List the rooms and whether I am there."),
    example=N_("!rooms"),
    admin=True,
    needs_campaign=False,
)
def rooms(ctx: Context) -> Reply:
    """List every room that is no private chat, nor one that the bot never entered, with its network and state."""
    lines = [
        say(
            N_("- {name} ({network}, for campaigners): {state}")
            if one.admin
            else N_("- {name} ({network}): {state}"),
            name=one.label,
            network=NETWORKS[one.network],
            state=say(STATES[_state(one)]),
        )
        for one in ctx.storage.rooms.all()
        if not one.direct and (not one.is_declined or ctx.storage.rooms.campaigns_of(one.id) or one.admin)
    ]
    return Reply(tuple(lines) or (say(N_("I am in no room.")),))


def _state(one: RoomRow) -> str:
    if one.is_awaited:
        return "awaited"
    return "unarchived" if one.state == "joined" and not one.archived else one.state


STATES = {
    "joined": N_("I am there"),
    "unarchived": N_("I am there; it keeps no archive, so what is said while I am away is lost"),
    "wanted": N_("I am trying to enter"),
    "awaited": N_("it takes another one's place, and I wait to be invited"),
    "parked": N_("I was sent away, and wait to be invited again"),
}
"""What each state of a room is called."""
