"""The board: whether a room has one message that is kept up to date with how the campaign stands."""

from __future__ import annotations

from typing import Literal

from campaign.chat import N_, Typed, say
from commands.clock import boarding
from commands.command import Context, Reply, command, reply
from commands.places import bridging
from commands.vocabulary import in_language


@command(
    "board",
    fr="tableau",
    help=N_("Keep one message up to date with how the campaign stands: in this room, or in all of them."),
    example=N_("!board on"),
    admin=True,
    where=frozenset({"campaign", "admin", "private"}),
)
def board(ctx: Context, wanted: Literal["on", "off"] | None = None) -> Reply:
    """Show a board or take it down: in the campaign's room where that is said, else in every room of the campaign."""
    campaign, storage = ctx.campaign, ctx.storage
    rooms = [room for room in storage.rooms.of_campaign(campaign.id, joined=False) if not room.admin]
    here = [room for room in rooms if bridging.is_one(storage, ctx.house, room.id, ctx.room.id)]
    boards = storage.boards.of_campaign(campaign.id)
    if wanted is None:
        shown = [room.label for room in here or rooms if boarding.is_wanted(campaign, boards.get(room.id))]
        if not shown:
            return reply(
                N_("There is no board. To have one: {board}"),
                board=Typed("board", in_language("on", ctx.language)),
            )
        return reply(N_("There is a board in {rooms}."), rooms=", ".join(shown))
    if not here:
        storage.campaigns.change(campaign.id, board=wanted == "on")
    for room in here or rooms:
        known = boards.get(room.id)
        if wanted == "off" and known is not None and known.outbox_id is not None:
            last = say(N_("This board is not kept up to date any more: {status}"), status=Typed("status"))
            boarding.take_down(storage, known, (last,), ctx.now)
        storage.boards.put(campaign.id, room.id, wanted=wanted == "on")
    storage.audit.note(
        "board", ctx.now, person=ctx.person.id, room=ctx.room.id, campaign=campaign.id, after=wanted
    )
    if wanted == "off":
        return reply(N_("The board is not kept up to date any more."))
    return reply(N_("The board comes in a moment, and is kept up to date."))
