"""Rejecting a signature that should not stand."""

from __future__ import annotations

from campaign.chat import N_, Typed, say
from commands import ending, lookup, tell
from commands.command import Choice, Context, Reply, Rest, command, reply


@command(
    "reject",
    fr="rejeter",
    help=N_("Reject a signature by its number, with the reason."),
    example=N_("!reject 1 The association does not know of it"),
    admin=True,
)
def reject(ctx: Context, signature: int, why: Rest) -> Reply:
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
    if not ctx.confirmed:
        return Reply(
            reply(
                N_("Reject the signature of **{name}** (no. {number}, by {who})? To do it: {confirm}"),
                name=found.organisation,
                number=signature,
                who=found.person_name or say(N_("somebody who was forgotten")),
                confirm=Typed("confirm"),
            ).lines,
            choices=(Choice("reject", {"signature": signature, "why": why}),),
        )
    # Who speaks for it because a signature was verified does so no longer when one of theirs is rejected.
    revoked = storage.organisations.speaks_by(found.organisation_id, found.person_id) == "verified"
    if revoked:
        storage.organisations.dismiss(found.organisation_id, found.person_id)
    ending.end(ctx, found, "rejected", why)
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
            N_("{who} no longer speaks for **{name}**."), who=found.person_name, name=found.organisation
        )
        done = Reply((*done.lines, no_longer))
    told = say(
        N_(
            "The signature of **{name}** was not accepted: {why}\nIf that is wrong, please tell a campaigner."
        ),
        name=found.organisation,
        why=why,
    )
    return done.also(*tell.signer(storage, found, told, here=ctx.room.id))
