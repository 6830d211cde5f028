"""What a reminder says, in a room and in private."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, Address, Message, Moment, Text, Typed, say
from campaign.reminder import public_names
from commands import tell
from commands.command import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from commands.schedules import Places
    from storage.campaigns import Campaign, Member
    from storage.storage import Storage

_RINGS_FIRST = 1
"""A reminder outranks an answer, which outranks an announcement."""


def public(
    storage: Storage,
    places: Places,
    campaign: Campaign,
    at: Moment | None,
    given: Mapping[int, int],
    *,
    late: bool,
) -> tuple[Elsewhere, ...]:
    """Say once in each room who has not answered: the count, at most ten names, their people mentioned.

    Not any more after the deadline `at`. `given`: organisation → what was written down of its reminder, by id.
    """
    told = []
    for room_id, members in places.rooms.items():
        mentions = people_of(storage, room_id, members)
        told.append(
            Elsewhere(
                _message(campaign, members, at, mentions, places.again, late=late),
                room_id=room_id,
                urgency=_RINGS_FIRST,
                expires_at=at.at if at else None,
                reminders=_of(members, given),
            )
        )
    return tuple(told)


def people_of(storage: Storage, room_id: int, members: list[Member]) -> tuple[Address, ...]:
    """Whom to mention in a room: the people of the organisations named there, by their accounts on its network."""
    network = storage.rooms.get(room_id).network

    def accounts(person: int) -> list[Address]:
        known = storage.people.addresses(person)
        return [one for one in known if one.network == network and one.is_account]

    named, _ = public_names([member.name for member in members])
    return tuple(
        address
        for member in members[: len(named)]
        for address in tell.reached(storage, member.organisation_id, accounts)
    )


def private(
    places: Places, campaign: Campaign, at: Moment | None, given: Mapping[int, int], *, late: bool
) -> tuple[Elsewhere, ...]:
    """Say it to an organisation's people alone. Otherwise as `public`."""
    return tuple(
        replace(
            tell.alone(
                chat, _message(campaign, [member], at, (), places.again, late=late), urgency=_RINGS_FIRST
            ),
            expires_at=at.at if at else None,
            reminders=_of([member], given),
        )
        for member, chat in places.private
    )


def _of(members: Iterable[Member], given: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(given[member.organisation_id] for member in members if member.organisation_id in given)


def _message(
    campaign: Campaign,
    members: list[Member],
    at: Moment | None,
    mentions: tuple[Address, ...],
    again: frozenset[int],
    *,
    late: bool,
) -> Message:
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
        names, more = ", ".join(shown), len(silent) - len(shown)
        lines.append(
            say(
                N_("No answer yet ({count}): {names} and {more} more"),
                count=len(silent),
                names=names,
                more=more,
            )
            if more
            else say(N_("No answer yet ({count}): {names}"), count=len(silent), names=names)
        )
        lines.append(
            say(
                N_("{sign} · {deciding} · {decline}"),
                sign=Typed("sign", "…"),
                deciding=Typed("deciding", "…"),
                decline=Typed("decline", "…"),
            )
        )
    earlier = [member for member in members if member.organisation_id in again]
    if earlier:
        lines += to_confirm(
            [member.name for member in named if member.organisation_id in again], len(earlier)
        )
    return Message(tuple(lines), mentions=mentions, rings=True)


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
