"""What a reminder says, in a room and in private."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, Address, Message, Moment, Text, Typed, say
from campaign.reminder import public_names
from commands import tell
from commands.command import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

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
        network = storage.rooms.get(room_id).network

        def accounts(person: int, network: str = network) -> list[Address]:
            known = storage.people.addresses(person)
            return [one for one in known if one.network == network and one.is_account]

        named, _ = public_names([member.name for member in members])
        mentions = tuple(
            address
            for member in members[: len(named)]
            for address in tell.reached(storage, member.organisation_id, accounts)
        )
        told.append(
            Elsewhere(
                _message(campaign, members, at, mentions, late=late),
                room_id=room_id,
                urgency=_RINGS_FIRST,
                expires_at=at.at if at else None,
                reminders=_of(members, given),
            )
        )
    return tuple(told)


def private(
    places: Places, campaign: Campaign, at: Moment | None, given: Mapping[int, int], *, late: bool
) -> tuple[Elsewhere, ...]:
    """Say it to an organisation's people alone. Otherwise as `public`."""
    return tuple(
        replace(
            tell.alone(chat, _message(campaign, [member], at, (), late=late), urgency=_RINGS_FIRST),
            expires_at=at.at if at else None,
            reminders=_of([member], given),
        )
        for member, chat in places.private
    )


def _of(members: Iterable[Member], given: Mapping[int, int]) -> tuple[int, ...]:
    return tuple(given[member.organisation_id] for member in members if member.organisation_id in given)


def _message(
    campaign: Campaign, members: list[Member], at: Moment | None, mentions: tuple[Address, ...], *, late: bool
) -> Message:
    named, more = public_names([member.name for member in members])
    lines: list[Text] = []
    if at is None:
        lines.append(say(N_("🔔 **{title}**: your answer is awaited."), title=campaign.title))
    elif late:
        lines.append(
            say(
                N_("🔔 **{title}**: please answer by {at}. (This reminder is late: I was away.)"),
                title=campaign.title,
                at=at,
            )
        )
    else:
        lines.append(say(N_("🔔 **{title}**: please answer by {at}."), title=campaign.title, at=at))
    names = ", ".join(named)
    lines.append(
        say(
            N_("No answer yet ({count}): {names} and {more} more"), count=len(members), names=names, more=more
        )
        if more
        else say(N_("No answer yet ({count}): {names}"), count=len(members), names=names)
    )
    lines.append(
        say(
            N_("{sign} · {deciding} · {decline}"),
            sign=Typed("sign", "…"),
            deciding=Typed("deciding", "…"),
            decline=Typed("decline", "…"),
        )
    )
    return Message(tuple(lines), mentions=mentions, rings=True)
