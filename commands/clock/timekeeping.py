"""What a campaign's rooms are told of a deadline they may plan with: that it moves, is no more, or has passed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, Moment, Text, Typed, say
from campaign.lately import is_lately
from commands import tell
from commands.command import Reply
from commands.places import bridging
from commands.reminders import schedules
from commands.signatures import counting, showing

if TYPE_CHECKING:
    from datetime import datetime

    from commands.command import Elsewhere, House
    from commands.tick import Tick
    from storage.campaigns import Campaign
    from storage.deadlines import Deadline
    from storage.storage import Storage

JUST_SET = timedelta(minutes=10)
"""How long after it was set a deadline is corrected without a word: nobody was told when it was set."""
NEWS = timedelta(hours=24)
"""How long after a deadline it is still said that it has passed: till the morning after, or once we are back."""
PASSED = "deadline passed"
"""What the audit calls it."""
SET = "deadline"
"""What the audit calls one that is set or moved in chat; it was not there before where its `before` is empty."""


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
    return _in_rooms(storage, house, after, text) if known else ()


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
    return _in_rooms(storage, house, one, text) if known else ()


def _named(one: Deadline) -> Text:
    return say(N_("the deadline “{label}”"), label=one.label) if one.label else say(N_("the deadline"))


def _may_be_known(storage: Storage, one: Deadline, now: datetime) -> bool:
    """Whether the rooms may plan with it; one that came with the campaign was there before anybody asked how it stands."""
    return (
        not is_lately(one.set_at, JUST_SET, now)
        or not storage.audit.has_by_anybody(SET, one.campaign_id, deadline=one.id, before="")
        or _is_told_of(storage, one)
        or storage.reminders.said_in_public(one.id, one.version) > 0
    )


def _is_told_of(storage: Storage, one: Deadline) -> bool:
    return bool(storage.outbox.with_purpose(_purpose(one), "message"))


def _purpose(one: Deadline) -> str:
    return f"deadline:{one.id}"


def _in_rooms(
    storage: Storage,
    house: House,
    one: Deadline,
    text: Text,
    *,
    expires_at: datetime | None = None,
) -> tuple[Elsewhere, ...]:
    rooms = [room for room in storage.rooms.of_campaign(one.campaign_id) if not room.admin]
    once = bridging.one_of_each(storage, house, rooms)
    return tell.rooms(once, text, purpose=_purpose(one), expires_at=expires_at or one.at)


# --- it has passed


@dataclass(frozen=True, slots=True)
class Passing:
    """A campaign's own deadline passes: said once, in the hours in which it may remind, to whom it was said that it comes.

    One that has a name is for a part of the work, and concerns no signatory.
    """

    campaign_id: int
    deadline_id: int

    def __call__(self, storage: Storage, house: House, tick: Tick, /) -> Reply:
        """Say how many have signed, and that late signatures are taken; to the campaigners, what they can do now."""
        campaign, one = storage.campaigns.get(self.campaign_id), storage.deadlines.get(self.deadline_id)
        if (
            one is None
            or not _has_just_passed(storage, one, tick.now)
            or not schedules.may_remind(campaign, tick.now)
        ):
            return Reply()
        _note(storage, one, tick.now)
        now = counting.progress(storage, campaign)
        text = say(
            N_("⏳ **{title}**: the deadline has passed, with {signatures}. You can still sign: {sign}"),
            title=campaign.named,
            signatures=showing.signatures(now.counted, now.goal),
            sign=Typed("sign", "…"),
        )
        rest = f"campaign={campaign.key}" if len(storage.campaigns.open()) > 1 else ""
        next_ = say(
            N_(
                "⏳ **{title}**: the deadline has passed. To end the campaign: {close} · to give more time: {deadline}"
            ),
            title=campaign.named,
            close=Typed("campaign close", rest),
            deadline=Typed("deadline", "…"),
        )
        return Reply(
            elsewhere=(
                *_in_rooms(storage, house, one, text, expires_at=one.at + NEWS),
                *tell.admins(storage, house, next_, *showing.unverified(now, campaign)),
            )
        )


def hush(storage: Storage, now: datetime) -> None:
    """Count the deadlines that have passed by now as said: for a database that comes from the past."""
    for campaign in storage.campaigns.open():
        pass_over(storage, campaign, now)


def pass_over(storage: Storage, campaign: Campaign, now: datetime) -> None:
    """Count the deadlines of a campaign that have passed by now as said."""
    for one in storage.deadlines.of_campaign(campaign.id):
        if _has_just_passed(storage, one, now):
            _note(storage, one, now)


def _has_just_passed(storage: Storage, one: Deadline, now: datetime) -> bool:
    """Whether it is news that a deadline has passed, and was not said yet."""
    return (
        not one.label
        and one.set_at < one.at <= now < one.at + NEWS
        and not storage.audit.has(PASSED, None, one.campaign_id, deadline=one.id, after=one.at.isoformat())
    )


def _note(storage: Storage, one: Deadline, now: datetime) -> None:
    storage.audit.note(PASSED, now, campaign=one.campaign_id, deadline=one.id, after=one.at.isoformat())
