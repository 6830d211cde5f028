"""How an organisation wants to be reminded: not before a day, in its room, in private, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Day, Text, Typed, say
from campaign.errors import CampaignError
from commands.command import Context, Reply, Rest, command
from commands.organisations import lookup
from commands.reminders import schedules
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from storage.campaigns import Member
    from storage.organisations import Organisation


@command(
    "snooze",
    fr="pause",
    help=N_("Get no reminders for your organisation up to and including a day."),
    example=N_("!snooze 1 September Nuage Libre"),
    form=True,
)
def snooze(ctx: Context, until: Day, organisation: Rest = "") -> Reply:
    """Leave an organisation in peace until a day is over."""
    found = lookup.spoken_for(ctx, organisation)
    before = _member(ctx, found)
    ctx.storage.campaigns.prefer(ctx.campaign.id, found.id, snoozed_until=until.day)
    _note(ctx, before, after=until.day.isoformat(), was=_iso(before))
    return Reply((_stated(ctx, found),))


@command(
    "reminders",
    fr="rappels",
    help=N_("Show or choose where your organisation is reminded: in the room, in private, or not at all."),
    example=N_("!reminders private Nuage Libre"),
    form=True,
)
def reminders(
    ctx: Context, where: Literal["room", "private", "off", "on"] | None = None, organisation: Rest = ""
) -> Reply:
    """Keep where an organisation wants to be reminded; `on` is as usual again, and ends a pause."""
    found = lookup.spoken_for(ctx, organisation)
    before = _member(ctx, found)
    if where is None:
        return Reply((_stated(ctx, found),))
    values = {"reminders": "", "snoozed_until": None} if where == "on" else {"reminders": where}
    ctx.storage.campaigns.prefer(ctx.campaign.id, found.id, **values)
    _note(ctx, before, after=where, was=before.reminders or "on")
    lines = [_stated(ctx, found)]
    if where == "private" and _has_no_chat(ctx, found):
        lines.append(say(N_("I cannot write to any of you alone yet: open a private chat with me for that.")))
    return Reply(tuple(lines))


def _member(ctx: Context, found: Organisation) -> Member:
    member = ctx.storage.campaigns.member(ctx.campaign.id, found.id)
    if member is None:
        raise CampaignError(
            say(N_("**{name}** is not one of those I remind: there is nothing to change."), name=found.name)
        )
    return member


def _has_no_chat(ctx: Context, found: Organisation) -> bool:
    members = ctx.storage.campaigns.members_among(ctx.campaign.id, (found.id,))
    return not ctx.private and all(chat is None for _, chat in schedules.chats(ctx.storage, members))


def _stated(ctx: Context, found: Organisation) -> Text:
    """How an organisation is reminded from now on."""
    member = _member(ctx, found)
    on = Typed("reminders", in_language("on", ctx.language))
    if member.reminders == "off":
        return say(N_("**{name}** gets no reminders. To get them again: {on}"), name=found.name, on=on)
    where = say(WHERE[member.reminders])
    snoozed = member.snoozed_until
    if snoozed is not None and snoozed >= schedules.today(ctx.campaign, ctx.now):
        return say(
            N_("**{name}** gets no reminders until {day} is over, then {where}. To get them again: {on}"),
            name=found.name,
            day=Day(snoozed),
            where=where,
            on=on,
        )
    return say(N_("**{name}** is reminded {where}, until it has answered."), name=found.name, where=where)


WHERE = {
    "": N_("in private or in the room"),
    "room": N_("in the room"),
    "private": N_("in private"),
}
"""Where an organisation is reminded, by what its people said."""


def _iso(member: Member) -> str:
    return member.snoozed_until.isoformat() if member.snoozed_until else ""


def _note(ctx: Context, member: Member, *, after: str, was: str) -> None:
    ctx.storage.audit.note(
        "reminders chosen",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        organisation=member.organisation_id,
        before=was,
        after=after,
    )
