"""Disputes as several commands open and settle them: two people's words about one signature, and a campaigner's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from campaign.reminder import public_names
from commands import tell
from commands.command import Reply, reply
from commands.line import calling
from commands.organisations import lookup

if TYPE_CHECKING:
    from collections.abc import Sequence

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
    here, by_strangers = check(ctx, signature, reason, speaks=speaks)
    storage = ctx.storage
    mine = next((one for one in here if one.person_id == ctx.person.id), None)
    if mine is not None:
        storage.disputes.explain(mine.id, reason)
    else:
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
    if mine is not None:
        why = say(
            N_("Noted: that is why you dispute the signature of **{name}** (no. {number})."),
            name=signature.organisation,
            number=signature.number,
        )
        said = _to_campaigners(ctx, _notice(ctx, signature, reason))
        return Reply((why,)).also(*(() if len(here) > 1 and not speaks else said))
    if not speaks and by_strangers == MOST_BY_STRANGERS - 1:
        return noted.also(*_to_campaigners(ctx, _full()))
    if not speaks and (here or by_strangers >= TOLD_OF):
        return noted
    return noted.also(*_to_campaigners(ctx, _notice(ctx, signature, reason)), *_signer(ctx, signature))


def _to_campaigners(ctx: Context, *lines: Text) -> tuple[Elsewhere, ...]:
    """Tell the campaigners, but where one of them has just said it."""
    return tell.not_here(ctx, tell.admins(ctx.storage, ctx.house, *lines))


def _full() -> Text:
    return say(
        N_(
            "⚠️ {count} disputes of people I do not know are open: I take no more of theirs until some are settled. {disputes} lists them."
        ),
        count=MOST_BY_STRANGERS,
        disputes=Typed("disputes"),
    )


def check(
    ctx: Context, signature: Signature, reason: str = "", *, speaks: bool
) -> tuple[Sequence[Dispute], int]:
    """Make sure that somebody may dispute a signature, or give their dispute its `reason`.

    Returns the disputes that are open about it, and how many are of strangers in the whole campaign.

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
    mine = next((one for one in here if one.person_id == ctx.person.id), None)
    if mine is not None and reason and not mine.reason:
        return here, 0
    if mine is not None:
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
                    "That was settled already: the signature of **{name}** stands. Please tell a campaigner yourself."
                ),
                name=signature.organisation,
            )
        )
    if not speaks and ctx.private and not lookup.is_of_the_campaign(ctx):
        raise CampaignError(
            say(N_("I do not know you from this campaign yet: please dispute it in one of its rooms."))
        )
    by_strangers = [one for one in every if not one.speaks]
    theirs = sum(one.person_id == ctx.person.id for one in by_strangers)
    if not speaks and (theirs >= MOST_BY_ONE or len(by_strangers) >= MOST_BY_STRANGERS):
        raise CampaignError(
            say(N_("Too many disputes are open for me to take one more: please tell a campaigner yourself."))
        )
    return here, len(by_strangers)


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
        N_("⚠️ The signature of **{name}** (no. {number}) is disputed. It stands until a campaigner decides."),
        name=signature.organisation,
        number=signature.number,
    )
    # Also where it was disputed just now: what is said there to somebody else reaches nobody who does not read along.
    return tell.signer(ctx.storage, signature, told)


def settle(ctx: Context, signature: Signature, outcome: str, told: Text) -> tuple[Elsewhere, ...]:
    """Settle every dispute about a signature, and tell those who opened them, by name: each room once.

    The campaigners are told where nobody has decided: a signature that is taken back may be given again.
    """
    found = ctx.storage.disputes.settle(signature.id, outcome, ctx.now, by=ctx.person.id)
    if not found:
        return ()
    _note(ctx, "dispute ended" if outcome == "withdrawn" else "dispute settled", found[0], after=outcome)
    ended = say(
        N_("The disputed signature of **{name}** (no. {number}) has ended, by {who} ({address})."),
        name=signature.organisation,
        number=signature.number,
        who=ctx.name,
        address=lookup.account_of(ctx),
    )
    campaigners = _to_campaigners(ctx, ended) if outcome == "withdrawn" else ()
    return (*_to_disputers(ctx, found, told), *campaigners)


