"""What becomes of it when somebody signs: an organisation entered, a signature confirmed or declared, and who is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from campaign.organisation import normal_form
from campaign.signature import level_of
from commands import tell
from commands.command import Reply
from commands.organisations import lookup
from commands.signatures import consenting, disputing, ending, reconfirming, vouching

if TYPE_CHECKING:
    from commands.command import Context, Elsewhere
    from commands.signatures.entry import Entry
    from storage.letters import Letter
    from storage.organisations import Organisation
    from storage.signatures import Signature


def sign(ctx: Context, organisation: Organisation, entry: Entry, *, speaks: bool) -> Reply:
    """Enter a signature: confirmed by whoever `speaks` for the organisation, declared by anybody else."""
    campaign, storage = ctx.campaign, ctx.storage
    level = level_of(is_representative=speaks)
    letter = storage.letters.to_sign(campaign.id, ctx.language)
    number = storage.signatures.add(
        campaign.id,
        organisation_id=organisation.id,
        person_id=ctx.person.id,
        address_id=ctx.person.address_id,
        letter_id=letter.id,
        room_id=ctx.room.id,
        level=level,
        person_name=ctx.name,
        network=ctx.room.network,
        event=ctx.event,
        signed_at=ctx.now,
        **entry.given,
    )
    if speaks:
        vouching.own_word(ctx, organisation)
    else:
        storage.campaigns.enrol(campaign.id, organisation.id, ctx.now)
    storage.audit.note(
        "signed",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=organisation.id,
        number=number,
        after=level,
        version=letter.version,
        language=letter.language,
    )
    disputed = disputing.reopen(ctx, number)
    if not speaks:
        answer = _declared(ctx, organisation, number, to_campaigners=disputed)
        return disputing.still(answer) if disputed else answer
    others = vouching.tell_the_others(ctx, organisation, number) if campaign.second_person else ()
    signed = vouching.has_signed(ctx, organisation, number, level=level)
    answer = Reply((signed, *_to_complete(ctx, letter))).also(*others)
    return disputing.still(answer).also(*tell.not_here(ctx, disputed)) if disputed else answer


def _to_complete(ctx: Context, letter: Letter) -> tuple[Text, ...]:
    if not ctx.private:
        return ()
    return (
        say(
            N_("Version {version} ({language}). To complete it: {details}; to take it back: {withdraw}"),
            version=letter.version,
            language=letter.language,
            details=Typed("details"),
            withdraw=Typed("withdraw"),
        ),
        *consenting.asked(ctx),
    )


def stand_by(ctx: Context, organisation: Organisation, declared: Signature, entry: Entry) -> Reply:
    """Let the word of an organisation's own people stand for what was declared, and for nobody's but theirs.

    Whoever declared it gains nothing by it: they may be anybody.
    """
    if declared.person_id != ctx.person.id:
        told = ending.replace(ctx, declared)
        return sign(ctx, organisation, entry, speaks=True).also(*told)
    ctx.storage.signatures.change(declared.id, level="confirmed", **entry.given)
    vouching.own_word(ctx, organisation)
    ctx.storage.audit.note(
        "confirmed",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=organisation.id,
        number=declared.number,
        before=declared.level,
        after="confirmed",
    )
    if reconfirming.is_asked(ctx, declared):
        return reconfirming.confirm(ctx, replace(declared, level="confirmed"))
    others = (
        vouching.tell_the_others(ctx, organisation, declared.number) if ctx.campaign.second_person else ()
    )
    signed = vouching.has_signed(ctx, organisation, declared.number, level="confirmed")
    return Reply((signed,)).also(*others)


def _declared(
    ctx: Context, organisation: Organisation, number: int, *, to_campaigners: tuple[Elsewhere, ...]
) -> Reply:
    """Tell the person, the campaigners, and the organisation's own people, that somebody declared for it.

    The campaigners are told only once, if there is more to tell them of it.
    """
    line = say(
        N_("📝 Noted: **{name}** is declared (no. {number}). It counts once a campaigner has verified it."),
        name=organisation.name,
        number=number,
    )
    if ctx.campaign.counts == "declared":
        line = say(
            N_("📝 Noted: **{name}** is declared (no. {number})."), name=organisation.name, number=number
        )
    told = say(
        N_(
            "{who} ({address}) signs for **{name}**, and I do not know that they may. To accept: {verify} · to refuse: {reject}"
        ),
        who=ctx.name,
        address=lookup.account_of(ctx),
        name=organisation.name,
        verify=Typed("verify", str(number)),
        reject=Typed("reject", f"{number} …"),
    )
    mine = say(
        N_(
            "{who} ({address}), whom I do not know, has declared that **{name}** signs (no. {number}). If it does, sign yourself: {sign}. If you know that account, vouch for it: {confirm}. To take back what was declared: {withdraw}"
        ),
        who=ctx.name,
        address=lookup.account_of(ctx),
        name=organisation.name,
        number=number,
        sign=Typed("sign", organisation.name),
        confirm=Typed("confirm", organisation.name),
        withdraw=Typed("withdraw", organisation.name),
    )
    return Reply((line,)).also(
        *(to_campaigners or tell.admins(ctx.storage, ctx.house, told)),
        *tell.representatives(ctx.storage, organisation.id, mine, but=ctx.person.id),
    )


def enter(ctx: Context, name: str) -> Organisation:
    """Enter an organisation that nobody knew, until a campaigner has looked at it."""
    found = ctx.storage.organisations.add(name, normal_form(name), ctx.now, flagged=True)
    ctx.storage.audit.note(
        "organisation added", ctx.now, person=ctx.person.id, room=ctx.room.id, organisation=found.id
    )
    return found
