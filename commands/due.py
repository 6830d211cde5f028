"""What happens because time passed: reminders ring, polls close. Each once, whatever the clock does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

from campaign.chat import NN_, say_many
from campaign.lately import is_lately
from commands import boarding, closing, leaving, oblivion, questioning, ringing, tell, undelivered, unreading
from commands.command import Elsewhere, House, Reply

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commands.tick import Tick
    from storage.reminders import Cause
    from storage.storage import Storage


ASK_AGAIN = timedelta(days=30)
"""How often campaigners are told at most that somebody is due to be forgotten."""


class Step(Protocol):
    """Something that time brings."""

    def __call__(self, storage: Storage, house: House, tick: Tick, /) -> Reply:
        """Do it, and return what is said."""
        ...


@dataclass(frozen=True, slots=True)
class Alone:
    """A reminder of one thing, for people alone: for a few at a time, or for one organisation."""

    cause: Cause
    only: int | None = None
    """What was written down of the one it is for; None: for a few."""

    def __call__(self, storage: Storage, house: House, tick: Tick, /) -> Reply | None:  # noqa: ARG002 - as every step
        """Say it to a few; None if nobody is to be told of it now."""
        told = ringing.in_private(storage, self.cause, tick.now, self.only)
        return None if told is None else Reply(elsewhere=told)

    def one_by_one(self, storage: Storage) -> Sequence[Alone]:
        """The same few, each by themselves."""
        return [
            replace(self, only=row) for row in storage.reminders.due(self.cause, ringing.PORTION).values()
        ]


def give_up(storage: Storage, house: House, tick: Tick, *, which: Sequence[Alone]) -> Reply:
    """Skip reminders that cannot be said though others can, and tell the campaigners how many."""
    rows = [one.only for one in which if one.only is not None]
    ringing.give_up(storage, rows, tick.now)
    text = say_many(
        *NN_(
            "{count} reminder could not be said in private and is given up. Whoever runs me sees why.",
            "{count} reminders could not be said in private and are given up. Whoever runs me sees why.",
        ),
        len(rows),
    )
    return Reply(elsewhere=tell.admins(storage, house, text))


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


def in_private(storage: Storage) -> Sequence[Alone]:
    """What is to be said of each reminder to people alone: one that cannot be said holds up no other."""
    return [Alone(cause) for cause in storage.reminders.due_causes()]


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


def a_poll(storage: Storage, house: House, tick: Tick, *, number: int) -> Reply:
    """Begin or close a poll (by its id) whose time has come, or remind the electors of one that closes within a day.

    A ballot given in time counts, though its network is away: until that has been heard, a day at most, a poll that
    takes no more answers is not counted yet. If that takes more than a moment, it is said.
    """
    now, poll = tick.now, storage.polls.get(number)
    campaign = storage.campaigns.get(poll.campaign_id)
    if not poll.begun:
        begins = poll.starts_at is None or poll.starts_at <= now
        return Reply(elsewhere=closing.begin(storage, house, campaign, poll, now) if begins else ())
    told: tuple[Elsewhere, ...] = ()
    if closing.is_over(storage, poll, tick):
        told = closing.close(storage, house, campaign, poll, now)
    elif poll.closes_at > now:
        told = ringing.of_poll(storage, campaign, poll, now)
    elif tick.away and poll.held_at is None and poll.closes_at + closing.MOMENT <= now:
        told = closing.hold(storage, house, campaign, poll, tick)
    return Reply(elsewhere=told)


def polls(storage: Storage) -> Sequence[Step]:
    """What is looked at of each poll that is planned or open: one that cannot be counted holds up no other."""
    return [
        partial(a_poll, number=poll.id)
        for campaign in storage.campaigns.open()
        for poll in storage.polls.of_campaign(campaign.id)
        if poll.closed_at is None
    ]


def retention(storage: Storage, house: House, tick: Tick) -> Reply:
    """Tell the campaigners, once a month, that people of a campaign that ended long ago are due to be forgotten.

    Nobody is forgotten by the clock alone: a wrong date in a config must not erase anybody.
    """
    now = tick.now
    if not storage.campaigns.closed(now - house.keep):
        return Reply()
    if (last := storage.audit.last("retention due")) is not None and is_lately(last, ASK_AGAIN, now):
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


STEPS: tuple[Step, ...] = (late, leaving.hold, deadlines, own_dates)
"""What is looked at first on every tick, each in a savepoint of its own, as each poll and what comes after them."""
AFTER_POLLS: tuple[Step, ...] = (questions, retention, unreading.sealed, boarding.keep)
"""What is looked at once each poll was."""
