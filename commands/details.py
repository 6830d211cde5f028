"""Completing or correcting what is written beside an organisation's signature."""

from __future__ import annotations

from typing import Literal

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands import authority, consenting, lookup
from commands.command import Choice, Context, Option, Prose, Reply, Rest, command, reply
from commands.entry import Entry


@command(
    "details",
    fr="details",
    help=N_("Complete or correct what is written beside your signature."),
    example=N_("!details Nuage Libre role=treasurer funded=indirect"),
    form=True,
)
def details(
    ctx: Context,
    organisation: Rest = "",
    *,
    role: Option = "",
    url: Option = "",
    funded: Literal["direct", "indirect", "none"] | None = None,
    mandate: Option = "",
    note: Prose = "",
    testimony: Prose = "",
    publish: Literal["yes", "no"] | None = None,
) -> Reply:
    """Change some of the details of a standing signature, on the word of its people or of who gave it."""
    found = lookup.spoken_for(ctx, organisation)
    standing = ctx.storage.signatures.standing(ctx.campaign.id, found.id)
    if standing is None:
        return reply(
            N_("**{name}** has not signed yet. You can give the details while signing: {sign}"),
            name=found.name,
            sign=Typed("sign", found.name),
        )
    entry = Entry(role=role, url=url, funded=funded or "", mandate=mandate, note=note)
    values = entry.given
    if not values and not testimony and not publish:
        return reply(
            N_("I see nothing to change: add for example {example}"), example=Typed("details", "role=…")
        )
    if role and standing.person_id != ctx.person.id:
        # It is published beside the name of whoever agreed to that.
        raise CampaignError(
            say(
                N_("The role is that of whoever signed for **{name}** (no. {number}): only they can say it."),
                name=found.name,
                number=standing.number,
            )
        )
    testimony = lookup.short(testimony)
    doubts = entry.doubts(ctx)
    if doubts and not ctx.confirmed:
        also = {key: said for key, said in (("testimony", testimony), ("publish", publish)) if said}
        return Reply(doubts, choices=(Choice("details", {**entry.arguments(found.name), **also}),))
    if testimony and not authority.speaks(ctx, found):
        # It is the organisation's own word, and is published as such, whatever becomes of this signature.
        raise CampaignError(
            say(
                N_(
                    "A testimony is published in the name of **{name}**: I take it once a campaigner has verified your signature (no. {number}). Please say it again then."
                ),
                name=found.name,
                number=standing.number,
            )
        )
    if values:
        ctx.storage.signatures.change(standing.id, **values)
    if testimony:
        ctx.storage.organisations.change(found.id, testimony=testimony)
    if publish:
        consenting.take(ctx, "publish", given=publish == "yes")
    if values or testimony:
        ctx.storage.audit.note(
            "details",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            campaign=ctx.campaign.id,
            organisation=found.id,
            number=standing.number,
            **Entry.changes(standing, values, testimony=bool(testimony)),
        )
    return reply(N_("Thank you: the entry of **{name}** is up to date."), name=found.name)
