"""Completing or correcting what is written beside an organisation's signature."""

from __future__ import annotations

from typing import Literal

from campaign.chat import N_, Typed, say
from commands.command import Context, Option, Prose, Reply, Rest, command, reply
from commands.organisations import lookup
from commands.signatures import completing
from commands.signatures.entry import Entry


@command(
    "details",
    fr="détails",
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
    if not entry.given and not testimony and not publish:
        return reply(
            N_("I see nothing to change: add for example {example}"), example=Typed("details", "role=…")
        )
    done = say(N_("Thank you: the entry of **{name}** is up to date."), name=found.name)
    return completing.complete(
        ctx, found, standing, entry, done, testimony=lookup.short(testimony), publish=publish
    )
