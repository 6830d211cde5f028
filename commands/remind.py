"""Reminders on demand: seeing what would go where, and reminding now."""

from __future__ import annotations

from dataclasses import replace

from campaign.chat import N_, say
from commands import tell
from commands.command import Context, Elsewhere, Reply, command, reply
from commands.reminders import previewing, schedules
from commands.reminders.occasions import URGENCY, occasion
from storage.reminders import Cause, Fate


@command(
    "remind preview",
    fr="rappeler aperçu",
    help=N_("Show which reminders would go where, and when."),
    example=N_("!remind preview"),
    admin=True,
)
def remind_preview(ctx: Context) -> Reply:
    """Show what would be said where, and when, if nobody answered until then."""
    return Reply(previewing.lines(ctx.storage, ctx.campaign, ctx.now))


@command(
    "remind now",
    fr="rappeler maintenant",
    help=N_("Remind those who have not answered, now."),
    example=N_("!remind now"),
    admin=True,
)
def remind_now(ctx: Context) -> Reply:
    """Remind in public whoever has not answered, whatever the hour: a campaigner takes it upon themselves."""
    campaign, storage = ctx.campaign, ctx.storage
    members = schedules.unanswered(storage, campaign, ctx.now)
    if not members:
        return reply(N_("Nobody is to be reminded: everybody has answered, or wants no reminder now."))
    places = schedules.places(storage, campaign, members, public=True)
    alone = [member for member, _ in places.private]
    reached = [member for there in places.rooms.values() for member in there] + alone
    about = occasion(storage, Cause(campaign.id), ctx.now)
    fates = {member.organisation_id: Fate("sent", public=True) for member in reached}
    fates |= {member.organisation_id: Fate("sent") for member in alone}
    given = storage.reminders.write(about.cause, fates, ctx.now)
    sent: list[Elsewhere] = list(about.in_rooms(places.rooms, given, late=False))
    for member, chat in places.private:
        one = tell.alone(chat, about.message([member], None, late=False), urgency=URGENCY)
        reminders = (given[member.organisation_id],)
        sent.append(replace(one, expires_at=about.expires_at, reminders=reminders))
    storage.audit.note(
        "reminded",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        count=len(reached),
    )
    lines = []
    if reached:
        lines.append(say(N_("Reminded: {names}"), names=previewing.names(reached)))
    if places.nowhere:
        lines.append(
            say(
                N_("Not reminded, for I have nowhere to tell them: {names}"),
                names=previewing.names(places.nowhere),
            )
        )
        lines += tell.missing(storage, campaign.id)
    return Reply(tuple(lines)).also(*sent)
