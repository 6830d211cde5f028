"""Saying something in every room of the campaign."""

from __future__ import annotations

from campaign.chat import N_, NN_, say, say_many
from commands import tell
from commands.command import ANYWHERE, Context, Prose, Reply, command
from commands.places import bridging


@command(
    "announce",
    fr="annoncer",
    help=N_("Say something in every room of the campaign."),
    example=N_("!announce Half of us have signed. Thank you!"),
    admin=True,
    where=ANYWHERE,
    even_ended=True,
)
def announce(ctx: Context, text: Prose) -> Reply:
    """Say a campaigner's own words everywhere, as they are."""
    campaign = ctx.campaign
    rooms = bridging.one_of_each(ctx.storage, ctx.house, ctx.storage.rooms.of_campaign(campaign.id))
    said = tell.rooms(rooms, say(N_("📣 {text}"), text=text))
    ctx.storage.audit.note("announced", ctx.now, person=ctx.person.id, room=ctx.room.id, campaign=campaign.id)
    if ctx.place == "campaign":
        return Reply(elsewhere=said)
    done = say_many(*NN_("Announced in {count} room.", "Announced in {count} rooms."), len(rooms))
    return Reply((done, *tell.missing(ctx.storage, campaign.id)), elsewhere=said)
