"""Saying yes: to what the bot just asked, or to what somebody else has said for one's organisation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import normal_form
from commands.command import Context, Reply, Rest, command, reply
from commands.dialogue import picking
from commands.line import calling
from commands.organisations import authority, lookup
from commands.signatures import reconfirming, vouching

if TYPE_CHECKING:
    from storage.prompts import Prompt
    from storage.signatures import Signature


@command(
    "confirm",
    fr="confirmer",
    help=N_(
        "Say yes to the question I asked you, to what a colleague has signed for your organisation, or to a letter that has changed."
    ),
    example=N_("!confirm"),
    needs_campaign=False,
)
def confirm(ctx: Context, organisation: Rest = "") -> Reply | None:
    """Do what the latest question to this person in this room was about; without one, sign a changed letter again, or stand by a colleague's signature."""
    prompt = ctx.storage.prompts.waiting(ctx.person.id, ctx.room.id, ctx.now)
    number, following = calling.take_number(organisation.split())
    if picking.is_to_another(ctx, prompt) and not following and (number or not organisation):
        return picking.nothing_waits()
    if prompt and number and not following and not ctx.confirmed and len(prompt.choices) > 1:
        return picking.run(ctx, prompt, number)
    if organisation and not (prompt and not ctx.confirmed and _is_about(ctx, prompt, organisation)):
        return _for(ctx, organisation)
    if prompt is None:
        return reconfirming.unprompted(ctx) or _colleague(ctx) or picking.nothing_waits()
    return picking.agree(ctx, prompt, named=bool(organisation))


def _is_about(ctx: Context, prompt: Prompt, organisation: str) -> bool:
    """Whether a question is about the organisation that somebody names as they say yes."""
    if len(prompt.choices) != 1:
        return False
    choice = prompt.choices[0]
    asked = str(choice["arguments"].get("organisation", ""))
    if choice["command"] == "confirm" and asked.isdecimal():
        signature = ctx.storage.signatures.by_number(ctx.campaign.id, int(asked))
        asked = signature.organisation if signature and signature.ended_at is None else ""
    known = lookup.named(ctx.storage, organisation)
    return normal_form(asked) in {normal_form(organisation), normal_form(known.name) if known else None}


def _for(ctx: Context, typed: str) -> Reply:
    """Stand by a signature that is named by its number or its organisation.

    Raises:
        CampaignError: there is none, or one may not speak for its organisation.
    """
    number, following = calling.take_number(typed.split())
    signature = None
    if number is not None and not following:
        signature = ctx.storage.signatures.by_number(ctx.campaign.id, number)
    if signature is None or signature.ended_at is not None:
        if number is not None and ctx.storage.organisations.find(normal_form(typed)) is None:
            # Not refused, for the question this may answer is answered.
            return _nothing(ctx, number)
        found = lookup.organisation(ctx, typed)
        signature = ctx.storage.signatures.standing(ctx.campaign.id, found.id)
    else:
        found = ctx.storage.organisations.get(signature.organisation_id)
        if number is not None and not ctx.confirmed and not authority.speaks(ctx, found):
            return _nothing(ctx, number, found.name)
    if not authority.speaks(ctx, found):
        raise CampaignError(lookup.not_known_to_speak(ctx, found.name))
    if signature is None:
        raise CampaignError(
            say(
                N_("**{name}** has not signed yet. To sign: {sign}"),
                name=found.name,
                sign=Typed("sign", found.name),
            )
        )
    return _by(ctx, signature, by_number=number is not None and not ctx.confirmed)


def _by(ctx: Context, signature: Signature, *, by_number: bool) -> Reply:
    """Stand by the standing signature of an organisation, as one of its people."""
    name = signature.organisation
    own = signature.person_id == ctx.person.id
    if reconfirming.is_asked(ctx, signature) and (own or signature.level != "declared"):
        return reconfirming.confirm(ctx, signature)
    if vouching.waits(ctx.campaign, signature) and not own:
        return vouching.second(ctx, signature)
    if signature.level == "declared" and not own:
        return vouching.vouch(ctx, signature)
    if vouching.waits(ctx.campaign, signature):
        return reply(
            N_("You signed for **{name}** yourself: a second person of the organisation has to confirm."),
            name=name,
        )
    return reply(
        N_(
            "No question of mine waits for you here; and the signature of **{name}** (no. {number}) needs no confirmation of yours."
        )
        if by_number
        else N_("The signature of **{name}** (no. {number}) needs no confirmation of yours."),
        name=name,
        number=signature.number,
    )


def _nothing(ctx: Context, number: int, name: str = "") -> Reply:
    """Say that a number answers nothing: it may be meant for a question of ours, or for a signature (of `name`).

    Not refused, for the question this may be a reply to is answered.
    """
    if ctx.confirmed:
        return reply(
            N_("There is no signature no. {number}, or it has ended. {list} shows the numbers."),
            number=number,
            list=Typed("signatories"),
        )
    waits = ctx.storage.prompts.waiting(ctx.person.id, ctx.room.id, ctx.now)
    if waits:
        told = reply(
            N_("My question here is answered by {confirm} alone, without a number."), confirm=Typed("confirm")
        )
        return replace(told, purpose=picking.about(ctx, waits))
    if name:
        return reply(
            N_(
                "No question of mine waits for you here; and signature no. {number} is that of **{name}**, for which I do not know that you speak."
            ),
            number=number,
            name=name,
        )
    return reply(
        N_(
            "No question of mine waits for you here (they do for 24 hours), and there is no signature no. {number}. Please say the command again."
        ),
        number=number,
    )


def _colleague(ctx: Context) -> Reply | None:
    """Stand by the only signature of a colleague that waits for somebody's word; None if there is not just one."""
    try:
        campaign = ctx.campaign
    except CampaignError:
        return None
    waiting: list[Signature] = []
    for one in authority.organisations(ctx):
        standing = ctx.storage.signatures.standing(campaign.id, one.id)
        if standing and vouching.waits(campaign, standing) and standing.person_id != ctx.person.id:
            waiting.append(standing)
    return vouching.second(ctx, waiting[0]) if len(waiting) == 1 else None
