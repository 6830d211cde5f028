"""What happens because time passed: reminders ring, polls close. Each once, whatever the clock does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Message, Moment, say, say_many
from campaign.reminder import POLL_OFFSET, due
from commands import (
    closing,
    oblivion,
    polling,
    questioning,
    reminding,
    schedules,
    tell,
    undelivered,
    unreading,
)
from commands.command import Elsewhere, House, Reply

if TYPE_CHECKING:
    from datetime import datetime

    from storage.campaigns import Campaign
    from storage.deadlines import Deadline
    from storage.polls import Poll
    from storage.storage import Storage


ASK_AGAIN = timedelta(days=30)
"""How often campaigners are told at most that somebody is due to be forgotten."""


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
    now = tick.now
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        for deadline in storage.deadlines.of_campaign(campaign.id):
            told += _deadline(storage, campaign, deadline, now)
    return Reply(elsewhere=tuple(told))


def _deadline(storage: Storage, campaign: Campaign, deadline: Deadline, now: datetime) -> list[Elsewhere]:
    handled = storage.deadlines.handled(deadline)
    everybody = [member.organisation_id for member in storage.campaigns.members(campaign.id)]
    already = {timedelta(seconds=seconds) for seconds in handled}
    told: list[Elsewhere] = []
    for one in due(
        deadline.at,
        deadline.set_at,
        schedules.offsets(campaign),
        schedules.civil_hours(campaign),
        campaign.timezone,
        already,
        now,
    ):
        before = int(one.offset.total_seconds())
        if one.action == "skip":
            storage.deadlines.handle(deadline, before, dict.fromkeys(everybody, "skipped"), now)
        else:
            members = schedules.unanswered(storage, campaign, now)
            late = one.action == "late"
            public = schedules.is_public(campaign, deadline, one.offset)
            places = schedules.places(storage, campaign, members, public=public)
            reached = [member for there in places.rooms.values() for member in there]
            reached += [member for member, _ in places.private]
            states = dict.fromkeys(everybody, "skipped")
            states |= {member.organisation_id: "late" if late else "sent" for member in reached}
            given = storage.deadlines.handle(deadline, before, states, now)
            at = Moment(deadline.at, deadline.zone)
            told += reminding.public(storage, places, campaign, at, given, late=late)
            told += reminding.private(places, campaign, at, given, late=late)
    return told


def questions(storage: Storage, house: House, tick: Tick) -> Reply:
    """Tell of answers where the bot could not be heard when they were given; remind the campaigners of open questions."""
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        for question in storage.questions.to_tell(campaign.id):
            told += questioning.settled(storage, campaign, storage.questions.get(question), tick.now)
        told += questioning.remind(storage, house, campaign, tick.now)
    return Reply(elsewhere=tuple(told))


def hush(storage: Storage, now: datetime) -> None:
    """Count every reminder that would ring by now as given, and say nothing: for a database that comes from the past."""
    for campaign in storage.campaigns.open():
        for deadline in storage.deadlines.of_campaign(campaign.id):
            _deadline(storage, campaign, deadline, now)
        for poll in storage.polls.of_campaign(campaign.id, only_open=True):
            _remind_of(storage, campaign, poll, now)
        storage.questions.reminded(campaign.id, now)


def polls(storage: Storage, house: House, tick: Tick) -> Reply:
    """Begin and close the polls whose time has come, and remind the electors of those that close within a day.

    A ballot given in time counts, though its network is away: until that has been heard, a day at most, a poll that
    takes no more answers is not counted yet. If that takes more than a moment, it is said.
    """
    now = tick.now
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        for poll in storage.polls.planned(campaign.id):
            if poll.starts_at is None or poll.starts_at <= now:
                told += closing.begin(storage, house, campaign, poll, now)
        for poll in storage.polls.of_campaign(campaign.id, only_open=True):
            if closing.is_over(storage, poll, tick):
                told += closing.close(storage, house, campaign, poll, now)
            elif poll.closes_at > now:
                told += _remind_of(storage, campaign, poll, now)
            elif tick.away and poll.held_at is None and poll.closes_at + closing.MOMENT <= now:
                told += closing.hold(storage, house, campaign, poll, tick)
    return Reply(elsewhere=tuple(told))


def _remind_of(storage: Storage, campaign: Campaign, poll: Poll, now: datetime) -> list[Elsewhere]:
    """Remind once, a day before a poll closes, the electors who have not voted."""
    electorate = storage.polls.electorate(poll.id)
    if storage.deadlines.handled_of_poll(poll.id, int(POLL_OFFSET.total_seconds())):
        return []
    hours = schedules.civil_hours(campaign)
    for one in due(poll.closes_at, poll.opened_at, (POLL_OFFSET,), hours, campaign.timezone, (), now):
        voted = {ballot.organisation_id for ballot in polling.answers(storage, poll)}
        missing = {organisation: name for organisation, name in electorate if organisation not in voted}
        states = {
            organisation: "sent" if organisation in missing else "skipped" for organisation, _ in electorate
        }
        before = int(one.offset.total_seconds())
        told: list[Elsewhere] = []
        if one.action == "skip" or not missing:
            storage.deadlines.handle_poll(poll.id, before, dict.fromkeys(states, "skipped"), now)
        else:
            given = storage.deadlines.handle_poll(poll.id, before, states, now)
            members = [m for m in storage.campaigns.members(campaign.id) if m.organisation_id in missing]
            places = schedules.places(storage, campaign, members, public=True)
            choices = polling.procedure_of(poll).choices
            for room_id, there in places.rooms.items():
                lines = (
                    say(
                        N_("🗳 **Poll {number}** closes on {at}: “{question}”"),
                        number=poll.number,
                        at=Moment(poll.closes_at, poll.zone),
                        question=poll.question,
                    ),
                    say(
                        N_("No answer yet ({count}): {names}"),
                        count=len(there),
                        names=_names([m.name for m in there]),
                    ),
                    polling.how_to(poll.number, choices),
                )
                reminders = tuple(given[member.organisation_id] for member in there)
                told.append(
                    Elsewhere(
                        Message(lines, rings=True),
                        room_id=room_id,
                        urgency=1,
                        expires_at=poll.closes_at,
                        reminders=reminders,
                    )
                )
        return told
    return []


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


def _names(names: list[str]) -> str:
    return ", ".join(names[:10]) + ("…" if len(names) > 10 else "")  # noqa: PLR2004 - at most ten names in public


STEPS = (late, deadlines, polls, questions, retention, unreading.sealed)
"""What is looked at on every tick, each in a savepoint of its own."""