def reopen(ctx: Context, number: int) -> tuple[Elsewhere, ...]:
    """Let a dispute survive that somebody takes the disputed signature back and gives it again; tell the campaigners.

    Nobody is told where nothing was disputed.
    """
    found = ctx.storage.disputes.reopen(ctx.campaign.id, number, signer=ctx.person.id)
    if not found:
        return ()
    _note(ctx, "disputed again", found[0])
    told = say(
        N_(
            "⚠️ {who} ({address}) gives the disputed signature of **{name}** again (no. {number}): it is disputed still, see {disputes}. To keep it: {keep} · to end it: {reject}"
        ),
        who=ctx.name,
        address=lookup.account_of(ctx),
        name=found[0].organisation,
        number=number,
        disputes=Typed("disputes"),
        keep=Typed("verify", str(number)),
        reject=Typed("reject", f"{number} …"),
    )
    return tell.admins(ctx.storage, ctx.house, told)


def still(answer: Reply) -> Reply:
    """The answer to a signature, with that it is disputed as the one before it."""
    line = say(N_("⚠️ It is disputed, as the one before it was, until a campaigner decides."))
    return replace(answer, lines=(*answer.lines[:1], line, *answer.lines[1:]))


def retract(ctx: Context, which: str = "") -> Reply:
    """Take back what somebody disputes in the campaign, or about the one signature of this number or name.

    The campaigners are told.
    """
    number, _ = calling.take_number(which.split())
    found = lookup.named(ctx.storage, which) if which else None
    mine = [
        one
        for one in ctx.storage.disputes.of_campaign(ctx.campaign.id)
        if one.person_id == ctx.person.id
        and (not which or one.number == number or (found is not None and one.organisation_id == found.id))
    ]
    if not mine:
        return reply(N_("You dispute no signature."))
    said: list[Text] = []
    told: list[Text] = []
    for one in mine:
        ctx.storage.disputes.settle(
            one.signature_id, "retracted", ctx.now, by=ctx.person.id, whose=ctx.person.id
        )
        _note(ctx, "dispute retracted", one)
        values: dict[str, Value] = {"name": one.organisation, "number": one.number}
        said.append(say(N_("You no longer dispute the signature of **{name}** (no. {number})."), **values))
        told.append(
            say(
                N_("{who} no longer disputes the signature of **{name}** (no. {number})."),
                who=ctx.name,
                **values,
            )
        )
    return Reply(tuple(said)).also(*_to_campaigners(ctx, *told))


def agrees(ctx: Context, signature: Signature) -> None:
    """Settle what somebody disputes about a signature that they now confirm themselves."""
    found = ctx.storage.disputes.settle(
        signature.id, "verified", ctx.now, by=ctx.person.id, whose=ctx.person.id
    )
    if found:
        _note(ctx, "dispute settled", found[0], after="verified")


def _note(ctx: Context, act: str, one: Dispute, **more: str) -> None:
    ctx.storage.audit.note(
        act,
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=one.organisation_id,
        number=one.number,
        **more,
    )


def _to_disputers(ctx: Context, found: Sequence[Dispute], told: Text) -> tuple[Elsewhere, ...]:
    """Tell those who opened these disputes, by name: each room once."""
    storage = ctx.storage
    said: list[Elsewhere] = []
    there: dict[int, list[Dispute]] = {}
    for one in found:
        is_public = one.room_id is not None and bool(storage.rooms.campaigns_of(one.room_id))
        # Who was hidden there, and is known by an account since, would be shown by the name of that.
        addresses = [storage.people.address(one.address_id), *storage.people.addresses(one.person_id)]
        if not is_public or (not addresses[0].is_account and any(each.is_account for each in addresses)):
            said += tell.privately(storage, one.person_id, told, here=ctx.room.id)
        elif one.room_id and storage.rooms.get(one.room_id).state == "joined":
            there.setdefault(one.room_id, []).append(one)
    for room, disputers in there.items():
        said += _disputers(ctx, room, disputers, told)
    return tuple(said)


def _disputers(ctx: Context, room: int, disputers: Sequence[Dispute], told: Text) -> tuple[Elsewhere, ...]:
    """Tell those who disputed it in one room; who asked just now is answered anyway, and whom nobody knows has no name."""
    names, more = public_names(
        list(dict.fromkeys(one.name for one in disputers if one.name and one.person_id != ctx.person.id))
    )
    if not names:
        return ()
    named = ", ".join(names) + ("…" if more else "")
    return tell.rooms([ctx.storage.rooms.get(room)], say(N_("{names}: {line}"), names=named, line=told))
