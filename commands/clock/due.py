"""What happens because time passed: reminders ring, polls close. Each once, whatever the clock does."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from campaign.chat import N_, NN_, Moment, say, say_many
from campaign.lately import is_lately
from commands import tell
from commands.ballots import closing
from commands.clock import boarding, timekeeping
from commands.command import Elsewhere, House, Reply
from commands.letters import questioning
from commands.privacy import oblivion
from commands.reminders import leaving, ringing
from commands.trouble import undelivered, unreading

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from commands.reminders.ringing import Ring
    from commands.tick import Tick
    from storage.campaigns import Campaign
    from storage.reminders import Cause
    from storage.storage import Storage


ASK_AGAIN = timedelta(days=30)
"""How often campaigners are told at most that somebody is due to be forgotten."""
GIVEN_UP = "reminder given up"
"""What the audit calls it."""


class Step(Protocol):
    """Something that time brings."""

    def __call__(self, storage: Storage, house: House, tick: Tick, /) -> Reply | None:
        """Do it, and return what is said; None if there was nothing to do."""
        ...

    def __hash__(self) -> int:
        """The same at each tick."""
        ...


class Lasting(ABC):
    """Something that time brings, and that is tried again until it is done."""

    def give_up(self, storage: Storage, house: House, tick: Tick) -> Reply | None:  # noqa: ARG002 - as every step
        """Do it no more, and tell the campaigners; None if it has to be done, however late."""
        return None

    @abstractmethod
    def complain(self, storage: Storage, house: House, tick: Tick) -> Reply:
        """Tell the campaigners that it fails, and is tried again."""


def _complaint(storage: Storage, house: House, campaign_id: int) -> Reply:
    text = say(
        N_(
            "{title}: a reminder fails each time. I go on trying, ever more rarely. Whoever runs me sees why."
        ),
        title=storage.campaigns.get(campaign_id).named,
    )
    return Reply(elsewhere=tell.admins(storage, house, text))


@dataclass(frozen=True, slots=True)
class Alone(Lasting):
    """A reminder of one thing, for people alone: for a few at a time, or for one organisation."""

    cause: Cause
    only: int | None = None
    """What was written down of the one it is for; None: for a few."""

    def __call__(self, storage: Storage, house: House, tick: Tick, /) -> Reply | None:  # noqa: ARG002 - as every step
        """Say it to a few; None if nobody is to be told of it now."""
        told = ringing.in_private(storage, self.cause, tick.now, self.only)
        return None if told is None else Reply(elsewhere=told)

    def give_up(self, storage: Storage, house: House, tick: Tick) -> Reply:
        """Skip it for all whom it is still to be said to, and tell the campaigners."""
        return _given_up(storage, house, storage.reminders.due(self.cause, -1, self.only).values(), tick)

    def complain(self, storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG002 - as every step
        """Tell the campaigners that it can not even be given up."""
        return _complaint(storage, house, self.cause.campaign_id)

    def one_by_one(self, storage: Storage) -> Sequence[Alone]:
        """The same few, each by themselves."""
        return [
            replace(self, only=row) for row in storage.reminders.due(self.cause, ringing.PORTION).values()
        ]


def give_up(storage: Storage, house: House, tick: Tick, *, which: Sequence[Alone]) -> Reply:
    """Skip reminders that cannot be said though others can, and tell the campaigners how many."""
    return _given_up(storage, house, [one.only for one in which if one.only is not None], tick)


def _given_up(storage: Storage, house: House, rows: Collection[int], tick: Tick) -> Reply:
    if not rows:
        return Reply()
    ringing.give_up(storage, list(rows), tick.now)
    storage.audit.note(GIVEN_UP, tick.now, count=len(rows))
    text = say_many(
        *NN_(
            "{count} reminder could not be said in private and is given up. Whoever runs me sees why.",
            "{count} reminders could not be said in private and are given up. Whoever runs me sees why.",
        ),
        len(rows),
    )
    return Reply(elsewhere=tell.admins(storage, house, text))


class Reminding(Lasting):
    """A reminder in the rooms: one that cannot be said holds up no other, and is given up if that lasts."""

    campaign_id: int

    @abstractmethod
    def rings(self, storage: Storage, campaign: Campaign, tick: Tick) -> Sequence[Ring]:
        """What is to be said of it now."""

    def __call__(self, storage: Storage, house: House, tick: Tick, /) -> Reply:
        """Remind whoever has not answered; tell the campaigners of what it is too late for."""
        campaign = self._campaign(storage)
        rings = self.rings(storage, campaign, tick)
        told = ringing.ring(rings)
        for one in ringing.missed(rings)[-1:]:  # those before it were overtaken
            cause, at = one.about.cause, one.about.planned_at
            storage.audit.note(
                "not said in time", tick.now, campaign=campaign.id, deadline_id=cause.deadline_id, count=1
            )
            if at is not None:
                text = say(
                    N_(
                        "⌛ {title}: the reminder planned for {at} was not said. When I could have, it was too late "
                        "in the day, or the deadline had passed."
                    ),
                    title=campaign.named,
                    at=Moment(at, campaign.timezone).seen(tick.now),
                )
                told += tell.admins(storage, house, text)
        return Reply(elsewhere=told)

    def give_up(self, storage: Storage, house: House, tick: Tick) -> Reply:
        """Count it as skipped, and tell the campaigners."""
        campaign = self._campaign(storage)
        rings = self.rings(storage, campaign, tick)
        if not ringing.skip(rings):
            return Reply()
        for one in rings:
            cause = one.about.cause
            storage.audit.note(
                GIVEN_UP,
                tick.now,
                campaign=campaign.id,
                deadline_id=cause.deadline_id,
                poll_id=cause.poll_id,
                count=len(one.members),
            )
        text = say(
            N_("{title}: a reminder could not be said and is given up. Whoever runs me sees why."),
            title=campaign.named,
        )
        return Reply(elsewhere=tell.admins(storage, house, text))

    def complain(self, storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG002 - as every step
        """Tell the campaigners that it can not even be given up."""
        return _complaint(storage, house, self.campaign_id)

    def _campaign(self, storage: Storage) -> Campaign:
        return storage.campaigns.get(self.campaign_id)


@dataclass(frozen=True, slots=True)
class OfDeadline(Reminding):
    """A deadline comes nearer: at the campaign's offsets."""

    campaign_id: int
    deadline_id: int

    def rings(self, storage: Storage, campaign: Campaign, tick: Tick) -> Sequence[Ring]:
        """At the campaign's offsets."""
        deadline = storage.deadlines.get(self.deadline_id)
        return () if deadline is None else ringing.of_deadline(storage, campaign, deadline, tick.now)


