"""Completing or correcting what is written beside an organisation's signature."""

from __future__ import annotations

from typing import Any, Literal

from campaign.chat import N_, Typed
from campaign.organisation import tidy_url
from campaign.signature import parse_mandate
from commands import lookup
from commands.command import Context, Option, Reply, Rest, command, reply


@command(
    "details",
    fr="details",
    help=N_("Complete or correct what is written beside your signature."),
    example=N_("!details Nuage Libre role=treasurer funded=indirect"),
)
def details(
    ctx: Context,
    organisation: Rest = "",
    *,
    role: Option = "",
    url: Option = "",
    funded: Literal["direct", "indirect", "none"] | None = None,
    mandate: Option = "",
    note: Option = "",
    testimony: Option = "",
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
    values: dict[str, Any] = {}
    if role:
        values["role"] = lookup.short(role)
    if url:
        values["url"] = tidy_url(url)
    if funded:
        values["funded"] = funded
    if note:
        values["note"] = lookup.short(note)
    if mandate:
        read = parse_mandate(lookup.short(mandate))
        values |= {"mandate_kind": read.kind, "mandate_day": read.day, "mandate_link": read.link}
    if not values and not testimony:
        return reply(
            N_("I see nothing to change: add for example {example}"), example=Typed("details", "role=…")
        )
    testimony = lookup.short(testimony)
    if values:
        ctx.storage.signatures.change(standing.id, **values)
    if testimony:
        ctx.storage.organisations.change(found.id, testimony=testimony)
    ctx.storage.audit.note(
        "details",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=found.id,
        changed=sorted(values),
    )
    return reply(N_("Thank you: the entry of **{name}** is up to date."), name=found.name)
