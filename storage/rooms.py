"""Rooms and private chats, and which campaigns they belong to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import bindparam, case, delete, func, insert, or_, select, update

from campaign.chat import Room
from storage.people import pointing_at
from storage.rows import Queries
from storage.tables import audit, boards, campaign_rooms, campaigns, outbox, prompts, rooms

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


FOLLOWS = "follows"
"""Why a room is wanted that takes another one's place: it stands before that one's number."""
GAVE_WAY = "gave-way"
"""Why a room is parked in whose place the bot is in another one: it stands before that one's number."""
AWAITED = "awaited"
"""Why a room is parked that takes another one's place: nobody has invited the bot yet, and what waits for it is kept."""

UNINVITED = "uninvited"
"""Why a room is parked into which nobody may invite the bot who has."""

NOT_SENT_AWAY = (UNINVITED, "members", AWAITED)
"""Why a room is parked that never sent the bot away: whoever invited it might not, or it lets in its members alone."""

NOT_YET = or_(rooms.c.state == "wanted", (rooms.c.state == "parked") & (rooms.c.why == AWAITED))
"""Whether what is to be said in a room is kept until the bot is let in."""


@dataclass(frozen=True, slots=True)
class RoomRow:
    """A room as remembered. `state`: wanted (asked for, not there yet), joined, or parked (sent away)."""

    id: int
    network: str
    address: str
    alias: str
    name: str
    language: str | None
    admin: bool
    direct: bool
    partner: str
    encrypted: bool
    archived: bool
    state: str
    why: str
    welcomed_at: datetime | None

    @property
    def is_awaited(self) -> bool:
        """Whether it takes another one's place, and nobody has invited the bot yet."""
        return self.state == "parked" and self.why == AWAITED

    @property
    def is_declined(self) -> bool:
        """Whether the bot was never there, and declined to come."""
        return self.state == "parked" and self.why == UNINVITED

    @property
    def sent_away(self) -> bool:
        """Whether the bot was there, and is not any more because somebody would have it so."""
        return self.state == "parked" and self.why not in NOT_SENT_AWAY

    @property
    def follows(self) -> int | None:
        """The room (by id) that the bot comes from, until the new one has said itself that it is in that one's place."""
        word, _, number = self.why.partition(" ")
        return int(number) if word == FOLLOWS else None

    @property
    def gave_way_to(self) -> int | None:
        """The room (by id) that has taken this one's place: it says so itself, and the bot has followed into it."""
        word, _, number = self.why.partition(" ")
        return int(number) if word == GAVE_WAY else None

    @property
    def label(self) -> str:
        """What to call it before people: its name, the alias they typed, or its address."""
        return self.name or self.alias or self.address

    @property
    def place(self) -> Room:
        """The room as transports know it."""
        return Room(self.network, self.address)


_ROW = select(
    rooms.c.id,
    rooms.c.network,
    rooms.c.address,
    rooms.c.alias,
    rooms.c.name,
    rooms.c.language,
    rooms.c.admin,
    rooms.c.direct,
    rooms.c.partner,
    rooms.c.encrypted,
    rooms.c.archived,
    rooms.c.state,
    rooms.c.why,
    rooms.c.welcomed_at,
)
_FIND = _ROW.where(rooms.c.network == bindparam("network"), rooms.c.address == bindparam("address"))
_GET = _ROW.where(rooms.c.id == bindparam("id"))
_CAMPAIGNS = (
    select(campaign_rooms.c.campaign_id)
    .where(campaign_rooms.c.room_id == bindparam("room"))
    .order_by(campaign_rooms.c.campaign_id)
)


