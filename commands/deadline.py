"""When answers are wanted: setting, moving and cancelling deadlines, and listing them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from zoneinfo import available_timezones

from campaign.chat import N_, NN_, Moment, Text, Typed, say, say_many
from campaign.errors import CampaignError
from commands.clock import timekeeping
from commands.command import Context, Reply, Rest, command, reply
from commands.reminders import schedules
from commands.signatures import showing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commands.command import Elsewhere
    from storage.deadlines import Deadline


@command(
    "deadline",
    fr="échéance",
    help=N_("Set or move the deadline; its reminders follow, and the rooms are told of a move."),
    example=N_("!deadline 30 September 18:00"),
    admin=True,
)
def deadline(ctx: Context, at: Moment, label: Rest = "") -> Reply:
    """Set the deadline of this label (none: the campaign's own), or move it with its reminders, and tell the rooms."""
    campaign, storage = ctx.campaign, ctx.storage
    if _belongs_to_a_date(label):
        raise CampaignError(
            say(
                N_(
                    "I read {at}, but not “{rest}” after it. Write the time like this: {example}, in the zone {zone}. A deadline's name begins with a word."
                ),
                at=at,
                rest=label,
                example=say(N_("18:00")),
                zone=at.zone,
            )
        )
    known = next((one for one in storage.deadlines.of_campaign(campaign.id) if one.label == label), None)
    if known is not None and (known.at, known.zone) == (at.at, at.zone):
        # Nothing changes: who was reminded of it is not reminded again.
        return Reply((say(_words(label, _SAME), label=label, at=at), *_reminders(ctx, known)))
    if known is not None:
        storage.reminders.withdraw(known.id, "moved", ctx.now)
    set_ = storage.deadlines.put(campaign.id, label, at.at, at.zone, ctx.now)
    storage.audit.note(
        timekeeping.SET,
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        deadline=set_.id,
        before=known.at.isoformat() if known else "",
        after=at.at.isoformat(),
    )
    told = timekeeping.moved(storage, ctx.house, campaign, set_, ctx.now, before=known)
    first = say(_words(label, _SET if known is None else _MOVED), label=label, at=at)
    return Reply((first, *_reminders(ctx, set_), _announced(told))).also(*told)


_SET = N_("The deadline is {at}."), N_("The deadline “{label}” is {at}.")
_MOVED = N_("The deadline is moved to {at}."), N_("The deadline “{label}” is moved to {at}.")
_SAME = N_("The deadline is {at} already."), N_("The deadline “{label}” is {at} already.")
"""What is said of the campaign's own deadline, and of one with a name."""


def _words(label: str, words: tuple[str, str]) -> str:
    return words[1] if label else words[0]


def _announced(told: Sequence[Elsewhere]) -> Text:
    """Whether the rooms are told, and if not how they can be: nobody has to guess what the others know."""
    if told:
        return say_many(*NN_("Announced in {count} room.", "Announced in {count} rooms."), len(told))
    return say(N_("I have not told the rooms. To tell them: {announce}"), announce=Typed("announce", "…"))


def _belongs_to_a_date(label: str) -> bool:
    """Whether what follows a date was meant as a part of it, and would be lost as a name: a time, a zone, an offset."""
    return bool(label) and (_PART_OF_A_DATE.match(label) is not None or label in available_timezones())


_PART_OF_A_DATE = re.compile(
    r"[\d+\-@:]|(?:at|à|a|vers|around|am|pm|h)\b|(?:utc|gmt|z|[cew]es?t|bst|msk|[ecmp][sd]t)\b(?:[+\-]\d|$)",
    re.IGNORECASE,
)


def _reminders(ctx: Context, one: Deadline) -> list[Text]:
    planned = schedules.planned(ctx.campaign, one)
    coming = [each for each in planned if each.at > ctx.now]
    if not coming:
        return [
            say(N_("It is too near for a reminder. To remind by hand: {remind}"), remind=Typed("remind now"))
        ]
    return [say(N_("Next reminder: {at}"), at=Moment(coming[0].at, ctx.campaign.timezone))]


@command(
    "deadlines", fr="échéances", help=N_("List the deadlines."), example=N_("!deadlines"), even_ended=True
)
def deadlines(ctx: Context) -> Reply:
    """List what is still to come and what has passed."""
    found = ctx.storage.deadlines.of_campaign(ctx.campaign.id)
    if not found:
        return reply(N_("No deadline is set."))
    if ctx.campaign.closed_at is not None:
        # Nobody is reminded of them any more, whether they have passed or not.
        return Reply((*showing.ended(ctx.campaign), *(_void(one) for one in found)))
    return Reply(
        tuple(
            showing.deadline(one)
            if one.at > ctx.now
            else say(N_("{deadline} (past)"), deadline=showing.deadline(one))
            for one in found
        )
    )


def _void(one: Deadline) -> Text:
    return say(N_("{deadline} (void)"), deadline=showing.deadline(one))


@command(
    "deadline cancel",
    fr="échéance annuler",
    help=N_("Cancel a deadline and its reminders."),
    example=N_("!deadline cancel"),
    admin=True,
)
def deadline_cancel(ctx: Context, label: Rest = "") -> Reply:
    """Cancel the deadline of this label; its reminders no longer exist."""
    for one in ctx.storage.deadlines.of_campaign(ctx.campaign.id):
        if one.label == label:
            ctx.storage.reminders.withdraw(one.id, "cancelled", ctx.now)
            ctx.storage.deadlines.cancel(one.id, ctx.now)
            ctx.storage.audit.note(
                "deadline cancelled",
                ctx.now,
                person=ctx.person.id,
                room=ctx.room.id,
                campaign=ctx.campaign.id,
                deadline=one.id,
                before=one.at.isoformat(),
            )
            told = timekeeping.cancelled(ctx.storage, ctx.house, ctx.campaign, one, ctx.now)
            done = say(N_("Cancelled: nobody is reminded of it any more."))
            return Reply((done, _announced(told))).also(*told)
    return reply(N_("There is no such deadline. {deadlines} lists them."), deadlines=Typed("deadlines"))
