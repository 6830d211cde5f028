"""Disputes as several commands open and settle them: two people's words about one signature, and a campaigner's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands import lookup, tell
from commands.command import Reply, reply

if TYPE_CHECKING:
    from campaign.chat import Text, Value
    from commands.command import Context, Elsewhere
    from storage.disputes import Dispute
    from storage.signatures import Signature

MOST_BY_ONE = 3
"""Open disputes in a campaign by one person, about organisations they are not known to speak for."""
MOST_BY_STRANGERS = 50
"""Open disputes in a campaign by all such people: beyond, no more are taken until some are settled."""
TOLD_OF = 10
"""Of so many of these the campaigners are told one by one; `!disputes` lists them all."""


def dispute(ctx: Context, signature: Signature, reason: str, *, speaks: bool) -> Reply:
    """Enter that somebody disputes a signature, without a reason if they only claim its organisation too.

    Those concerned are told once about a signature, and again when one of the organisation's own people speaks. The
    signature stands until a campaigner settles it.

    Raises:
        CampaignError: it is their own, they have said so already, or strangers have said too much.
    """
    here, by_strangers = check(ctx, signature, speaks=speaks)
    storage = ctx.storage
    storage.disputes.open(
        signature.id,
        ctx.now,
        person_id=ctx.person.id,
        address_id=ctx.person.address_id,
        room_id=ctx.room.id,
        reason=reason,
    )
    storage.audit.note(
        "disputed",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=signature.organisation_id,
        number=signature.number,
    )
    noted = reply(
        N_(
            "Noted: you dispute the signature of **{name}** (no. {number}). It stands, marked as disputed, until a campaigner decides."
        ),
        name=signature.organisation,
        number=signature.number,
    )
    if not speaks and (here or by_strangers >= TOLD_OF):
        return noted
    return noted.also(
        *tell.admins(storage, ctx.house, _notice(ctx, signature, reason)), *_signer(ctx, signature)
    )


def check(ctx: Context, signature: Signature, *, speaks: bool) -> tuple[bool, int]:
    """Make sure that somebody may dispute a signature; say whether it is disputed, and count what strangers dispute.

    Raises:
        CampaignError: as `dispute` says.
    """
    storage = ctx.storage
    if signature.person_id == ctx.person.id:
        raise CampaignError(
            say(
                N_("You gave this signature yourself. To take it back: {withdraw}"),
                withdraw=Typed("withdraw", signature.organisation),
            )
        )
    every = storage.disputes.of_campaign(ctx.campaign.id)
    here = [one for one in every if one.signature_id == signature.id]
    if any(one.person_id == ctx.person.id for one in here):
        raise CampaignError(
            say(
                N_(
                    "I have noted already that you dispute the signature of **{name}**: campaigners will decide."
                ),
                name=signature.organisation,
            )
        )
    if not speaks and storage.disputes.was_settled(signature.id, ctx.person.id):
        raise CampaignError(
            say(
                N_(
                    "A campaigner has decided already: the signature of **{name}** stands. Please tell a campaigner yourself."
                ),
                name=signature.organisation,
            )
        )
    by_strangers = [one for one in every if not one.speaks]
    mine = sum(one.person_id == ctx.person.id for one in by_strangers)
    if not speaks and (mine >= MOST_BY_ONE or len(by_strangers) >= MOST_BY_STRANGERS):
        raise CampaignError(
            say(N_("Too many disputes are open for me to take one more: please tell a campaigner yourself."))
        )
    return bool(here), len(by_strangers)


def _notice(ctx: Context, signature: Signature, reason: str) -> Text:
    values: dict[str, Value] = {
        "who": ctx.name,
        "address": lookup.account_of(ctx),
        "name": signature.organisation,
        "number": signature.number,
        "first": signature.person_name or say(N_("somebody who was forgotten")),
        "keep": Typed("verify", str(signature.number)),
        "reject": Typed("reject", f"{signature.number} …"),
    }
    if not reason:
        return say(
            N_(
                "⚠️ {who} ({address}) also claims **{name}**. The first signature stands (no. {number}, by {first}). To keep it: {keep} · to end it: {reject}"
            ),
            **values,
        )
    return say(
        N_(
            "⚠️ {who} ({address}) disputes the signature of **{name}** (no. {number}, by {first}): “{reason}”. To keep it: {keep} · to end it: {reject}"
        ),
        reason=reason,
        **values,
    )


def _signer(ctx: Context, signature: Signature) -> tuple[Elsewhere, ...]:
    """Tell whoever signed, without what a stranger wrote: the room reads it too. Nobody, if they were forgotten."""
    if not signature.person_name:
        return ()
    told = say(
        N_(
            "⚠️ {who}, the signature of **{name}** (no. {number}) is disputed. It stands until a campaigner decides."
        ),
        who=signature.person_name,
        name=signature.organisation,
        number=signature.number,
    )
    # Also where it was disputed just now: what is said there to somebody else reaches nobody who does not read along.
    return tell.signer(ctx.storage, signature, told, here=0)


def settle(ctx: Context, signature: Signature, outcome: str, told: Text) -> tuple[Elsewhere, ...]:
    """Settle every dispute about a signature, and tell those who opened them: each room once, where it is not said anyway."""
    storage = ctx.storage
    rooms = {ctx.room.id}
    if outcome != "withdrawn":
        rooms.add(signature.room_id)  # whoever signed is told there
    said: list[Elsewhere] = []
    found = storage.disputes.settle(signature.id, outcome, ctx.now, by=ctx.person.id)
    for one in found:
        said += _disputer(ctx, one, told, rooms)
    if found:
        storage.audit.note(
            "dispute settled",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            campaign=ctx.campaign.id,
            organisation=signature.organisation_id,
            number=signature.number,
            after=outcome,
        )
    return tuple(said)


def _disputer(ctx: Context, one: Dispute, told: Text, rooms: set[int]) -> tuple[Elsewhere, ...]:
    storage = ctx.storage
    if one.room_id is None or not storage.rooms.campaigns_of(one.room_id):
        return tell.privately(storage, one.person_id, told, here=ctx.room.id)
    room = storage.rooms.get(one.room_id)
    if room.id in rooms or room.state != "joined":
        return ()
    rooms.add(room.id)
    return tell.rooms([room], told)
