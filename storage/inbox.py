"""What has taken effect, how far each network is read, and what could not be taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import and_, bindparam, delete, func, insert, select, update

from storage.rows import Queries
from storage.steps import reached
from storage.tables import cursors, devices, forgotten, inbox, quarantine, rooms

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

Key = tuple[str, str]
"""Scope and event id: what makes an event itself, within one network."""

_ERASED = ""
"""The scope of what was said in private by somebody who was forgotten: the place, being their address, is not kept."""
# One scope at a time: given pairs of scope and event, SQLite looks through all that a network ever said.
_KNOWN = select(inbox.c.event).where(
    inbox.c.network == bindparam("network"),
    inbox.c.scope.in_(bindparam("scopes", expanding=True)),
    inbox.c.event.in_(bindparam("events", expanding=True)),
)
_MOVE = (
    update(cursors)
    .where(and_(cursors.c.network == bindparam("of"), cursors.c.scope == bindparam("which")))
    .values(cursor=bindparam("to"), moved_at=bindparam("moved"))
)


@dataclass(frozen=True, slots=True)
class Quarantined:
    """The trace of an event that could not be taken: `what` kind it was, and the `error`'s name. `scope`: its room."""

    reference: str
    network: str
    scope: str
    what: str
    error: str
    at: datetime


_QUARANTINED = select(
    quarantine.c.reference,
    quarantine.c.network,
    quarantine.c.scope,
    quarantine.c.what,
    quarantine.c.error,
    quarantine.c.at,
)


class Inbox(Queries):
    """The inbound side of exactly once."""

    def take(self, network: str, keys: Sequence[Key], now: datetime) -> set[Key]:
        """Enter those events that were not there yet, and return just them."""
        if not keys:
            return set()
        wanted: dict[str, list[str]] = {}
        for scope, event in dict.fromkeys(keys):
            wanted.setdefault(scope, []).append(event)
        fresh = []
        for scope, events in wanted.items():
            known = self._known(network, (scope, _ERASED), events)
            fresh += [(scope, event) for event in events if event not in known]
        if fresh:
            self._connection.execute(
                insert(inbox),
                [{"network": network, "scope": scope, "event": event, "at": now} for scope, event in fresh],
            )
            reached("inbox")
        return set(fresh)

    def knows(self, network: str, scope: str, event: str) -> bool:
        """Whether an event was taken in this scope, not so long ago that it is forgotten."""
        return bool(self._known(network, (scope,), (event,)))

    def _known(self, network: str, scopes: Sequence[str], events: Sequence[str]) -> set[str]:
        among = {"network": network, "scopes": list(scopes), "events": list(events)}
        return set(self._connection.execute(_KNOWN, among).scalars())

    def count(self, network: str, scope: str, since: datetime) -> int:
        """How many events of a scope were taken since then."""
        query = select(func.count()).where(
            inbox.c.network == network, inbox.c.scope == scope, inbox.c.at > since
        )
        return int(self._connection.execute(query).scalar_one())

    def cursors(self, network: str) -> Mapping[str, str]:
        """Scope → cursor, as last committed."""
        rows = self._connection.execute(
            select(cursors.c.scope, cursors.c.cursor).where(cursors.c.network == network)
        )
        return dict(rows.all())

    def move(self, network: str, to: Mapping[str, str], now: datetime) -> None:
        """Acknowledge what was read, together with what it changed.

        A room the bot was sent away from gets no cursor any more, whatever was still read there.
        """
        for scope, cursor in to.items():
            moved = self._connection.execute(
                _MOVE, {"of": network, "which": scope, "to": cursor, "moved": now}
            )
            if not moved.rowcount and not self._is_left(network, scope):
                self._connection.execute(
                    insert(cursors),
                    {"network": network, "scope": scope, "cursor": cursor, "moved_at": now},
                )
            reached("cursor")

    def _is_left(self, network: str, scope: str) -> bool:
        left = select(rooms.c.id).where(
            rooms.c.network == network, rooms.c.address == scope, rooms.c.state == "parked"
        )
        return self._connection.execute(left).first() is not None

    def forgotten_until(self, network: str, scope: str, *, private: bool = False) -> datetime | None:
        """When the newest event of a room was received of those the inbox no longer knows; None if it knows all.

        Of a private chat it may not know any more whose it was.
        """
        scopes = (scope, "") if private else (scope,)
        return self._connection.execute(
            select(func.max(forgotten.c.upto)).where(
                forgotten.c.network == network, forgotten.c.scope.in_(scopes)
            )
        ).scalar()

    def forget_cursor(self, network: str, scope: str) -> None:
        """Drop the cursor of a room that was left: coming back starts anew."""
        self._connection.execute(
            delete(cursors).where(cursors.c.network == network, cursors.c.scope == scope)
        )

    # --- what could not be taken

    def quarantine(
        self,
        reference: str,
        network: str,
        key: Key,
        now: datetime,
        *,
        what: str,
        error: str,
        told: bool = False,
    ) -> None:
        """Keep the trace of an event that could not be taken; never its body. `told`: whether campaigners hear of it."""
        self._connection.execute(
            insert(quarantine),
            {
                "reference": reference,
                "network": network,
                "scope": key[0],
                "event": key[1],
                "what": what,
                "error": error,
                "at": now,
                "told": told,
            },
        )

    def told_between(self, network: str, scope: str, since: datetime, until: datetime) -> bool:
        """Whether campaigners were told of an event of this room that could not be taken, in that time."""
        query = select(quarantine.c.id).where(
            quarantine.c.network == network,
            quarantine.c.scope == scope,
            quarantine.c.at > since,
            quarantine.c.at <= until,
            quarantine.c.told,
        )
        return self._connection.execute(query.limit(1)).first() is not None

    def quarantined(self, most: int) -> tuple[Sequence[Quarantined], int]:
        """The newest events that could not be taken and that nobody has looked at, and how many there are in all."""
        unseen = quarantine.c.seen_at.is_(None)
        found = self._all(
            Quarantined, _QUARANTINED.where(unseen).order_by(quarantine.c.id.desc()).limit(most)
        )
        count = self._connection.execute(select(func.count()).select_from(quarantine).where(unseen))
        return found, int(count.scalar_one())

    def see(self, now: datetime, reference: str | None = None) -> int:
        """Mark an event that could not be taken as looked at, or every one; return how many were not yet."""
        seen = update(quarantine).where(quarantine.c.seen_at.is_(None)).values(seen_at=now)
        if reference is not None:
            seen = seen.where(quarantine.c.reference == reference)
        return self._connection.execute(seen).rowcount

    # --- who we are

    def device(self, network: str, account: str, otherwise: str) -> str:
        """Return this installation's fixed device for an account, keeping `otherwise` if there was none."""
        found = self._connection.execute(
            select(devices.c.device).where(devices.c.network == network, devices.c.account == account)
        ).scalar()
        if found is None:
            self._connection.execute(
                insert(devices), {"network": network, "account": account, "device": otherwise}
            )
            return otherwise
        return str(found)

    def change_device(self, network: str, account: str, device: str) -> None:
        """Have a network log in as this device from now on."""
        self._connection.execute(
            update(devices)
            .where(devices.c.network == network, devices.c.account == account)
            .values(device=device)
        )

    def forget_device(self, network: str, account: str) -> None:
        """Have an account log in as a new device from now on."""
        self._connection.execute(
            delete(devices).where(devices.c.network == network, devices.c.account == account)
        )

    def forget_devices(self) -> None:
        """Have every network log in as a new device from now on."""
        self._connection.execute(delete(devices))