class Rooms(Queries):
    """Where the bot is, was and wants to be."""

    def get(self, room_id: int) -> RoomRow:
        """The room with this id. Raises LookupError."""
        found = self._one(RoomRow, _GET, {"id": room_id}, keep=True)
        if found is None:
            msg = f"no room {room_id}"
            raise LookupError(msg)
        return found

    def find(self, network: str, address: str) -> RoomRow | None:
        """The room with this id on the network, if it is known."""
        return self._one(RoomRow, _FIND, {"network": network, "address": address}, keep=True)

    def find_alias(self, network: str, alias: str) -> RoomRow | None:
        """The room that was asked for under this alias."""
        return self._one(RoomRow, _ROW.where(rooms.c.network == network, rooms.c.alias == alias))

    def ensure(self, network: str, address: str, **values: Any) -> RoomRow:  # noqa: ANN401 - the table's columns
        """The room with this id, known from now on; `values` are for a new one only."""
        found = self.find(network, address)
        if found is not None:
            return found
        return self.get(self._new_id(insert(rooms), {"network": network, "address": address, **values}))

    def change(self, room_id: int, **values: Any) -> None:  # noqa: ANN401 - the table's columns
        """Set some columns of a room."""
        self._connection.execute(update(rooms).where(rooms.c.id == room_id), values)

    def absorb(self, kept: int, other: int) -> None:
        """Make two entries for one room (its alias, its id) a single one; what was to be said in either is said in it.

        The book of acts, which is only ever added to, may go on naming the other: that is nowhere then.
        """
        for row in self._connection.execute(
            select(campaign_rooms).where(campaign_rooms.c.room_id == other)
        ).all():
            self.list_in(row.campaign_id, kept, row.position)
        self._connection.execute(delete(campaign_rooms).where(campaign_rooms.c.room_id == other))
        shown = select(boards.c.campaign_id).where(boards.c.room_id == kept)
        both = self._connection.execute(shown).scalars().all()
        self._connection.execute(
            delete(boards).where(boards.c.room_id == other, boards.c.campaign_id.in_(both))
        )
        self._connection.execute(update(boards).where(boards.c.room_id == other), {"room_id": kept})
        for column in pointing_at(rooms, but=(audit, campaign_rooms, boards)):
            self._connection.execute(update(column.table).where(column == other).values({column.name: kept}))
        if self._connection.execute(select(audit.c.id).where(audit.c.room_id == other).limit(1)).first():
            nowhere = {"address": f"({other})", "alias": "", "state": "parked", "why": "left"}
            self.change(other, admin=False, direct=True, **nowhere)
        else:
            self._connection.execute(delete(rooms).where(rooms.c.id == other))

    def successor(self, room: RoomRow, address: str) -> RoomRow | None:
        """The room that takes the place of another, known from now on.

        None if the bot was sent away from it, or if it has a life of its own: whoever closes a room in favour of that
        one must not have said there what was for the people here.
        """
        if address in ("", room.address):
            return None
        found = self.ensure(
            room.network,
            address,
            name="" if room.direct else room.name,
            language=room.language,
            state="parked",
            why=AWAITED,
        )
        if found.state == "parked":
            return found if found.is_awaited else None
        return found if self._may_be_new_for(room, found) else None

    def _may_be_new_for(self, room: RoomRow, found: RoomRow) -> bool:
        """Whether a room the bot is in may have been made in another's place, for the same people."""
        return (
            found.id > room.id
            and found.admin == room.admin
            and found.partner in ("", room.partner)
            # Once it has followed there, the old room's campaigns are the new one's.
            and (
                room.gave_way_to == found.id
                or set(self.campaigns_of(found.id)) <= set(self.campaigns_of(room.id))
            )
        )

    def follow(self, room_id: int, old: int) -> None:
        """Want to be in a room, in the place of another."""
        self.change(room_id, state="wanted", why=f"{FOLLOWS} {old}")

    def succeed(self, old: RoomRow, new: int) -> Sequence[int]:
        """Let a room be in another one's place: by its alias, and in the campaigns that listed it; return those."""
        listed = self._connection.execute(
            select(campaign_rooms.c.campaign_id, campaign_rooms.c.position).where(
                campaign_rooms.c.room_id == old.id
            )
        ).all()
        for campaign, position in listed:
            self.list_in(campaign, new, position)
        self._connection.execute(delete(campaign_rooms).where(campaign_rooms.c.room_id == old.id))
        self._succeed_boards(old.id, new)
        self.change(old.id, why=f"{GAVE_WAY} {new}")
        if old.alias:
            self.change(new, alias=old.alias)
            self.change(old.id, alias="")
        return [campaign for campaign, _ in listed]

    def _succeed_boards(self, old: int, new: int) -> None:
        """Want a board in a room where one was asked for in the room before, and none where none was wanted."""
        of_old = select(boards.c.campaign_id, boards.c.wanted).where(boards.c.room_id == old)
        asked = of_old.join(campaigns, campaigns.c.id == boards.c.campaign_id).where(
            boards.c.wanted != campaigns.c.board,
            boards.c.campaign_id.not_in(select(boards.c.campaign_id).where(boards.c.room_id == new)),
        )
        for campaign, wanted in self._connection.execute(asked).all():
            values = {"campaign_id": campaign, "room_id": new, "wanted": wanted}
            self._connection.execute(insert(boards), values)
        self._connection.execute(delete(boards).where(boards.c.room_id == old))

    def names_of(self, room: RoomRow) -> Sequence[str]:
        """Every address by which a room may be listed: its own, its alias, and those of the rooms it has succeeded."""
        found = [name for name in (room.address, room.alias) if name]
        before = [_ROW.where(rooms.c.why == f"{GAVE_WAY} {room.id}")]
        while before:
            for old in self._all(RoomRow, before.pop()):
                found.append(old.address)
                before.append(_ROW.where(rooms.c.why == f"{GAVE_WAY} {old.id}"))
        return found

    def named(self, network: str, name: str) -> RoomRow | None:
        """The room that is listed by an address or alias: the one in its place, if it was replaced."""
        found = self.find(network, name) or self.find_alias(network, name)
        while found is not None and found.gave_way_to is not None:
            found = self.get(found.gave_way_to)
        return found

    def unlisted(self, network: str) -> int:
        """How many rooms the bot is in, or wants to be, that are no private chats, no campaigners' and in no campaign."""
        listed = select(campaign_rooms.c.room_id)
        query = select(func.count()).where(
            rooms.c.network == network,
            rooms.c.state != "parked",
            rooms.c.direct.is_(False),
            rooms.c.admin.is_(False),
            rooms.c.id.not_in(listed),
        )
        return int(self._connection.execute(query).scalar_one())

    def move_on(self, old: int, new: int, until: datetime) -> int:
        """Let what waits to be said in a room be said in the one in its place, but not from `until` (UTC) on.

        What it answers is not to be seen there, and what was said in the old room is not edited or pinned any more.
        A question waits in the new one for its answer. Return how many messages that is.
        """
        waits = (outbox.c.room_id == old, outbox.c.dispatch_key.is_(None), outbox.c.settled.is_(False))
        until_then = case((outbox.c.expires_at < until, outbox.c.expires_at), else_=until)
        moves = update(outbox).values(room_id=new, reply_to="", thread="", expires_at=until_then)
        said = self._connection.execute(moves.where(*waits, outbox.c.intent.in_(("message", "poll"))))
        there = select(outbox.c.id).where(outbox.c.room_id == new, outbox.c.dispatch_key.is_(None))
        self._connection.execute(moves.where(*waits, outbox.c.target_id.in_(there)))
        pointless = (*waits, outbox.c.intent.not_in(("join", "leave")))
        self._connection.execute(update(outbox).where(*pointless).values(settled=True))
        open_ = (prompts.c.room_id == old, prompts.c.answered_at.is_(None))
        self._connection.execute(update(prompts).where(*open_).values(room_id=new))
        return int(said.rowcount)

    def list_in(self, campaign_id: int, room_id: int, position: int = 0) -> None:
        """Make a room one of a campaign's; of two positions it was given, the one further to the front stands."""
        where = (campaign_rooms.c.campaign_id == campaign_id, campaign_rooms.c.room_id == room_id)
        listed = self._connection.execute(select(campaign_rooms.c.position).where(*where)).scalar()
        if listed is None:
            self._connection.execute(
                insert(campaign_rooms), {"campaign_id": campaign_id, "room_id": room_id, "position": position}
            )
        elif position < listed:
            self._connection.execute(update(campaign_rooms).where(*where), {"position": position})

    def of_campaign(self, campaign_id: int, *, joined: bool = True) -> Sequence[RoomRow]:
        """A campaign's rooms, in the order they were listed: only those the bot is in, or every one."""
        query = (
            _ROW.join(campaign_rooms, campaign_rooms.c.room_id == rooms.c.id)
            .where(campaign_rooms.c.campaign_id == campaign_id)
            .order_by(campaign_rooms.c.position, rooms.c.id)
        )
        return self._all(RoomRow, query.where(rooms.c.state == "joined") if joined else query)

    def campaigns_of(self, room_id: int) -> Sequence[int]:
        """The campaigns that list a room, those that have ended among them: it stays theirs."""
        return self._all(int, _CAMPAIGNS, {"room": room_id}, keep=True)

    def direct_with(self, network: str, partner: str) -> RoomRow | None:
        """The private chat the bot already has with an account."""
        return self._one(
            RoomRow,
            _ROW.where(
                rooms.c.network == network,
                rooms.c.direct,
                rooms.c.partner == partner,
                rooms.c.state == "joined",
            )
            .order_by(rooms.c.id.desc())
            .limit(1),
        )

    def admin_rooms(self) -> Sequence[RoomRow]:
        """The rooms in which campaigners work."""
        return self._all(RoomRow, _ROW.where(rooms.c.admin, rooms.c.state != "parked").order_by(rooms.c.id))

    def wanted(self, network: str) -> Sequence[RoomRow]:
        """The rooms to be in on a network: asked for or joined before, never a parked one."""
        return self._all(
            RoomRow, _ROW.where(rooms.c.network == network, rooms.c.state != "parked").order_by(rooms.c.id)
        )

    def all(self) -> Sequence[RoomRow]:
        """Every room known."""
        return self._all(RoomRow, _ROW.order_by(rooms.c.id))