@dataclass(frozen=True, slots=True)
class OfOwnDates(Reminding):
    """Organisations' own dates have passed."""

    campaign_id: int

    def rings(self, storage: Storage, campaign: Campaign, tick: Tick) -> Sequence[Ring]:
        """What came of them."""
        return ringing.after_own_dates(storage, campaign, tick.now)


@dataclass(frozen=True, slots=True)
class OfPoll(Reminding):
    """A poll closes within a day: its electors are reminded, once it was seen that it is still open."""

    campaign_id: int
    poll_id: int

    def rings(self, storage: Storage, campaign: Campaign, tick: Tick) -> Sequence[Ring]:
        """A day before it closes."""
        poll = storage.polls.get(self.poll_id)
        is_open = poll.begun and poll.closed_at is None and poll.closes_at > tick.now
        return ringing.of_poll(storage, campaign, poll, tick.now) if is_open else ()


def reminders(storage: Storage) -> Sequence[Step]:
    """What is looked at of each deadline, and of each campaign's organisations with a date of their own."""
    open_ones = storage.campaigns.open()
    return [
        *(
            step
            for campaign in open_ones
            for deadline in storage.deadlines.of_campaign(campaign.id)
            for step in (
                OfDeadline(campaign.id, deadline.id),
                timekeeping.Passing(campaign.id, deadline.id),
            )
        ),
        *(OfOwnDates(campaign.id) for campaign in open_ones),
    ]


