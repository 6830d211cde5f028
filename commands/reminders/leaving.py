"""A reminder that waited is looked at again as it leaves: nobody is named who has answered meanwhile."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.lately import AHEAD
from campaign.reminder import PUNCTUAL
from commands.command import Reply
from commands.reminders.occasions import occasion
from storage.reminders import Fate

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.chat import Message
    from commands.command import House
    from commands.tick import Tick
    from storage.storage import Storage
    from storage.turns import Waiting


LONGEST = timedelta(hours=1)
"""After how long it is looked again at the latest: a campaigner may have ended a pause."""


class NotNow(Exception):
    """The hour does not allow it: it waits."""


def hold(storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG001 - as every step of the clock
    """Put off all at once what waits and cannot leave at this hour: thousands of reminders must not keep an answer.

    What is put off for longer than anything ever is was by a clock that ran ahead: it is looked at now.
    """
    storage.outbox.look_at_again(tick.now + LONGEST + AHEAD)
    for cause in storage.reminders.waiting(tick.now):
        about = occasion(storage, cause, tick.now)
        if not (about.campaign.closed_at or about.over or about.may_be_said):
            longest = tick.now + LONGEST
            storage.reminders.put_off(cause, min(about.opening or longest, longest))
    return Reply()


def again(storage: Storage, row: Waiting, now: datetime) -> Message | None:
    """What a reminder says now; None if it is not to be said any more, which is written down.

    Raises:
        NotNow: civil hours are over, a pause has begun, or a clock that was set back says that it is too early.
    """
    leaving = storage.reminders.leaving(row.id)
    if not leaving:
        return None
    about = occasion(storage, leaving[0].cause, now)
    over = "closed" if about.campaign.closed_at else about.over
    if not over and not about.may_be_said:
        raise NotNow
    rows = {one.organisation_id: one.id for one in leaving}
    members = storage.campaigns.members_among(about.campaign.id, rows)
    out = dict.fromkeys(rows, over) if over else dict(about.left_out(members))
    asked = [member for member in members if member.organisation_id not in out]
    # That it was decided in time is no use to whoever gets it much later.
    waited = now - leaving[0].at > PUNCTUAL
    was_late = leaving[0].state == "late" and leaving[0].at <= now + AHEAD  # else by a clock that ran ahead
    late = waited or was_late
    fates = {rows[number]: Fate("skipped", out.get(number) or "left") for number in rows}
    fates |= {rows[member.organisation_id]: Fate("late" if late else "sent") for member in asked}
    storage.reminders.settle(
        {
            one.id: fates[one.id]
            for one in leaving
            if fates[one.id].state == "skipped" or (waited and one.state != "late")
        },
        now,
    )
    if not asked:
        return None
    said = about.message(asked, None if row.message.private else row.room_id, late=late)
    return replace(said, private=row.message.private)
