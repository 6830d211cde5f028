"""What happens because time passed: reminders ring, polls close. Each once, whatever the clock does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Message, Moment, say, say_many
from campaign.decision import PRESETS
from campaign.reminder import POLL_OFFSET, due
from commands import oblivion, polling, reminding, schedules, tell
from commands.command import Elsewhere, House, Reply

if TYPE_CHECKING:
    from datetime import datetime

    from storage.campaigns import Campaign
    from storage.deadlines import Deadline
    from storage.polls import Poll
    from storage.storage import Storage


ASK_AGAIN = timedelta(days=30)
"""How often campaigners are told at most that somebody is due to be forgotten."""
PROVISIONAL = timedelta(hours=24)
"""How long after its closing a poll waits at most for ballots that may lie on a network that is away."""


@dataclass(frozen=True, slots=True)
class Tick:
    """It is `now`, and everything that was said before `heard` has been read, on every network (both in UTC)."""

    now: datetime
    heard: datetime


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
        states = dict.fromkeys(everybody, "skipped")
        if one.action != "skip":
            members = schedules.unanswered(storage, campaign, now)
            late = one.action == "late"
            public = schedules.is_public(campaign, deadline, one.offset)
            places = schedules.places(storage, campaign, members, public=public)
            at = Moment(deadline.at, deadline.zone)
            told += reminding.public(storage, places, campaign, at, late=late)
            told += reminding.private(places, campaign, at, late=late)
            reached = [member for there in places.rooms.values() for member in there]
            reached += [member for member, _ in places.private]
            states |= {member.organisation_id: "late" if late else "sent" for member in reached}
        storage.deadlines.handle(deadline, int(one.offset.total_seconds()), states, now)
    return told


def hush(storage: Storage, now: datetime) -> None:
    """Count every reminder that would ring by now as given, and say nothing: for a database that comes from the past."""
    for campaign in storage.campaigns.open():
        for deadline in storage.deadlines.of_campaign(campaign.id):
            _deadline(storage, campaign, deadline, now)
        for poll in storage.polls.of_campaign(campaign.id, only_open=True):
            _remind_of(storage, campaign, poll, now)


def polls(storage: Storage, house: House, tick: Tick) -> Reply:  # noqa: ARG001 - every step is called alike
    """Close the polls whose time has come, and remind the electors of those that close within a day.

    A ballot given in time counts, though its network is away: until that has been heard, a day at most, a poll that
    takes no more answers is not counted yet.
    """
    now = tick.now
    told: list[Elsewhere] = []
    for campaign in storage.campaigns.open():
        for poll in storage.polls.of_campaign(campaign.id, only_open=True):
            if poll.closes_at <= tick.heard or poll.closes_at + PROVISIONAL <= now:
                told += polling.close(storage, campaign, poll, now)
            elif poll.closes_at > now:
                told += _remind_of(storage, campaign, poll, now)
    return Reply(elsewhere=tuple(told))


def _remind_of(storage: Storage, campaign: Campaign, poll: Poll, now: datetime) -> list[Elsewhere]:
    """Remind once, a day before a poll closes, the electors who have not voted."""
    electorate = storage.polls.electorate(poll.id)
    if storage.deadlines.handled_of_poll(poll.id):
        return []
    hours = schedules.civil_hours(campaign)
    for one in due(poll.closes_at, poll.opened_at, (POLL_OFFSET,), hours, campaign.timezone, (), now):
        voted = {ballot.organisation_id for ballot in storage.polls.ballots(poll.id)}
        missing = {organisation: name for organisation, name in electorate if organisation not in voted}
        states = {
            organisation: "sent" if organisation in missing else "skipped" for organisation, _ in electorate
        }
        told: list[Elsewhere] = []
        if one.action == "skip" or not missing:
            states = dict.fromkeys(states, "skipped")
        else:
            members = [m for m in storage.campaigns.members(campaign.id) if m.organisation_id in missing]
            places = schedules.places(storage, campaign, members, public=True)
            choices = PRESETS[poll.procedure].choices
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
                told.append(Elsewhere(Message(lines, rings=True), room_id=room_id, urgency=1))
        storage.deadlines.handle_poll(poll.id, int(one.offset.total_seconds()), states, now)
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


STEPS = (deadlines, polls, retention)
"""What is looked at on every tick, each in a savepoint of its own."""
