"""Who has signed, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Text, Typed, say, say_many
from commands import lookup
from commands.command import Context, Reply, command, reply

if TYPE_CHECKING:
    from storage.signatures import Signature


@command(
    "signatories", fr="signataires", help=N_("List who has signed, in private."), example=N_("!signatories")
)
def signatories(ctx: Context) -> Reply:
    """List the standing signatures; a list belongs in private, not in a room of two hundred."""
    campaign, storage = ctx.campaign, ctx.storage
    found = storage.signatures.all_standing(campaign.id)
    if not found:
        return reply(N_("Nobody has signed yet. To be the first: {sign}"), sign=Typed("sign", "…"))
    standing = {one.organisation_id: one.standing for one in storage.campaigns.members(campaign.id)}
    levels = lookup.counting(campaign)
    counting: list[Signature] = []
    others: list[Signature] = []
    for one in found:
        # What was declared counts for nobody who has said otherwise.
        counts = one.level in levels and standing.get(one.organisation_id) in ("signed", "declared")
        (counting if counts else others).append(one)
    lines = [say_many(*NN_("**{count} signature:**", "**{count} signatures:**"), len(counting))]
    lines += [_line(one) for one in counting]
    if others:
        lines.append(say(N_("**Declared, and to be verified before they count:**")))
        lines += [_line(one) for one in others]
    return Reply(private=tuple(lines))


def _line(one: Signature) -> Text:
    return say(N_("- {name} (no. {number})"), name=one.organisation, number=one.number)
