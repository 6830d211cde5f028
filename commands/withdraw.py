"""Taking a signature back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands import tell
from commands.ballots import adopting, closing
from commands.command import CAMPAIGNERS, Choice, Context, Reply, Rest, command, reply
from commands.dialogue import offering
from commands.organisations import lookup
from commands.signatures import disputing, ending
from commands.vocabulary import belonging, in_language, of_dispute

if TYPE_CHECKING:
    from commands.command import Elsewhere
    from storage.organisations import Organisation
    from storage.signatures import Signature


@command(
    "withdraw",
    fr="retirer",
    help=N_("Take your organisation's signature back."),
    example=N_("!withdraw Nuage Libre"),
    form=True,
)
def withdraw(ctx: Context, organisation: Rest = "") -> Reply:
    """End the standing signature of an organisation, on the word of its people or of who gave it.

    That of the collective itself, for whom nobody speaks, a campaigner takes back. Who speaks of their vote is asked
    whether they want that back; who speaks of their dispute has it back at once.
    """
    own, disputed = belonging(organisation), of_dispute(organisation)
    if (own or disputed is not None) and lookup.named(ctx.storage, organisation) is None:
        if disputed is not None:
            return disputing.retract(ctx, disputed)
        if own and own != "signature":
            return _other(ctx, own)
        organisation = ""
    found = _collective(ctx, organisation) or lookup.spoken_for(ctx, organisation)
    campaign, storage = ctx.campaign, ctx.storage
    standing = storage.signatures.standing(campaign.id, found.id)
    if standing is None:
        return reply(
            N_(
                "**{name}** has not signed, so there is nothing to take back. To say that it will not sign: {decline}"
            ),
            name=found.name,
            decline=Typed("decline", found.name),
        )
    told = ending.end(ctx, standing, "withdrawn")
    told = (*told, *_elsewhere(ctx, standing))
    if standing.level != "declared":
        storage.campaigns.stand(campaign.id, found.id, "withdrawn", ctx.now)
    storage.audit.note(
        "withdrawn",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.id,
        number=standing.number,
        before=standing.level,
        after="withdrawn",
    )
    if found.id == campaign.collective_id:
        return reply(N_("The signature of **{name}** is taken back."), name=found.name).also(*told)
    return reply(
        N_("The signature of **{name}** is taken back. To sign again: {sign}"),
        name=found.name,
        sign=Typed("sign", found.name),
    ).also(*told)


def _other(ctx: Context, own: str) -> Reply:
    """Ask whether an answer to a poll is meant, or an objection."""
    words, arguments = {
        "vote": ("retract", {"choice": "retract"}),
        "objection": ("withdrawn", {"fate": "withdrawn"}),
    }[own]
    meant = Choice(own, arguments, confirmed=False, campaign=ctx.campaign_key)
    return offering.ask(ctx, Typed(own, in_language(words, ctx.language)), meant)


def _elsewhere(ctx: Context, standing: Signature) -> tuple[Elsewhere, ...]:
    """Say in every room that the collective's own signature is taken back: it was given there."""
    if standing.organisation_id != ctx.campaign.collective_id:
        return ()
    line = say(
        N_("The signature of **{name}** (no. {number}) is taken back by the campaigners."),
        name=standing.organisation,
        number=standing.number,
    )
    return tell.rooms(closing.public(ctx.storage, ctx.campaign), line)


def _collective(ctx: Context, name: str) -> Organisation | None:
    """The collective, if that is what is named.

    Raises:
        CampaignError: it is, but not by a campaigner where campaigners decide: nobody speaks for it.
    """
    found = adopting.named(ctx.storage, ctx.campaign, name)
    if found is None or (ctx.is_admin and ctx.place in CAMPAIGNERS):
        return found
    raise CampaignError(
        say(
            N_(
                "**{name}** is the collective itself, and signs by a poll. Only a campaigner can take its signature back, in their room or in private: {withdraw}"
            ),
            name=found.name,
            withdraw=Typed("withdraw", found.name),
        )
    )
