"""Who has signed, by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Text, Typed, say, say_many
from campaign.signature import is_counted
from commands.command import Context, Reply, command, reply
from commands.signatures import vouching

if TYPE_CHECKING:
    from collections.abc import Collection

    from campaign.chat import Value
    from storage.signatures import Signature


@command(
    "signatories",
    fr="signataires",
    help=N_("List who has signed, in private."),
    example=N_("!signatories"),
    form=True,
    even_ended=True,
)
def signatories(ctx: Context) -> Reply:
    """List the standing signatures; a list belongs in private, not in a room of two hundred."""
    campaign, storage = ctx.campaign, ctx.storage
    found = storage.signatures.all_standing(campaign.id)
    if not found and campaign.closed_at is not None:
        return reply(N_("Nobody has signed."))
    if not found:
        return reply(N_("Nobody has signed yet. To be the first: {sign}"), sign=Typed("sign", "…"))
    counted = {
        one.organisation_id
        for one in storage.campaigns.members(campaign.id)
        if is_counted(one.standing, one.level, campaign.threshold)
    }
    overtaken = storage.letters.overtaken(campaign.id)
    marks = Marks(storage.disputes.disputed(campaign.id), campaign.collective_id)
    counting: list[Signature] = []
    waiting: list[Signature] = []
    earlier: list[Signature] = []
    others: list[Signature] = []
    for one in found:
        if vouching.waits(campaign, one):
            waiting.append(one)
        elif one.organisation_id not in counted:
            others.append(one)
        else:
            (earlier if one.letter_id in overtaken else counting).append(one)
    lines = [say_many(*NN_("**{count} signature:**", "**{count} signatures:**"), len(counting))]
    lines += [_line(one, marks) for one in counting]
    if waiting:
        lines.append(
            say(N_("**Signed by one person, and waiting for a second one of the organisation to confirm:**"))
        )
        lines += [_line(one, marks) for one in waiting]
    if earlier:
        lines.append(say(N_("**Signed an earlier version, and to be confirmed before they count:**")))
        lines += [_line(one, marks) for one in earlier]
    if others:
        lines.append(say(N_("**Declared, and to be verified before they count:**")))
        lines += [_line(one, marks) for one in others]
    return Reply(private=tuple(lines))


@dataclass(frozen=True, slots=True)
class Marks:
    """What is marked in the list: organisations, by their id."""

    disputed: Collection[int]
    collective: int | None


def _line(one: Signature, marks: Marks) -> Text:
    values: dict[str, Value] = {"name": one.organisation, "number": one.number}
    if one.organisation_id == marks.collective:
        return say(N_("- {name} (no. {number}) — the collective itself, by a poll"), **values)
    if one.organisation_id in marks.disputed:
        return say(N_("- {name} (no. {number}) — ⚠️ disputed"), **values)
    return say(N_("- {name} (no. {number})"), **values)
