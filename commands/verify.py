"""Verifying a declared signature."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Typed, say, say_many
from campaign.errors import CampaignError
from commands import tell
from commands.command import Context, Reply, command, reply
from commands.organisations import lookup
from commands.signatures import counting, disputing, reconfirming

if TYPE_CHECKING:
    from campaign.chat import Text
    from storage.signatures import Signature


@command(
    "verify",
    fr="vérifier",
    help=N_(
        "Accept a declared signature by its number: it counts, and its author may speak for the organisation."
    ),
    example=N_("!verify 1"),
    admin=True,
)
def verify(ctx: Context, signature: int) -> Reply:
    """Vouch for a signature; its declarer becomes a representative, its organisation leaves the list of strangers.

    Raises:
        CampaignError: it is the collective's, which signs by a poll alone.
    """
    storage, campaign = ctx.storage, ctx.campaign
    found = storage.signatures.by_number(campaign.id, signature)
    if found is None or found.ended_at is not None:
        return reply(
            N_("There is no signature no. {number}, or it has ended. {list} shows the numbers."),
            number=signature,
            list=Typed("signatories"),
        )
    if found.organisation_id == campaign.collective_id and found.level != "verified":
        raise CampaignError(lookup.collective_answers(storage.organisations.get(found.organisation_id)))
    if found.person_id == ctx.person.id and campaign.second_person:
        return reply(
            N_(
                "You signed for **{name}** yourself: a second person of it has to confirm, or another campaigner."
            ),
            name=found.organisation,
        )
    stands = say(
        N_("The signature of **{name}** (no. {number}) stands: the dispute about it is settled."),
        name=found.organisation,
        number=signature,
    )
    closed = say(N_("The dispute about it is settled."))
    disputed = bool(storage.disputes.of_signature(found.id))
    settled = disputing.settle(ctx, found, "verified", stands)
    if found.level == "verified" and disputed:
        return Reply((stands,)).also(*settled, *tell.not_here(ctx, tell.signer(storage, found, stands)))
    if found.level == "verified":
        return reply(N_("Signature no. {number} is verified already."), number=signature)
    storage.signatures.change(found.id, level="verified", verified_by=ctx.person.id)
    storage.organisations.change(found.organisation_id, flagged=False)
    # Whose right it was to confirm it has that right from elsewhere, or has lost it since.
    speaks = found.level != "declared" or storage.representatives.represent(
        found.organisation_id, found.person_id, "verified", ctx.now
    )
    storage.audit.note(
        "verified",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.organisation_id,
        number=signature,
        before=found.level,
        after="verified",
        **({"represented_by": found.person_id} if speaks and found.level == "declared" else {}),
    )
    done = Reply(
        (
            say_many(
                *NN_(
                    "✅ The signature of **{name}** is verified: {count} signature counts now.",
                    "✅ The signature of **{name}** is verified: {count} signatures count now.",
                ),
                counting.counted(storage, campaign),
                name=found.organisation,
            ),
            *((closed,) if disputed else ()),
            *reconfirming.still_to_confirm(ctx, found),
            *(() if speaks else (_still_revoked(found),)),
        )
    )
    told = say(N_("✅ The signature of **{name}** is verified."), name=found.organisation)
    if disputed:
        told = say(N_("{line} {more}"), line=told, more=closed)
    return done.also(*tell.not_here(ctx, tell.signer(storage, found, told)), *settled)


def _still_revoked(found: Signature) -> Text:
    return say(
        N_("{who} was revoked, and still does not speak for **{name}**. To change that: {rep}"),
        who=found.person_name or say(N_("somebody who was forgotten")),
        name=found.organisation,
        rep=Typed("org rep", f"… {found.organisation}"),
    )
