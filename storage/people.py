"""People, their addresses, and the codes that join two addresses of one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from campaign.chat import Address
from storage.rows import Queries
from storage.tables import (
    addresses,
    audit,
    consents,
    disputes,
    link_codes,
    merges,
    metadata,
    people,
    prompts,
    representatives,
    rooms,
    signatures,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Column, Select, Table


@dataclass(frozen=True, slots=True)
class Person:
    """A human, and the address by which they are speaking now."""

    id: int
    name: str
    language: str | None
    address_id: int


_FIND = (
    select(people.c.id, people.c.name, people.c.language, addresses.c.id)
    .join(addresses, addresses.c.person_id == people.c.id)
    .where(
        addresses.c.network == bindparam("network"),
        addresses.c.address == bindparam("address"),
        addresses.c.room == bindparam("room"),
        people.c.forgotten_at.is_(None),
    )
)
_TAKE = update(addresses).where(
    addresses.c.network == bindparam("of_network"),
    addresses.c.address == bindparam("of_address"),
    addresses.c.room == bindparam("of_room"),
)
_RENAME = update(people).where(people.c.id == bindparam("person"))


def _key(address: Address) -> dict[str, str]:
    return {"network": address.network, "address": address.id, "room": address.room}


HOLDS = {"domain": 0, "second": 1, "verified": 1, "roster": 2, "campaigner": 3}
"""On whose word somebody speaks for an organisation, and how long that holds: as long as a domain is theirs, until one
of their signatures is rejected, as long as a file says so, or until a campaigner says otherwise."""

THEIR_OWN = frozenset({"person_id", "opened_by", "answered_by", "concluded_by"})
"""Columns that say whose words or acts a row is; any other that points at people says who looked at it."""


def pointing_at(table: Table, *, but: Collection[Table] = ()) -> list[Column[int]]:
    """Every column that points at the rows of a table, but for those of some tables."""
    return [
        column
        for other in metadata.sorted_tables
        if other not in but
        for column in other.columns
        if any(key.column.table is table for key in column.foreign_keys)
    ]


@dataclass(frozen=True, slots=True)
class Reach:
    """An account by which a person may be written to in private, and the chat that there is with it, if there is one."""

    person_id: int
    agreed: bool | None
    """Whether they agreed to be written to; None: they were not asked."""
    network: str
    address_id: int
    room_id: int | None


_REACH = (
    select(
        addresses.c.person_id,
        consents.c.given,
        addresses.c.network,
        addresses.c.id,
        func.max(rooms.c.id),
    )
    .join(people, people.c.id == addresses.c.person_id)
    .outerjoin(consents, and_(consents.c.person_id == people.c.id, consents.c.kind == "contact"))
    .outerjoin(
        rooms,
        and_(
            rooms.c.network == addresses.c.network,
            rooms.c.partner == addresses.c.address,
            rooms.c.direct,
            rooms.c.state == "joined",
        ),
    )
    .where(
        addresses.c.person_id.in_(bindparam("people", expanding=True)),
        addresses.c.room == "",
        people.c.forgotten_at.is_(None),
    )
    .group_by(addresses.c.id)
    .order_by(addresses.c.person_id, addresses.c.id.desc())
)


class People(Queries):
    """Who is behind an address."""

    def find(self, address: Address) -> Person | None:
        """The person at this address, if they were ever met and not forgotten since."""
        return self._one(Person, _FIND, _key(address), keep=True)

    def ensure(self, address: Address, name: str, now: datetime) -> Person:
        """The person at this address, met now if never before."""
        found = self.find(address)
        if found is not None:
            if name and found.name != name:
                self._connection.execute(_RENAME, {"person": found.id, "name": name})
            return found
        person = self._new_id(insert(people), {"name": name, "known_since": now})
        # One who has just been forgotten, and is told so there: whoever comes back is somebody new.
        theirs = {f"of_{part}": value for part, value in _key(address).items()}
        if self._connection.execute(_TAKE, {**theirs, "person_id": person}).rowcount:
            taken = self.find(address)
            if taken is not None:
                return taken
        row = self._new_id(insert(addresses), {"person_id": person, **_key(address)})
        return Person(person, name, None, row)

    def name(self, person_id: int) -> str:
        """What a person calls themselves."""
        return str(
            self._connection.execute(select(people.c.name).where(people.c.id == person_id)).scalar_one()
        )

    def addresses(self, person_id: int) -> Sequence[Address]:
        """Every address of a person, oldest first."""
        query = (
            select(addresses.c.network, addresses.c.address, addresses.c.room)
            .where(addresses.c.person_id == person_id)
            .order_by(addresses.c.id)
        )
        return self._all(Address, query)

    def reach(self, person_ids: Collection[int]) -> Sequence[Reach]:
        """The accounts of some people, person by person, the newest first, and the private chats there are with them."""
        return self._all(Reach, _REACH, {"people": list(person_ids)})

    def address(self, address_id: int) -> Address:
        """One address. Raises LookupError."""
        query = select(addresses.c.network, addresses.c.address, addresses.c.room).where(
            addresses.c.id == address_id
        )
        found = self._one(Address, query)
        if found is None:
            msg = f"no address {address_id}"
            raise LookupError(msg)
        return found

    def any_address(self, person_id: int) -> int:
        """The oldest address of a person, by its id; of one who was forgotten, the one that is nobody's."""
        query = select(func.min(addresses.c.id)).where(addresses.c.person_id == person_id)
        known = self._connection.execute(query).scalar()
        if known is not None:
            return int(known)
        none = {"network": "", "address": "", "room": str(person_id)}
        return self._new_id(insert(addresses), {"person_id": person_id, **none})

    def set_language(self, person_id: int, language: str) -> None:
        """Remember in which language a person wants to be answered in private."""
        self._connection.execute(update(people).where(people.c.id == person_id), {"language": language})

    # --- one person, two addresses

    def give_code(self, code: str, person: Person, expires_at: datetime) -> None:
        """Remember a code given to a person at one of their addresses; it replaces their earlier ones."""
        self._connection.execute(delete(link_codes).where(link_codes.c.person_id == person.id))
        self._connection.execute(
            insert(link_codes),
            {"code": code, "person_id": person.id, "address_id": person.address_id, "expires_at": expires_at},
        )

    def code(self, code: str, now: datetime) -> tuple[int, int] | None:
        """Who was given this code, and at which address, if it still holds."""
        query = select(link_codes.c.person_id, link_codes.c.address_id).where(
            link_codes.c.code == code, link_codes.c.expires_at > now
        )
        row = self._connection.execute(query).first()
        return None if row is None else (int(row[0]), int(row[1]))

    def replace_code(self, code: str, by: str) -> None:
        """Let another code hold instead of one, for as long."""
        self._connection.execute(update(link_codes).where(link_codes.c.code == code), {"code": by})

    def use_code(self, code: str) -> None:
        """Forget a code: it holds once."""
        self._connection.execute(delete(link_codes).where(link_codes.c.code == code))

    def once_were(self, person_id: int) -> Sequence[int]:
        """The numbers under which a person was known before their accounts were joined: the audit goes on using them."""
        linked = select(audit.c.details).where(audit.c.act == "linked", audit.c.person_id == person_id)
        found = [details.get("joined") for details in self._connection.execute(linked).scalars()]
        return [number for number in found if isinstance(number, int)]

    def join(self, kept: int, other: int) -> None:
        """Make two people one: addresses, rights and what was said by `other` become those of `kept`.

        Only the audit goes on naming `other`, by a number that has no name any more.
        """
        if kept == other:
            return
        self._join_rights(kept, other)
        # Of two disputes about one signature that are open, the first stands.
        unsettled = disputes.alias()
        self._connection.execute(
            delete(disputes).where(
                disputes.c.person_id == other,
                disputes.c.settled_at.is_(None),
                disputes.c.signature_id.in_(
                    select(unsettled.c.signature_id).where(
                        unsettled.c.person_id == kept, unsettled.c.settled_at.is_(None)
                    )
                ),
            )
        )
        for column in pointing_at(people, but=(audit, consents, representatives)):
            self._connection.execute(update(column.table).where(column == other).values({column.name: kept}))
        self._join_in_merges(kept, other)
        self._connection.execute(update(people).where(people.c.id == other).values(name=""))

    def _join_rights(self, kept: int, other: int) -> None:
        """Let two people who are one speak for the organisations of both, each on the word that holds longest."""
        how = representatives.c.how
        of_person = select(representatives.c.organisation_id, how)
        mine = dict(self._pairs(of_person.where(representatives.c.person_id == kept)))
        theirs = (representatives.c.person_id == other,)
        for organisation, word in self._pairs(of_person.where(*theirs)):
            row = (representatives.c.organisation_id == organisation, representatives.c.person_id == kept)
            if organisation in mine and HOLDS[word] > HOLDS[mine[organisation]]:
                self._connection.execute(update(representatives).where(*row).values(how=word))
        if mine:
            self._connection.execute(
                delete(representatives).where(*theirs, representatives.c.organisation_id.in_(mine))
            )
        self._connection.execute(update(representatives).where(*theirs), {"person_id": kept})

    def _join_in_merges(self, kept: int, other: int) -> None:
        """Whose right or question comes back when a merge is undone is the same person, too."""
        standing = select(merges.c.id, merges.c.moved).where(merges.c.undone_at.is_(None))
        for merge, moved in self._connection.execute(standing).all():
            rows = [
                row
                for change in moved
                for row in (change["before"], change["after"])
                if row is not None and row.get("person_id") == other
            ]
            for row in rows:
                row["person_id"] = kept
            if rows:
                self._connection.execute(update(merges).where(merges.c.id == merge).values(moved=moved))

    def _pairs(self, query: Select[Any]) -> list[tuple[int, str]]:
        return [(int(row[0]), str(row[1])) for row in self._connection.execute(query)]

    def met_in(self, person_id: int, rooms: Sequence[tuple[int, str]]) -> bool:
        """Whether a person was met in one of these rooms (id and address): is an occupant there, asked or noted there."""
        ids = [room for room, _ in rooms]
        queries = (
            select(addresses.c.id).where(
                addresses.c.person_id == person_id, addresses.c.room.in_([address for _, address in rooms])
            ),
            select(prompts.c.id).where(prompts.c.person_id == person_id, prompts.c.room_id.in_(ids)),
            select(signatures.c.id).where(signatures.c.person_id == person_id, signatures.c.room_id.in_(ids)),
            select(audit.c.id).where(audit.c.person_id == person_id, audit.c.room_id.in_(ids)),
        )
        return any(self._connection.execute(query.limit(1)).first() is not None for query in queries)

    def speaks_for(self, person_id: int) -> int:
        """How many organisations this person may speak for."""
        query = (
            select(func.count()).select_from(representatives).where(representatives.c.person_id == person_id)
        )
        return int(self._connection.execute(query).scalar_one())