def late(storage: Storage, house: House, tick: Tick) -> Reply:
    """Give up what still waits though it is not worth saying any more: its deadline has passed, its poll is over."""
    rows = storage.outbox.expired(tick.now)
    return Reply(elsewhere=undelivered.expired(storage, house, rows, tick.now)) if rows else Reply()


def in_private(storage: Storage) -> Sequence[Alone]:
    """What is to be said of each reminder to people alone: one that cannot be said holds up no other."""
    return [Alone(cause) for cause in storage.reminders.due_causes()]


def questions(storage: Storage, house: House, tick: Tick) -> Reply:
    """Tell of answers where the bot could not be heard when they were given; remind the campaigners of open questions.

    Who asked is still told in a campaign that has ended; of its open questions nobody is reminded any more.
    """
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.all():
        for question in storage.questions.to_tell(campaign.id):
            told += questioning.settled(storage, campaign, storage.questions.get(question), tick.now)
        if campaign.closed_at is None:
            told += questioning.remind(storage, house, campaign, tick.now)
    return Reply(elsewhere=tuple(told))


def hush(storage: Storage, now: datetime) -> None:
    """Count everything that time would bring by now as said: for a database that comes from the past."""
    ringing.hush(storage, now)
    timekeeping.hush(storage, now)
    for campaign in storage.campaigns.open():
        storage.questions.reminded(campaign.id, now)


@dataclass(frozen=True, slots=True)
class Turn(Lasting):
    """A poll's time to begin, or to close.

    A ballot given in time counts, though its network is away: until that has been heard, a day at most, a poll that
    takes no more answers is not counted yet. If that takes more than a moment, it is said.
    """

    poll_id: int

    def __call__(self, storage: Storage, house: House, tick: Tick, /) -> Reply:
        """Begin or close it if that time has come."""
        now, poll = tick.now, storage.polls.get(self.poll_id)
        campaign = storage.campaigns.get(poll.campaign_id)
        if not poll.begun:
            begins = poll.starts_at is None or poll.starts_at <= now
            return Reply(elsewhere=closing.begin(storage, house, campaign, poll, now) if begins else ())
        told: tuple[Elsewhere, ...] = ()
        if closing.is_over(storage, poll, tick):
            told = closing.close(storage, house, campaign, poll, now)
        elif tick.away and poll.held_at is None and poll.closes_at + closing.MOMENT <= now:
            told = closing.hold(storage, house, campaign, poll, tick)
        return Reply(elsewhere=told)

    def complain(self, storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG002 - as every step
        """Tell the campaigners: people have voted, so it is counted once it can be, however late."""
        poll = storage.polls.get(self.poll_id)
        words = (
            N_(
                "🗳 Poll {number} (“{question}”) could not be counted. I go on trying, ever more rarely. Whoever runs me sees why."
            )
            if poll.begun
            else N_(
                "🗳 Poll {number} (“{question}”) could not be opened. I go on trying, ever more rarely. Whoever runs me sees why."
            )
        )
        line = say(words, number=poll.number, question=poll.question)
        return Reply(elsewhere=tell.admins(storage, house, line))


def polls(storage: Storage) -> Sequence[Step]:
    """What is looked at of each poll that is planned or open: one that cannot be counted holds up no other."""
    return [
        step
        for campaign in storage.campaigns.open()
        for poll in storage.polls.of_campaign(campaign.id)
        if poll.closed_at is None
        for step in (Turn(poll.id), OfPoll(campaign.id, poll.id))
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


STEPS: tuple[Step, ...] = (late, leaving.hold)
"""What is looked at first on every tick, each in a savepoint of its own, as each reminder and poll and what comes after."""
AFTER_POLLS: tuple[Step, ...] = (questions, retention, unreading.sealed, boarding.keep)
"""What is looked at once each poll was."""
