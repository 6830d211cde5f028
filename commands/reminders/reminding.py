"""What a reminder says, in a room and in private."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Address, Day, Message, Moment, Text, Typed, say
from campaign.reminder import public_names
from commands import tell
from commands.ballots import polling

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import date

    from storage.campaigns import Campaign, Member
    from storage.polls import Poll
    from storage.storage import Storage

PURPOSE = "reminder"
"""By what an intent is known that is looked at again as it leaves (`commands.reminders.leaving`)."""
OF_POLL = f"{PURPOSE}:"
"""How its purpose begins where a poll can be answered by it: the purpose of the poll follows."""


def mentions(storage: Storage, room_id: int | None, members: Sequence[Member]) -> tuple[Address, ...]:
    """Whom to mention: in a room the people of the organisations named, by their accounts on its network."""
    if room_id is None:
        return ()
    network = storage.rooms.get(room_id).network

    def accounts(person: int) -> list[Address]:
        known = storage.people.addresses(person)
        return [one for one in known if one.network == network and one.is_account]

    named, _ = public_names(members)
    return tuple(
        address for member in named for address in tell.reached(storage, member.organisation_id, accounts)
    )


def message(lines: Sequence[Text], addressed: tuple[Address, ...], poll: int | None = None) -> Message:
    """Make a reminder of some lines: phones may ring. By one of a `poll` (its id), that can be answered."""
    purpose = PURPOSE if poll is None else f"{OF_POLL}{polling.purpose(poll)}"
    return Message(tuple(lines), mentions=addressed, rings=True, purpose=purpose)


def is_reminder(purpose: str) -> bool:
    """Whether this is the purpose of a reminder."""
    return purpose == PURPOSE or purpose.startswith(OF_POLL)


def of_deadline(
    campaign: Campaign,
    members: Sequence[Member],
    at: Moment | None,
    again: Collection[int],
    *,
    late: bool,
) -> tuple[Text, ...]:
    """Ask for an answer by the deadline `at` (None: there is none): the count, at most ten names.

    `again`: those who have signed an earlier text, and are asked to confirm.
    """
    lines: list[Text] = []
    if at is None:
        lines.append(say(N_("🔔 **{title}**: your answer is awaited."), title=campaign.named))
    elif late:
        lines.append(
            say(
                N_("🔔 **{title}**: please answer by {at}. (This reminder is late: I was away.)"),
                title=campaign.named,
                at=at,
            )
        )
    else:
        lines.append(say(N_("🔔 **{title}**: please answer by {at}."), title=campaign.named, at=at))
    named, _ = public_names(members)
    silent = [member for member in members if member.organisation_id not in again]
    if silent:
        shown = [member.name for member in named if member.organisation_id not in again]
        lines += [_silent(shown, len(silent) - len(shown)), _answers()]
    earlier = [member for member in members if member.organisation_id in again]
    if earlier:
        lines += to_confirm(
            [member.name for member in named if member.organisation_id in again], len(earlier)
        )
    return tuple(lines)


def after_own_date(campaign: Campaign, members: Sequence[Member], day: date) -> tuple[Text, ...]:
    """Ask organisations what came of the day by which they said that they would decide."""
    named, more = public_names([member.name for member in members])
    names = ", ".join(named)
    which = (
        say(N_("{names} and {more} more"), names=names, more=more)
        if more
        else say(N_("{names}"), names=names)
    )
    return (
        say(
            N_("🔔 **{title}** — {names}: you said you would decide by {day}. What came of it?"),
            title=campaign.named,
            names=which,
            day=Day(day),
        ),
        _answers(),
    )


def of_poll(poll: Poll, members: Sequence[Member]) -> tuple[Text, ...]:
    """Ask for an answer in a poll that closes soon."""
    named, more = public_names([member.name for member in members])
    return (
        say(
            N_("🗳 **Poll {number}** closes on {at}: “{question}”"),
            number=poll.number,
            at=Moment(poll.closes_at, poll.zone).seen(poll.closes_at),
            question=poll.question,
        ),
        _silent(named, more),
        polling.how_to(poll.number, polling.procedure_of(poll).choices),
    )


def _silent(named: Sequence[str], more: int) -> Text:
    names, count = ", ".join(named), len(named) + more
    if more:
        return say(
            N_("No answer yet ({count}): {names} and {more} more"), count=count, names=names, more=more
        )
    return say(N_("No answer yet ({count}): {names}"), count=count, names=names)


def _answers() -> Text:
    return say(
        N_("{sign} · {deciding} · {decline}"),
        sign=Typed("sign", "…"),
        deciding=Typed("deciding", "…"),
        decline=Typed("decline", "…"),
    )


def to_confirm(names: Sequence[str], count: int) -> tuple[Text, ...]:
    """Ask organisations that have signed an earlier version of the letter whether they sign this one: some named."""
    more = count - len(names)
    if not names:
        which = say(
            N_("Signed an earlier version ({count}), which counts again once confirmed."), count=count
        )
    elif more:
        which = say(
            N_(
                "Signed an earlier version ({count}), which counts again once confirmed: {names} and {more} more"
            ),
            count=count,
            names=", ".join(names),
            more=more,
        )
    else:
        which = say(
            N_("Signed an earlier version ({count}), which counts again once confirmed: {names}"),
            count=count,
            names=", ".join(names),
        )
    return which, say(
        N_("{confirm} · to read it: {letter} · {deciding} · {withdraw}"),
        confirm=Typed("confirm"),
        letter=Typed("letter"),
        deciding=Typed("deciding", "…"),
        withdraw=Typed("withdraw"),
    )
