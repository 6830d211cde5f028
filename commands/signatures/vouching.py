"""Two people of one organisation: the second makes a signature verified, or vouches for who declared it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.authority import looks_like_one_human
from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands import tell
from commands.command import Choice, Reply
from commands.organisations import lookup
from commands.signatures import counting, disputing, showing

if TYPE_CHECKING:
    from campaign.chat import Text
    from campaign.signature import Level
    from commands.command import Context, Elsewhere
    from storage.campaigns import Campaign
    from storage.organisations import Organisation
    from storage.signatures import Signature


def waits(campaign: Campaign, signature: Signature) -> bool:
    """Whether a signature counts only once a second person of its organisation has confirmed it."""
    return campaign.second_person and signature.level == "confirmed"


def own_word(ctx: Context, organisation: Organisation) -> None:
    """Enter that an organisation signs, on the word of one of its own people."""
    # Said in private, it is reminded where it was before.
    room = {"room_id": ctx.room.id} if ctx.place == "campaign" else {}
    ctx.storage.campaigns.stand(ctx.campaign.id, organisation.id, "signed", ctx.now, **room)
    if organisation.flagged:
        ctx.storage.organisations.change(organisation.id, flagged=False)


def has_signed(ctx: Context, organisation: Organisation, number: int, *, level: Level) -> Text:
    """Say that an organisation has signed, and what that comes to; or that one more of its people is needed."""
    campaign = ctx.campaign
    if campaign.second_person and level == "confirmed":
        return say(
            N_(
                "✍️ Noted: **{name}** signs (no. {number}). It counts once a second person of the organisation says {confirm}."
            ),
            name=organisation.name,
            number=number,
            confirm=Typed("confirm", organisation.name),
        )
    return say(
        N_("✅ **{name}** has signed the letter: {signatures}."),
        name=organisation.name,
        signatures=showing.signatures(counting.counted(ctx.storage, campaign), campaign.goal),
    )


def second(ctx: Context, signature: Signature, **more: object) -> Reply:
    """Let a second person of an organisation confirm what one of its people has signed.

    `more` are details they gave besides: they fill in what the first left empty.

    Raises:
        CampaignError: to all appearances they are the same human under another account.
    """
    _another_human(ctx, signature)
    has_mandate = signature.mandate_kind or signature.mandate_day or signature.mandate_link
    missing = {
        key: value
        for key, value in more.items()
        if key != "role" and not getattr(signature, key) and not (has_mandate and key.startswith("mandate"))
    }
    _verify(ctx, signature, **missing)
    organisation = ctx.storage.organisations.get(signature.organisation_id)
    return _confirmed(ctx, organisation, signature).also(*_both_by_domain(ctx, organisation, signature))


def _both_by_domain(ctx: Context, organisation: Organisation, signature: Signature) -> tuple[Elsewhere, ...]:
    """Tell the campaigners where nothing but the organisation's server says that two accounts are two people."""
    words = {
        ctx.storage.representatives.speaks_by(organisation.id, person)
        for person in (signature.person_id, ctx.person.id)
    }
    if words != {"domain"}:
        return ()
    told = say(
        N_(
            "Two accounts at {domain}, which nobody has listed, have signed for **{name}** (no. {number}). If they are one person: {reject}"
        ),
        domain=organisation.domain,
        name=organisation.name,
        number=signature.number,
        reject=Typed("reject", f"{signature.number} …"),
    )
    return tell.admins(ctx.storage, ctx.house, told)


