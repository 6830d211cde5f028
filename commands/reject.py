"""Rejecting a signature that should not stand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from commands import tell
from commands.command import Choice, Context, Prose, Reply, command, reply
from commands.organisations import authority, lookup
from commands.signatures import ending

if TYPE_CHECKING:
    from campaign.chat import Text
    from commands.command import Elsewhere
    from storage.signatures import Signature


@command(
    "reject",
    fr="rejeter",
    help=N_("Reject a signature by its number; whoever gave it is told the reason, where they signed."),
    example=N_("!reject 1 The association does not know of it"),
    admin=True,
)
def reject(ctx: Context, signature: int, why: Prose) -> Reply:
    """End a signature after asking once more: the number stays in the book, the organisation where it stood before."""
    storage, campaign = ctx.storage, ctx.campaign
    why = lookup.short(why)
    found = storage.signatures.by_number(campaign.id, signature)
    if found is None or found.ended_at is not None:
        return reply(
            N_("There is no signature no. {number}, or it has ended. {list} shows the numbers."),
            number=signature,
            list=Typed("signatories"),
        )
    line = say(
        N_(
            "The signature of **{name}** was not accepted: {why}\nIf that is wrong, please tell a campaigner."
        ),
        name=found.organisation,
        why=why,
    )
    told = tell.not_here(ctx, tell.signer(storage, found, line))
    if not ctx.confirmed:
        ask = say(
            N_("Reject the signature of **{name}** (no. {number}, by {who})?"),
            name=found.organisation,
            number=signature,
            who=found.person_name or say(N_("somebody who was forgotten")),
        )
        choices = (Choice("reject", {"signature": signature, "why": why}),)
        do = say(N_("To do it: {confirm}"), confirm=Typed("confirm"))
        return Reply((ask, _who_reads(ctx, told), do), choices=choices)
    revoked = _no_longer_speaks(ctx, found)
    disputers = ending.end(ctx, found, "rejected", why)
    storage.audit.note(
        "rejected",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.organisation_id,
        number=signature,
        before=found.level,
        after="rejected",
        **({"revoked": found.person_id} if revoked else {}),
    )
    done = reply(
        N_("The signature of **{name}** is rejected: the organisation may sign again."),
        name=found.organisation,
    )
    if revoked:
        no_longer = say(
            N_("{who} no longer speaks for **{name}**."),
            who=found.person_name or say(N_("somebody who was forgotten")),
            name=found.organisation,
        )
        done = Reply((*done.lines, no_longer))
    return done.also(*told, *disputers)


def _who_reads(ctx: Context, told: tuple[Elsewhere, ...]) -> Text:
    """Who will read the reason, said beforehand: everybody in the room where the signature was given, or nobody else."""
    rooms = [ctx.storage.rooms.get(one.room_id) for one in told if one.room_id is not None]
    public = next((room for room in rooms if not room.direct), None)
    if public is not None:
        return say(N_("⚠ I give your reason in {room}, where everybody reads it."), room=public.label)
    if told:
        return say(N_("I give your reason to whoever signed, in private."))
    return say(N_("Your reason is told nobody: I cannot reach whoever signed."))


def _no_longer_speaks(ctx: Context, signature: Signature) -> bool:
    """Let the signer speak no longer for the organisation, if that was on the strength of a signature or a domain alone.

    A domain would give the right back at their next word: that they are revoked is kept.
    """
    speakers = ctx.storage.representatives
    organisation, person = ctx.storage.organisations.get(signature.organisation_id), signature.person_id
    if speakers.speaks_by(organisation.id, person) not in ("verified", "second", "domain"):
        return False
    if authority.proves(ctx.storage, ctx.house.public_providers, person, organisation):
        speakers.revoke(organisation.id, person, ctx.now)
    else:
        speakers.dismiss(organisation.id, person)
    return True
