"""Saying that an organisation does not sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from commands.command import Context, Prose, Reply, Rest, command, reply
from commands.organisations import lookup
from commands.signatures import ending
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from storage.campaigns import Member


@command(
    "decline",
    fr="refuser",
    help=N_("Say that your organisation will not sign; I remind it of the letter no more."),
    example=N_("!decline Nuage Libre note=not our subject"),
    form=True,
)
def decline(ctx: Context, organisation: Rest = "", *, note: Prose = "") -> Reply:
    """Record a no; a standing signature has to be withdrawn first."""
    note = lookup.short(note)
    why = Typed("decline", f"{in_language('note', ctx.language)}={organisation}")
    found = lookup.spoken_for(ctx, organisation, or_why=None if note else why)
    campaign, storage = ctx.campaign, ctx.storage
    standing = storage.signatures.standing(campaign.id, found.id)
    if standing is not None and not ending.gives_way(ctx, standing):
        return reply(
            N_("**{name}** has signed. To take that back: {withdraw}"),
            name=found.name,
            withdraw=Typed("withdraw", found.name),
        )
    told = ending.replace(ctx, standing) if standing is not None else ()
    member = storage.campaigns.member(campaign.id, found.id)
    storage.campaigns.stand(campaign.id, found.id, "declined", ctx.now, note=note)
    storage.audit.note(
        "declined",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        organisation=found.id,
        before=member.word if member else "silent",
        after="declined",
    )
    noted = say(
        N_("Noted: **{name}** will not sign, and I remind it of the letter no more. To change that: {sign}"),
        name=found.name,
        sign=Typed("sign", found.name),
    )
    return Reply((noted, *_polls(ctx, member, found.name))).also(*told)


def _polls(ctx: Context, member: Member | None, name: str) -> tuple[Text, ...]:
    """Say that a poll still asks whoever will not sign for its voice, while there is one, and how to be asked nothing."""
    asked = member is not None and not member.flagged and member.reminders != "off"
    if not (asked and ctx.storage.polls.of_campaign(ctx.campaign.id, only_open=True)):
        return ()
    return (
        say(
            N_("It keeps its voice in polls, and is reminded of those. To get no reminder at all: {off}"),
            off=Typed("reminders", f"{in_language('off', ctx.language)} {name}"),
        ),
    )
