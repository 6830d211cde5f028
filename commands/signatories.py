"""Who has signed, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Text, Typed, say, say_many
from commands import lookup, vouching
from commands.command import Context, Reply, command, reply

if TYPE_CHECKING:
    from collections.abc import Collection

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
    overtaken = storage.letters.overtaken(campaign.id)
    disputed = storage.disputes.disputed(campaign.id)
    levels = lookup.counting(campaign)
    counting: list[Signature] = []
    waiting: list[Signature] = []
    earlier: list[Signature] = []
    others: list[Signature] = []
    for one in found:
        if vouching.waits(campaign, one):
            waiting.append(one)
        elif one.letter_id in overtaken and one.level in levels:
            earlier.append(one)
        else:
            # What was declared counts for nobody who has said otherwise.
            counts = one.level in levels and standing.get(one.organisation_id) in ("signed", "declared")
            (counting if counts else others).append(one)
    lines = [say_many(*NN_("**{count} signature:**", "**{count} signatures:**"), len(counting))]
    lines += [_line(one, disputed) for one in counting]
    if waiting:
        lines.append(
            say(N_("**Signed by one person, and waiting for a second one of the organisation to confirm:**"))
        )
        lines += [_line(one, disputed) for one in waiting]
    if earlier:
        lines.append(say(N_("**Signed an earlier version, and to be confirmed before they count:**")))
        lines += [_line(one, disputed) for one in earlier]
    if others:
        lines.append(say(N_("**Declared, and to be verified before they count:**")))
        lines += [_line(one, disputed) for one in others]
    return Reply(private=tuple(lines))


def _line(one: Signature, disputed: Collection[int]) -> Text:
    text = (
        N_("- {name} (no. {number}) — ⚠️ disputed")
        if one.organisation_id in disputed
        else N_("- {name} (no. {number})")
    )
    return say(text, name=one.organisation, number=one.number)
