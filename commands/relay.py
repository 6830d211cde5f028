"""Relaying the letter to every room of the campaign."""

from __future__ import annotations

from campaign.chat import N_, NN_, Message, say_many
from commands import tell
from commands.command import ANYWHERE, Context, Elsewhere, Reply, command
from commands.signatures import showing


@command(
    "relay",
    fr="relayer",
    help=N_("Show the letter in every room of the campaign, each in its language."),
    example=N_("!relay"),
    admin=True,
    where=ANYWHERE,
)
def relay(ctx: Context) -> Reply:
    """Show the letter's card in every room; a thumb up on it is counted as sympathy."""
    campaign = ctx.campaign
    rooms = ctx.storage.rooms.of_campaign(campaign.id)
    cards = []
    for room in rooms:
        letter = ctx.storage.letters.in_language(campaign.id, room.language or ctx.house.language)
        message = Message(showing.card(ctx.storage, letter, campaign), purpose=f"letter:{campaign.id}")
        cards.append(Elsewhere(message, room_id=room.id))
    ctx.storage.audit.note("relayed", ctx.now, person=ctx.person.id, room=ctx.room.id, campaign=campaign.id)
    if ctx.place == "campaign":
        return Reply(elsewhere=tuple(cards))
    done = say_many(
        *NN_("The letter is on its way to {count} room.", "The letter is on its way to {count} rooms."),
        len(rooms),
    )
    return Reply((done, *tell.missing(ctx.storage, campaign.id)), elsewhere=tuple(cards))
