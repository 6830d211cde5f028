"""Ending a signature: what remains of an organisation is what it said itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, say
from commands import tell
from commands.organisations import authority
from commands.signatures import disputing

if TYPE_CHECKING:
    from datetime import datetime

    from commands.command import Context, Elsewhere
    from storage.signatures import Signature
    from storage.storage import Storage


def end(ctx: Context, signature: Signature, level: str, reason: str = "") -> tuple[Elsewhere, ...]:
    """End a signature, and what is disputed about it; return what to tell those who did."""
    conclude(ctx.storage, ctx.campaign.id, signature, level, ctx.now, reason=reason)
    ended = say(
        N_("The signature of **{name}** (no. {number}), which you disputed, has ended."),
        name=signature.organisation,
        number=signature.number,
    )
    if level == "withdrawn" and signature.person_id == ctx.person.id:
        ended = say(
            N_(
                "The signature of **{name}** (no. {number}), which you disputed, was taken back. If the same person gives it again, it is disputed still."
            ),
            name=signature.organisation,
            number=signature.number,
        )
    return disputing.settle(ctx, signature, level, ended)


def conclude(
    storage: Storage, campaign_id: int, signature: Signature, level: str, now: datetime, *, reason: str = ""
) -> None:
    """End a signature of a campaign, whoever or whatever ends it.

    An organisation that nobody but a stranger has ever named leaves the campaign with it.
    """
    storage.signatures.end(signature.id, level, reason, now)
    member = storage.campaigns.member(campaign_id, signature.organisation_id)
    if member is not None and member.flagged and member.standing == "silent":
        storage.campaigns.leave(campaign_id, signature.organisation_id)


def gives_way(ctx: Context, signature: Signature) -> bool:
    """Whether this person's word replaces a signature: it is only declared, and they speak for the organisation."""
    speaks = authority.speaks(ctx, ctx.storage.organisations.get(signature.organisation_id))
    return signature.level == "declared" and speaks


def replace(ctx: Context, declared: Signature) -> tuple[Elsewhere, ...]:
    """End what was declared for an organisation that now answers itself; tell who declared it."""
    settled = end(ctx, declared, "withdrawn", "the organisation answered itself")
    ctx.storage.audit.note(
        "replaced",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=declared.organisation_id,
        number=declared.number,
        before=declared.level,
        after="withdrawn",
    )
    if declared.person_id == ctx.person.id:
        return settled
    told = say(
        N_(
            "**{name}** has answered itself, through {who}. The signature you declared for it (no. {number}) has ended."
        ),
        name=declared.organisation,
        who=ctx.name,
        number=declared.number,
    )
    return (*settled, *tell.privately(ctx.storage, declared.person_id, told, here=ctx.room.id))
