"""Reminders on demand: seeing what would go where, and reminding now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Moment, Text, Typed, say
from campaign.reminder import public_names, schedule
from commands import reminding, schedules, tell
from commands.command import Context, Reply, command, reply

if TYPE_CHECKING:
    from storage.deadlines import Deadline


def _next(ctx: Context) -> Deadline | None:
    return next((one for one in ctx.storage.deadlines.of_campaign(ctx.campaign.id) if one.at > ctx.now), None)


@command(
    "remind preview",
    fr="rappeler apercu",
    help=N_("Show which reminders would go where, and when."),
    example=N_("!remind preview"),
    admin=True,
)
def remind_preview(ctx: Context) -> Reply:
    """Show the coming reminders and whom they would name if they left now."""
    campaign, deadline = ctx.campaign, _next(ctx)
    if deadline is None:
        return reply(
            N_("There is no deadline ahead, so nobody will be reminded. To set one: {deadline}"),
            deadline=Typed("deadline", "…"),
        )
    planned = [
        each
        for each in schedule(
            deadline.at,
            deadline.set_at,
            schedules.offsets(campaign),
            schedules.civil_hours(campaign),
            campaign.timezone,
        )
        if each.at > ctx.now
    ]
    lines: list[Text] = [
        say(N_("{at} — in public"), at=Moment(each.at, campaign.timezone))
        if schedules.is_public(campaign, deadline, each.offset)
        else say(N_("{at} — in private"), at=Moment(each.at, campaign.timezone))
        for each in planned
    ]
    members = schedules.unanswered(ctx.storage, campaign, ctx.now)
    found = schedules.places(ctx.storage, campaign, members, public=True)
    for room_id, there in found.rooms.items():
        names, more = public_names([member.name for member in there])
        room = ctx.storage.rooms.get(room_id)
        lines.append(
            say(
                N_("In {room}: {names} (and {more} more)") if more else N_("In {room}: {names}"),
                room=room.label,
                names=", ".join(names),
                more=more,
            )
        )
    if not members:
        lines.append(say(N_("Everybody has answered, so nobody is reminded.")))
    return Reply(tuple(lines))


@command(
    "remind now",
    fr="rappeler maintenant",
    help=N_("Remind those who have not answered, now."),
    example=N_("!remind now"),
    admin=True,
)
def remind_now(ctx: Context) -> Reply:
    """Remind in public whoever has not answered, whatever the hour: a campaigner takes it upon themselves."""
    campaign, deadline = ctx.campaign, _next(ctx)
    members = schedules.unanswered(ctx.storage, campaign, ctx.now)
    if not members:
        return reply(N_("Everybody has answered, so nobody is reminded."))
    at = Moment(deadline.at, deadline.zone) if deadline else None
    places = schedules.places(ctx.storage, campaign, members, public=True)
    sent = (
        *reminding.public(ctx.storage, places, campaign, at, {}, late=False),
        *reminding.private(places, campaign, at, {}, late=False),
    )
    reached = [member for member in members if member not in places.nowhere]
    ctx.storage.audit.note(
        "reminded",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        count=len(reached),
    )
    lines = []
    if reached:
        lines.append(say(N_("Reminded: {names}"), names=", ".join(member.name for member in reached)))
    if places.nowhere:
        names = ", ".join(member.name for member in places.nowhere)
        lines.append(say(N_("Not reminded, for I have nowhere to tell them: {names}"), names=names))
        lines += tell.missing(ctx.storage, campaign.id)
    return Reply(tuple(lines)).also(*sent)
