"""Saying that a signature is not its organisation's, and what campaigners have to settle."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.chat import N_, NN_, Day, Typed, Value, say, say_many
from campaign.errors import CampaignError
from campaign.organisation import normal_form
from campaign.organisation.beginning import begun_with
from commands.command import Choice, Context, Reply, Rest, command, reply
from commands.line import calling
from commands.organisations import authority, lookup
from commands.signatures import disputing

if TYPE_CHECKING:
    from campaign.chat import Text
    from storage.disputes import Dispute
    from storage.signatures import Signature


LONGEST_NAME = 15
"""Words up to which the name of an organisation is looked for before the reason."""


@command(
    "dispute",
    fr="contester",
    help=N_("Say that a signature is not your organisation's word: its number or name, and why."),
    example=N_("!dispute Nuage Libre our board never decided this"),
)
def dispute(ctx: Context, why: Rest) -> Reply:
    """Record a dispute by the organisation's own people; ask anybody else whether they speak for it.

    Whoever wanted to sign for it as well was asked whether they dispute its signature: their yes needs no reason.
    """
    signature, reason = _meant(ctx, why.split())
    reason = lookup.short(reason)
    # A campaigner may say that something is wrong with a signature, whomever they speak for.
    speaks = ctx.is_admin or authority.speaks(ctx, ctx.storage.organisations.get(signature.organisation_id))
    if not reason and not ctx.confirmed:
        return reply(
            N_("Please say why as well: {example}"), example=Typed("dispute", f"{signature.number} …")
        )
    disputing.check(ctx, signature, reason, speaks=speaks)
    again = any(one.person_id == ctx.person.id for one in ctx.storage.disputes.of_signature(signature.id))
    if speaks or again or ctx.confirmed:
        return disputing.dispute(ctx, signature, reason, speaks=speaks)
    ask = say(
        N_(
            "Do you speak for **{name}**, and is its signature (no. {number}) not its own word? If so, say {confirm} or react with ✅: the campaigners are told."
        ),
        name=signature.organisation,
        number=signature.number,
        confirm=Typed("confirm"),
    )
    return Reply((ask,), choices=(Choice("dispute", {"why": f"{signature.number} {reason}"}),))


def _meant(ctx: Context, words: list[str]) -> tuple[Signature, str]:
    """The signature that is meant, and the words behind it: its number, its organisation's name, or one's own.

    Raises:
        CampaignError: there is none, or it is not clear which.
        Unclear: the words nearly begin with the names of some that have signed.
    """
    signatures = ctx.storage.signatures
    number, following = calling.take_number(words)
    for count in range(min(len(words), LONGEST_NAME), 1 if number is not None else 0, -1):
        found = ctx.storage.organisations.find(normal_form(" ".join(words[:count])))
        if found is not None:
            standing = signatures.standing(ctx.campaign.id, found.id)
            if standing is None:
                raise CampaignError(
                    say(N_("**{name}** has not signed, so there is nothing to dispute."), name=found.name)
                )
            return standing, " ".join(words[count:])
    if number is not None:
        numbered = signatures.by_number(ctx.campaign.id, number)
        if numbered is not None and numbered.ended_at is None:
            return numbered, " ".join(following)
    mine = [signatures.standing(ctx.campaign.id, one.id) for one in authority.organisations(ctx)]
    standing_mine = [one for one in mine if one is not None]
    if len(standing_mine) == 1 and number is None:
        return standing_mine[0], " ".join(words)
    _make_sure_no_name_is_near(ctx, words)
    if number is not None:
        raise CampaignError(
            say(
                N_("There is no signature no. {number}, or it has ended. {list} shows the numbers."),
                number=number,
                list=Typed("signatories"),
            )
        )
    raise CampaignError(
        say(
            N_("Which signature? Begin with its number or the exact name of the organisation: {example}"),
            example=Typed("dispute", "3 …"),
        )
    )


def _make_sure_no_name_is_near(ctx: Context, words: list[str]) -> None:
    """Raise Unclear if these words nearly begin with the name of an organisation that has signed."""
    storage = ctx.storage
    names = {
        one.organisation_id: one.name for one in storage.campaigns.members(ctx.campaign.id) if one.letter_id
    }
    owners = {form: owner for form, owner in storage.organisations.owners() if owner in names}
    count, near = begun_with(words, owners)
    if near:
        typed = " ".join(words[:count])
        raise lookup.unclear(typed, typed, list(dict.fromkeys(names[owners[form]] for form in near)))


@command(
    "disputes",
    fr="contestations",
    help=N_("List the signatures that are disputed, by whom and why."),
    example=N_("!disputes"),
    admin=True,
    even_ended=True,
)
def disputes(ctx: Context) -> Reply:
    """List every open dispute; a campaigner settles it by verifying or rejecting the signature."""
    found = ctx.storage.disputes.of_campaign(ctx.campaign.id)
    if not found:
        return reply(N_("No signature is disputed."))
    lines: list[Text] = [
        say_many(*NN_("**{count} open dispute:**", "**{count} open disputes:**"), len(found))
    ]
    lines += [_line(ctx, one) for one in found]
    if ctx.campaign.closed_at is None:
        lines.append(
            say(
                N_("To keep a signature: {keep} · to end it: {reject}"),
                keep=Typed("verify", "…"),
                reject=Typed("reject", "…"),
            )
        )
    return Reply(tuple(lines))


def _line(ctx: Context, one: Dispute) -> Text:
    address = ctx.storage.people.address(one.address_id)
    room = ctx.storage.rooms.get(one.room_id) if one.room_id is not None else None
    forgotten = say(N_("somebody who was forgotten"))
    values: dict[str, Value] = {
        "number": one.number,
        "name": one.organisation,
        "signer": one.signer or forgotten,
        "who": one.name or forgotten,
        "address": address.id if address.is_account or room is None else room.label,
        "day": Day(one.opened_at.astimezone(ZoneInfo(ctx.zone)).date()),
    }
    if one.reason:
        return say(
            N_("- no. {number} **{name}** (by {signer}): {who} ({address}), {day}: “{reason}”"),
            reason=one.reason,
            **values,
        )
    return say(
        N_("- no. {number} **{name}** (by {signer}): {who} ({address}) also claims it, {day}"), **values
    )
