"""What happens because time passed: reminders ring, polls close. Each once, whatever the clock does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, NETWORKS, NN_, Listing, Moment, say, say_many
from commands import boarding, oblivion, polling, questioning, ringing, tell, undelivered, unreading
from commands.command import Elsewhere, House, Reply

if TYPE_CHECKING:
    from datetime import datetime

    from storage.campaigns import Campaign
    from storage.polls import Poll
    from storage.storage import Storage


MOMENT = timedelta(minutes=5)
"""How long after its closing a poll may wait without a word: a network that works is heard within a minute or two."""
ASK_AGAIN = timedelta(days=30)
"""How often campaigners are told at most that somebody is due to be forgotten."""
PROVISIONAL = timedelta(hours=24)
"""How long after its closing a poll waits at most for ballots that may lie on a network that is away."""


@dataclass(frozen=True, slots=True)
class Tick:
    """It is `now`, and everything that was said before `heard` has been read, on every network (both in UTC)."""

    now: datetime
    heard: datetime
    away: frozenset[str] = frozenset()
    """Networks that are not heard now."""


def late(storage: Storage, house: House, tick: Tick) -> Reply:
    """Give up what still waits though it is not worth saying any more: its deadline has passed, its poll is over."""
    rows = storage.outbox.expired(tick.now)
    return Reply(elsewhere=undelivered.expired(storage, house, rows, tick.now)) if rows else Reply()


def deadlines(storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG001 - every step is called alike
    """Remind of the deadlines whoever has not answered, at the campaign's offsets."""
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        for deadline in storage.deadlines.of_campaign(campaign.id):
            told += ringing.of_deadline(storage, campaign, deadline, tick.now)
    return Reply(elsewhere=tuple(told))


def own_dates(storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG001 - as above
    """Ask organisations whose own date has passed what came of it."""
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        told += ringing.after_own_dates(storage, campaign, tick.now)
    return Reply(elsewhere=tuple(told))


def in_private(storage: Storage, house: House, tick: Tick) -> Reply | None:  # noqa: ARG001 - as above
    """Say a few of the reminders that are for people alone; None once there is nothing more to do now."""
    told, more = ringing.in_private(storage, tick.now)
    return Reply(elsewhere=told) if more else None


def questions(storage: Storage, house: House, tick: Tick) -> Reply:
    """Tell of answers where the bot could not be heard when they were given; remind the campaigners of open questions."""
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        for question in storage.questions.to_tell(campaign.id):
            told += questioning.settled(storage, campaign, storage.questions.get(question), tick.now)
        told += questioning.remind(storage, house, campaign, tick.now)
    return Reply(elsewhere=tuple(told))


def hush(storage: Storage, now: datetime) -> None:
    """Count everything that time would bring by now as said: for a database that comes from the past."""
    ringing.hush(storage, now)
    for campaign in storage.campaigns.open():
        storage.questions.reminded(campaign.id, now)


def polls(storage: Storage, house: House, tick: Tick) -> Reply:
    """Close the polls whose time has come, and remind the electors of those that close within a day.

    A ballot given in time counts, though its network is away: until that has been heard, a day at most, a poll that
    takes no more answers is not counted yet. If that takes more than a moment, it is said.
    """
    now = tick.now
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        for poll in storage.polls.of_campaign(campaign.id, only_open=True):
            if poll.closes_at <= tick.heard or poll.closes_at + PROVISIONAL <= now:
                told += polling.close(storage, campaign, poll, now)
            elif poll.closes_at > now:
                told += ringing.of_poll(storage, campaign, poll, now)
            elif tick.away and poll.held_at is None and poll.closes_at + MOMENT <= now:
                told += _hold(storage, house, campaign, poll, tick)
    return Reply(elsewhere=tuple(told))


def _hold(
    storage: Storage, house: House, campaign: Campaign, poll: Poll, tick: Tick
) -> tuple[Elsewhere, ...]:
    """Say once, where it can be heard, that a poll which is over waits for a network."""
    storage.polls.hold(poll.id, tick.now)
    until = poll.closes_at + PROVISIONAL
    line = say(
        N_(
            "🗳 Poll {number} is over; I cannot reach {networks}, and count it when I can, by {at} at the latest."
        ),
        number=poll.number,
        networks=Listing(tuple(NETWORKS[one] for one in sorted(tick.away))),
        at=Moment(until, poll.zone),
    )
    rooms = [room for room in storage.rooms.of_campaign(campaign.id) if not room.admin]
    told = (*tell.rooms(rooms, line), *tell.admins(storage, house, line))
    return tuple(
        replace(one, expires_at=until) for one in told if tell.network_of(storage, one) not in tick.away
    )


def retention(storage: Storage, house: House, tick: Tick) -> Reply:
    """Tell the campaigners, once a month, that people of a campaign that ended long ago are due to be forgotten.

    Nobody is forgotten by the clock alone: a wrong date in a config must not erase anybody.
    """
    now = tick.now
    if not storage.campaigns.closed(now - house.keep):
        return Reply()
    if (last := storage.audit.last("retention due")) is not None and now - last < ASK_AGAIN:
        return Reply()
    count = len(oblivion.due(storage, house, now))
    if not count:
        return Reply()
    storage.audit.note("retention due", now, count=count)
    text = say_many(
        *NN_(
            "{count} person has had no part in an open campaign for {days} days: an operator can have them forgotten (`tocsin purge`).",
            "{count} people have had no part in an open campaign for {days} days: an operator can have them forgotten (`tocsin purge`).",
        ),
        count,
        days=house.keep.days,
    )
    return Reply(elsewhere=tell.admins(storage, house, text))


STEPS = (late, deadlines, own_dates, polls, questions, retention, unreading.sealed, boarding.keep)
"""What is looked at on every tick, each in a savepoint of its own."""
