"""The pauses of a campaign: holidays in which nobody is reminded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Day, Listing, Text, Typed, say
from campaign.dates import read_days
from campaign.errors import CampaignError
from commands.command import Context, Reply, Rest, UsageError, command, reply
from commands.line.usage import usage
from commands.reminders import previewing, schedules

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

MOST = 12
"""How many pauses a campaign has at most."""


@command(
    "holidays",
    fr="vacances",
    help=N_("Remind nobody from one day to another; alone: list these pauses."),
    example=N_("!holidays 20 July to 20 August"),
    admin=True,
)
def holidays(ctx: Context, days: Rest = "") -> Reply:
    """Let the campaign pause, or show when it does."""
    pauses = [tuple(one) for one in schedules.pauses(ctx.campaign)]
    if not days:
        coming = previewing.pauses(ctx.campaign, ctx.now)
        return Reply(tuple(coming)) if coming else reply(N_("No pause is planned: reminders come as usual."))
    first, last = read_days(days, now=ctx.now, zone=ctx.zone, languages=ctx.languages)
    kept = sorted({*pauses, (first.day, last.day)})
    if len(kept) > MOST:
        raise CampaignError(
            say(N_("That is too many pauses. {holidays} lists them."), holidays=Typed("holidays"))
        )
    _set(ctx, kept, after=_written([(first.day, last.day)]))
    moved = say(N_("{preview} shows what moves."), preview=Typed("remind preview"))
    if first == last:
        noted = say(N_("Noted: nobody is reminded on {day}."), day=first)
    else:
        noted = say(N_("Noted: nobody is reminded from {first} to {last}."), first=first, last=last)
    return Reply((noted, moved))


@command(
    "holidays cancel",
    fr="vacances annuler",
    help=N_("Cancel a pause, by one of its days."),
    example=N_("!holidays cancel 20 July"),
    admin=True,
)
def holidays_cancel(ctx: Context, day: Day | None = None) -> Reply:
    """Let the campaign remind again in the pauses that hold this day; without one, in the only pause there is."""
    today = schedules.today(ctx.campaign, ctx.now)
    pauses = [tuple(one) for one in schedules.pauses(ctx.campaign)]
    coming = [one for one in pauses if one[1] >= today]
    if not coming:
        return reply(N_("There is no pause to cancel."))
    if day is None and len(coming) > 1:
        raise UsageError(usage(holidays_cancel, ctx.language))
    gone = [one for one in coming if day is None or one[0] <= day.day <= one[1]]
    if not gone:
        raise CampaignError(
            say(N_("No pause holds {day}. {holidays} lists them."), day=day or "", holidays=Typed("holidays"))
        )
    _set(ctx, [one for one in pauses if one not in gone], before=_written(gone))
    return reply(
        N_("Cancelled: {pauses}. Reminders come as usual."),
        pauses=Listing(tuple(_named(one) for one in gone)),
    )


def _set(ctx: Context, kept: Sequence[tuple[date, ...]], *, before: str = "", after: str = "") -> None:
    ctx.storage.campaigns.change(ctx.campaign.id, pauses=[[day.isoformat() for day in one] for one in kept])
    ctx.storage.audit.note(
        "pauses",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        before=before,
        after=after,
    )


def _written(pauses: Sequence[tuple[date, ...]]) -> str:
    return ", ".join("/".join(day.isoformat() for day in one) for one in pauses)


def _named(one: tuple[date, ...]) -> Text | Day:
    if one[0] == one[1]:
        return Day(one[0])
    return say(N_("{first} to {last}"), first=Day(one[0]), last=Day(one[1]))
