"""What a campaign's rooms are told of a deadline they may plan with: that it moves, or is no more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, Moment, Text, say
from campaign.lately import is_lately
from commands import tell
from commands.places import bridging

if TYPE_CHECKING:
    from datetime import datetime

    from commands.command import Elsewhere, House
    from storage.campaigns import Campaign
    from storage.deadlines import Deadline
    from storage.storage import Storage

JUST_SET = timedelta(minutes=10)
"""How long after it was set a deadline is corrected without a word: nobody was told when it was set."""


def moved(
    storage: Storage,
    house: House,
    campaign: Campaign,
    after: Deadline,
    now: datetime,
    *,
    before: Deadline | None,
) -> tuple[Elsewhere, ...]:
    """Say in the rooms that a deadline moves, if they may know the former: from a reminder, the status, or a board.

    As other news of a campaign it is not asked about first. One that is set after they heard that it was cancelled is
    said too.
    """
    at = Moment(after.at, after.zone).seen(now)
    if before is not None:
        text = say(
            N_("⏳ **{title}**: {deadline} moves from {before} to {after}."),
            title=campaign.named,
            deadline=_named(after),
            before=Moment(before.at, before.zone).seen(now),
            after=at,
        )
    else:
        text = say(
            N_("⏳ **{title}**: {deadline} is {after}."),
            title=campaign.named,
            deadline=_named(after),
            after=at,
        )
    known = _is_told_of(storage, after) if before is None else _may_be_known(storage, before, now)
    return _in_rooms(storage, house, campaign, after, text) if known else ()


def cancelled(
    storage: Storage, house: House, campaign: Campaign, one: Deadline, now: datetime
) -> tuple[Elsewhere, ...]:
    """Say in the rooms that a deadline still to come is no more, if they may know it."""
    text = say(
        N_("⏳ **{title}**: {deadline} of {before} is cancelled."),
        title=campaign.named,
        deadline=_named(one),
        before=Moment(one.at, one.zone).seen(now),
    )
    known = one.at > now and _may_be_known(storage, one, now)
    return _in_rooms(storage, house, campaign, one, text) if known else ()


def _named(one: Deadline) -> Text:
    return say(N_("the deadline “{label}”"), label=one.label) if one.label else say(N_("the deadline"))


def _may_be_known(storage: Storage, one: Deadline, now: datetime) -> bool:
    return (
        not is_lately(one.set_at, JUST_SET, now)
        or _is_told_of(storage, one)
        or storage.reminders.said_in_public(one.id, one.version) > 0
    )


def _is_told_of(storage: Storage, one: Deadline) -> bool:
    return bool(storage.outbox.with_purpose(_purpose(one), "message"))


def _purpose(one: Deadline) -> str:
    return f"deadline:{one.id}"


def _in_rooms(
    storage: Storage, house: House, campaign: Campaign, one: Deadline, text: Text
) -> tuple[Elsewhere, ...]:
    rooms = [room for room in storage.rooms.of_campaign(campaign.id) if not room.admin]
    once = bridging.one_of_each(storage, house, rooms)
    return tell.rooms(once, text, purpose=_purpose(one), expires_at=one.at)
