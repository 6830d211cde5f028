"""Saying that an organisation is consulting its members, and until when."""

from __future__ import annotations

from typing import Literal

from campaign.chat import N_, Day, Typed
from commands import ending, lookup, reconfirming
from commands.command import Context, Option, Reply, Rest, command, reply


@command(
    "deciding",
    fr="enreflexion",
    help=N_("Say until when your organisation is deciding; I ask again after that date, not before."),
    example=N_("!deciding 2099-09-01 Nuage Libre note=general assembly"),
)
def deciding(
    ctx: Context,
    until: Day,
    organisation: Rest = "",
    *,
    leaning: Literal["yes", "no"] | None = None,
    note: Option = "",
) -> Reply:
    """Put an organisation's answer off until a day of its own."""
    note = lookup.short(note)
    found = lookup.spoken_for(ctx, organisation)
    campaign, storage = ctx.campaign, ctx.storage
    standing = storage.signatures.standing(campaign.id, found.id)
    # Whoever is asked to sign a changed letter again may well have to consult first.
    again = standing is not None and standing.level != "declared" and reconfirming.is_asked(ctx, standing)
    if standing is not None and not again and not ending.gives_way(ctx, standing):
        return reply(
            N_("**{name}** has signed. To take that back: {withdraw}"),
            name=found.name,
            withdraw=Typed("withdraw", found.name),
        )
    told = ending.replace(ctx, standing) if standing is not None and not again else ()
    storage.campaigns.stand(
        campaign.id, found.id, "deciding", ctx.now, deciding_until=until.day, leaning=leaning or "", note=note
    )
    storage.audit.note(
        "deciding",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.id,
    )
    return reply(
        N_("Noted: **{name}** is deciding until {day}. I will not ask again before."),
        name=found.name,
        day=until,
    ).also(*told)
