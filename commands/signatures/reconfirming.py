"""Signing again: a change of substance asks for it, and an organisation's people say yes to the letter as it is now."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from campaign.chat import N_, Text, Typed, say
from commands.command import Choice, Context, Reply
from commands.organisations import asking, authority
from commands.signatures import counting, disputing, showing, vouching

if TYPE_CHECKING:
    from storage.signatures import Signature


def is_asked(ctx: Context, signature: Signature) -> bool:
    """Whether a signature is of a text that a change of substance has overtaken, and this person may renew it.

    Its organisation's people may; and whoever declared it, as long as it is no more than declared. That of the collective
    a new poll renews.
    """
    campaign, organisation = ctx.campaign, signature.organisation_id
    if signature.letter_id not in ctx.storage.letters.overtaken(campaign.id):
        return False
    if organisation == campaign.collective_id:
        return False
    own = signature.person_id == ctx.person.id and signature.level == "declared"
    return own or authority.is_entered(ctx, organisation)


def confirm(ctx: Context, signature: Signature, **values: Any) -> Reply:  # noqa: ANN401 - the signature's columns
    """Let a signature stand under the letter as it is now, in the language of this place; the number stays its own.

    Whoever says so gives it from now on: nobody is named beside a text that a colleague has signed. Where two people
    are asked for, the changed text needs a second one again, for nobody has verified that.
    """
    storage, campaign = ctx.storage, ctx.campaign
    letter = storage.letters.to_sign(campaign.id, ctx.language)
    if signature.person_id != ctx.person.id:
        values = {**_given_by(ctx), **values}
    falls = signature.level == "verified" and (campaign.second_person or "person_id" in values)
    if falls:
        values |= {"level": "confirmed", "verified_by": None}
    storage.signatures.reconfirm(signature.id, letter.id, ctx.now, **values)
    disputing.agrees(ctx, signature)
    if signature.level != "declared":
        # Said in private, it is reminded where it was before.
        room = {"room_id": ctx.room.id} if ctx.place == "campaign" else {}
        storage.campaigns.stand(campaign.id, signature.organisation_id, "signed", ctx.now, **room)
    storage.audit.note(
        "reconfirmed",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=signature.organisation_id,
        number=signature.number,
        before=[signature.language, signature.version],
        after=[letter.language, letter.version],
        **({"level": "confirmed"} if falls else {}),
    )
    if signature.level == "declared":
        return Reply(
            (
                say(
                    N_("📝 Noted: **{name}** is declared for version {version} ({language}) too."),
                    name=signature.organisation,
                    version=letter.version,
                    language=letter.language,
                ),
            )
        )
    if campaign.second_person:
        organisation = storage.organisations.get(signature.organisation_id)
        waits = vouching.has_signed(ctx, organisation, signature.number, level="confirmed")
        return Reply((waits,)).also(*vouching.tell_the_others(ctx, organisation, signature.number))
    return Reply(
        (
            say(
                N_("✅ **{name}** signs version {version} ({language}) of the letter too: {progress}."),
                name=signature.organisation,
                version=letter.version,
                language=letter.language,
                progress=_progress(ctx),
            ),
        )
    )


def _given_by(ctx: Context) -> dict[str, Any]:
    """The columns of a signature that say who gave it, and where."""
    return {
        "person_id": ctx.person.id,
        "address_id": ctx.person.address_id,
        "person_name": ctx.name,
        "role": "",
        "room_id": ctx.room.id,
        "network": ctx.room.network,
        "event": ctx.event,
    }


def _progress(ctx: Context) -> Text:
    return showing.signatures(counting.counted(ctx.storage, ctx.campaign), ctx.campaign.goal)


def unprompted(ctx: Context) -> Reply | None:
    """Take `!confirm` that answers no question: it renews the signature this person is asked for. None: they are not.

    Raises:
        CampaignError: several campaigns are meant, and none was named.
    """
    storage = ctx.storage
    if not any(storage.letters.overtaken(one.id) for one in storage.campaigns.open()):
        return None
    if not storage.organisations.of_person(ctx.person.id) and not storage.signatures.stands_by(ctx.person.id):
        return None
    ctx = replace(ctx, resolved=ctx.campaign)
    asked = [one for one in storage.signatures.all_standing(ctx.campaign.id) if is_asked(ctx, one)]
    if len(asked) == 1:
        return confirm(ctx, asked[0])
    if not asked:
        return None
    which = asking.for_which([one.organisation for one in asked])
    return Reply((which,), choices=tuple(Choice("sign", {"organisation": one.organisation}) for one in asked))


def still_to_confirm(ctx: Context, signature: Signature) -> tuple[Text, ...]:
    """Say of a signature that it does not count yet, where its organisation is asked to sign again."""
    if signature.letter_id not in ctx.storage.letters.overtaken(ctx.campaign.id):
        return ()
    return (
        say(
            N_("It is of an earlier version of the letter, and counts once its people confirm: {confirm}"),
            confirm=Typed("confirm"),
        ),
    )