def vouch(ctx: Context, declared: Signature) -> Reply:
    """Let one of an organisation's own people vouch for who declared its signature: asked about the account, never a name.

    Raises:
        CampaignError: the declarer's account is not known, was revoked, or looks like another one of theirs.
    """
    storage = ctx.storage
    address = storage.people.address(declared.address_id)
    if not address.is_account:
        raise CampaignError(
            say(
                N_(
                    "Whoever declared **{name}** did so in a room that hides who they are: there is no account to vouch for. If your organisation signs, say {sign}."
                ),
                name=declared.organisation,
                sign=Typed("sign", declared.organisation),
            )
        )
    if not ctx.private and (declared.room_id != ctx.room.id or not ctx.shows_accounts):
        raise CampaignError(
            say(
                N_("Please say {command} to me in private: I will show you whose account it is."),
                command=Typed("confirm", declared.organisation),
            )
        )
    _another_human(ctx, declared)
    if storage.representatives.is_silenced(declared.organisation_id, declared.person_id):
        raise CampaignError(
            say(
                N_(
                    "A campaigner has revoked {address} for **{name}**, so you cannot vouch for them. If your organisation signs, say {sign}."
                ),
                address=address.id,
                name=declared.organisation,
                sign=Typed("sign", declared.organisation),
            )
        )
    if not ctx.confirmed:
        ask = say(
            N_(
                "**{address}** has declared **{name}** (no. {number}). Is that account one of your organisation's people? Then say {confirm}: the signature is verified, and they may speak for it as you do. If not: {withdraw}"
            ),
            address=address.id,
            name=declared.organisation,
            number=declared.number,
            confirm=Typed("confirm"),
            withdraw=Typed("withdraw", declared.organisation),
        )
        return Reply((ask,), choices=(Choice("confirm", {"organisation": str(declared.number)}),))
    _verify(ctx, declared)
    organisation = storage.organisations.get(declared.organisation_id)
    own_word(ctx, organisation)
    storage.representatives.represent(organisation.id, declared.person_id, "second", ctx.now)
    storage.audit.right(
        organisation.id, declared.person_id, ctx.now, by=ctx.person.id, room=ctx.room.id, granted=True
    )
    return _confirmed(ctx, organisation, declared)


def _confirmed(ctx: Context, organisation: Organisation, signature: Signature) -> Reply:
    told = say(
        N_("✅ {who} has confirmed the signature of **{name}**: it counts now."),
        who=ctx.name,
        name=organisation.name,
    )
    return Reply((has_signed(ctx, organisation, signature.number, level="verified"),)).also(
        *tell.not_here(ctx, tell.signer(ctx.storage, signature, told))
    )


def _another_human(ctx: Context, signature: Signature) -> None:
    people = ctx.storage.people
    if looks_like_one_human(people.addresses(ctx.person.id), people.addresses(signature.person_id)):
        raise CampaignError(
            say(
                N_(
                    "The account that signed for **{name}** has the same name as yours: to me that may be one person. Please let a colleague confirm, or ask a campaigner."
                ),
                name=signature.organisation,
            )
        )


def _verify(ctx: Context, signature: Signature, **more: object) -> None:
    ctx.storage.signatures.change(signature.id, level="verified", verified_by=ctx.person.id, **more)
    disputing.agrees(ctx, signature)
    ctx.storage.audit.note(
        "verified",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=signature.organisation_id,
        number=signature.number,
        how="second",
        before=signature.level,
        after="verified",
    )


def one_after_all(ctx: Context, person_id: int) -> None:
    """Let no signature stay verified by a second person who turns out to be the first; a campaigner's word stands."""
    storage = ctx.storage
    if any(address in ctx.house.admins for address in storage.people.addresses(person_id)):
        return
    for signature in storage.signatures.vouched_by_themselves(person_id):
        storage.signatures.change(signature.id, level="confirmed", verified_by=None)
        storage.audit.note(
            "second person was the first",
            ctx.now,
            person=person_id,
            room=ctx.room.id,
            organisation=signature.organisation_id,
            number=signature.number,
            before="verified",
            after="confirmed",
        )


def tell_the_others(ctx: Context, organisation: Organisation, number: int) -> tuple[Elsewhere, ...]:
    """Tell an organisation's other people that one of them is to confirm."""
    told = say(
        N_("{who} ({address}) has signed for **{name}** (no. {number}). It counts once you say {confirm}."),
        who=ctx.name,
        address=lookup.account_of(ctx),
        name=organisation.name,
        number=number,
        confirm=Typed("confirm", organisation.name),
    )
    return tell.representatives(ctx.storage, organisation.id, told, but=ctx.person.id)
