"""Taking a signature back."""

from __future__ import annotations

from campaign.chat import N_, Typed
from commands import ending, lookup
from commands.command import Context, Reply, Rest, command, reply


@command(
    "withdraw",
    fr="retirer",
    help=N_("Take your organisation's signature back."),
    example=N_("!withdraw Nuage Libre"),
    form=True,
)
def withdraw(ctx: Context, organisation: Rest = "") -> Reply:
    """End the standing signature of an organisation, on the word of its people or of who gave it."""
    found = lookup.spoken_for(ctx, organisation)
    campaign, storage = ctx.campaign, ctx.storage
    standing = storage.signatures.standing(campaign.id, found.id)
    if standing is None:
        return reply(
            N_(
                "**{name}** has not signed, so there is nothing to take back. To say that it will not sign: {decline}"
            ),
            name=found.name,
            decline=Typed("decline", found.name),
        )
    told = ending.end(ctx, standing, "withdrawn")
    if standing.level != "declared":
        storage.campaigns.stand(campaign.id, found.id, "withdrawn", ctx.now)
    storage.audit.note(
        "withdrawn",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.id,
        number=standing.number,
        before=standing.level,
        after="withdrawn",
    )
    return reply(
        N_("The signature of **{name}** is taken back. To sign again: {sign}"),
        name=found.name,
        sign=Typed("sign", found.name),
    ).also(*told)
