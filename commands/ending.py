"""Ending a signature: what remains of an organisation is what it said itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, say
from commands import tell

if TYPE_CHECKING:
    from datetime import datetime

    from commands.command import Context, Elsewhere
    from storage.signatures import Signature
    from storage.storage import Storage


def end(ctx: Context, signature: Signature, level: str, reason: str = "") -> None:
    """End a signature; an organisation that nobody but a stranger has ever named leaves the campaign with it."""
    conclude(ctx.storage, ctx.campaign.id, signature, level, ctx.now, reason=reason)


def conclude(
    storage: Storage, campaign_id: int, signature: Signature, level: str, now: datetime, *, reason: str = ""
) -> None:
    """End a signature of a campaign, as `end` does, whoever or whatever ends it."""
    storage.signatures.end(signature.id, level, reason, now)
    member = storage.campaigns.member(campaign_id, signature.organisation_id)
    if member is not None and member.flagged and member.standing == "silent":
        storage.campaigns.leave(campaign_id, signature.organisation_id)


def gives_way(ctx: Context, signature: Signature) -> bool:
    """Whether this person's word replaces a signature: it is only declared, and they speak for the organisation."""
    speaks = ctx.storage.organisations.is_representative(signature.organisation_id, ctx.person.id)
    return signature.level == "declared" and speaks


def replace(ctx: Context, declared: Signature) -> tuple[Elsewhere, ...]:
    """End what was declared for an organisation that now answers itself; tell who declared it."""
    end(ctx, declared, "withdrawn", "the organisation answered itself")
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
        return ()
    told = say(
        N_(
            "**{name}** has answered itself, through {who}. The signature you declared for it (no. {number}) has ended."
        ),
        name=declared.organisation,
        who=ctx.name,
        number=declared.number,
    )
    return tell.privately(ctx.storage, declared.person_id, told, here=ctx.room.id)
