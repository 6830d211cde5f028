"""How a campaign's reminders fall: its offsets and hours as rules take them, who is reminded, and where."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.reminder import public_offsets, schedule, to_remind
from campaign.signature import answer_of
from commands import tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.reminder import CivilHours
    from commands.tell import Chat
    from storage.campaigns import Campaign, Member
    from storage.deadlines import Deadline
    from storage.storage import Storage

LAST_DAYS = timedelta(days=3)
"""How long before a deadline an organisation is asked although the question it waits for has no answer."""


def offsets(campaign: Campaign) -> list[timedelta]:
    """How long before a deadline the campaign reminds."""
    return [timedelta(seconds=seconds) for seconds in campaign.reminders]


def civil_hours(campaign: Campaign) -> CivilHours:
    """Between which wall times it may remind."""
    opens, _, closes = campaign.civil_hours.partition("-")
    return time.fromisoformat(opens), time.fromisoformat(closes)


def unanswered(storage: Storage, campaign: Campaign, now: datetime) -> list[Member]:
    """The organisations that are reminded now: those that have not answered, and may be asked again.

    Who has signed a text that a change of substance has overtaken has not answered the letter as it is. Nobody is asked for an answer of those whom only strangers have named. Who waits for the answer to a question, and
    gave no date, is left in peace until the last days before the deadline.
    """
    today = now.astimezone(ZoneInfo(campaign.timezone)).date()
    ahead = next((one.at for one in storage.deadlines.of_campaign(campaign.id) if one.at > now), None)
    is_early = ahead is None or now < ahead - LAST_DAYS
    waiting = storage.questions.waiting(campaign.id) if is_early else {}
    overtaken = storage.letters.overtaken(campaign.id)
    return [
        member
        for member in storage.campaigns.members(campaign.id)
        if not member.flagged
        and member.organisation_id != campaign.collective_id
        and to_remind(
            answer_of(member.word, member.level, overtaken=member.letter_id in overtaken),
            member.deciding_until,
            None,
            today,
            waits=member.organisation_id in waiting,
        )
    ]


def is_public(campaign: Campaign, deadline: Deadline, offset: timedelta) -> bool:
    """Whether this reminder is said in the rooms; the others go to those who have a private chat with the bot."""
    existing = schedule(
        deadline.at, deadline.set_at, offsets(campaign), civil_hours(campaign), campaign.timezone
    )
    return offset in public_offsets(one.offset for one in existing)


@dataclass(frozen=True, slots=True)
class Places:
    """Where each organisation is reminded: in one room, or in its people's private chat; or nowhere this time."""

    rooms: dict[int, list[Member]]
    private: list[tuple[Member, Chat]]
    nowhere: list[Member]
    again: frozenset[int]
    """Those of them (organisations) that have signed an earlier text, and are asked to confirm."""


def places(storage: Storage, campaign: Campaign, members: Sequence[Member], *, public: bool) -> Places:
    """Choose where: in public where an organisation's people last spoke, else the first room listed.

    In each room those who have never answered come first.
    """
    rooms = [room for room in storage.rooms.of_campaign(campaign.id) if not room.admin]
    known = {room.id for room in rooms}
    overtaken = storage.letters.overtaken(campaign.id)
    again = frozenset(member.organisation_id for member in members if member.letter_id in overtaken)
    found = Places({}, [], [], again)
    for member in sorted(members, key=lambda one: one.organisation_id in again):
        if public and rooms:
            where = member.room_id if member.room_id in known else rooms[0].id
            found.rooms.setdefault(where or rooms[0].id, []).append(member)
            continue
        chats = (
            tell.private_chat(storage, person)
            for person in storage.organisations.representatives(member.organisation_id)
        )
        chat = next((one for one in chats if one is not None), None)
        if chat is not None:
            found.private.append((member, chat))
        else:
            found.nowhere.append(member)
    return found
