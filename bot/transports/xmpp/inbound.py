"""Everything the bot is there to receive, put into batches: archives first, then what comes live, in one order."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from slixmpp import JID
from slixmpp.exceptions import IqError

from bot.transports.base import Batch, Unreachable
from bot.transports.xmpp import reading, stanzas
from bot.transports.xmpp.archive import Archive, CursorExpired, Page, Position
from bot.transports.xmpp.queue import CaughtUp, Entered, Live, Lost, Queue, ReadOwn
from bot.transports.xmpp.session import NoAnswer
from campaign.chat import XMPP, Address, Bounced, Echo, Event, Joined, Room

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Mapping
    from xml.etree.ElementTree import Element

    from bot.transports.xmpp.membership import Membership
    from bot.transports.xmpp.rooms import MucRoom
    from bot.transports.xmpp.sending import Sent
    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)

_GROUP = 100
# The room's notices that its rules have changed (XEP-0045): who is visible, whether it is archived.
_RULES_CHANGED = frozenset(("104", "170", "171", "172", "173", "174"))


class Inbound:
    """What one stream brings in. `on_message` fills the queue, `batches` empties it and reads the archives."""

    def __init__(
        self,
        session: Session,
        queue: Queue,
        membership: Membership,
        sent: Sent,
        *,
        cursors: Mapping[str, str],
        nick: str,
        page_size: int,
    ) -> None:
        self._session, self._queue, self._membership, self._sent = session, queue, membership, sent
        self._cursors, self._nick, self._page_size = dict(cursors), nick, page_size
        self._jid = session.jid
        self._own = Archive(session, self._jid, page_size)
        self._own_position: Position | None = None
        self._own_is_due = False
        self._chats: set[str] = set()
        self._caught_up = False
        self._quiet: dict[str, str] = {}
        self.own_archived = False
        """Whether our own archive keeps every direct chat."""

    async def prepare(self) -> None:
        """Find our own archive and, on the first start, its baseline. To be called before we show presence.

        Raises Unreachable, NoAnswer or IqError.
        """
        session = self._session
        disco = session.client.plugin["xep_0030"]
        info = await session.ask(lambda: disco.get_info(JID(self._jid), local=False))
        self.own_archived = stanzas.MAM in info["disco_info"]["features"] and await self._archive_everything()
        if not self.own_archived:
            log.warning("the server keeps no archive for %s: direct chats are at-least-once", self._jid)
            return
        cursor = self._cursors.get(self._jid)
        # What comes once we show presence is newer than this baseline, whatever happens in between.
        self._own_position = Position.read(cursor) if cursor else await self._own.newest(except_for=set())

    async def _archive_everything(self) -> bool:
        preferences = self._session.client.plugin["xep_0441"]
        try:
            answer = await self._session.ask(
                lambda: preferences.set_preferences(default="always", always=[], never=[])
            )
        except IqError as error:
            log.warning("the archiving preference could not be set: %s", error.condition)
            return False
        return bool(answer["mam_prefs"]["default"] == "always")

    # --- what comes in: called for each stanza in the order of the stream ---

    def on_message(self, message: Element) -> None:
        """Take a message; never raises, whatever it is."""
        try:
            self._take(message)
        except Exception:
            log.exception("a message stanza could not be read and was dropped")

    def _take(self, message: Element) -> None:
        sender, resource = stanzas.split(message.get("from"))
        if any(child.tag.startswith(stanzas.CARBONS) for child in message):
            return
        if message.get("type") == "groupchat":
            room = self._membership.rooms.get(sender)
            if room is not None:
                self._take_groupchat(room, message, from_room=not resource)
        elif self.own_archived and stanzas.stanza_id(message, self._jid):
            # Our archive has it as well, in its place between our own messages: it is read there.
            self.look_into_own_archive()
        else:
            for event in self._direct(message, event="", at=datetime.now(UTC), live=True):
                self._queue.put(Live(event))

    def _take_groupchat(self, room: MucRoom, message: Element, *, from_room: bool) -> None:
        if from_room and stanzas.status_codes(message) & _RULES_CHANGED:
            self._membership.enter_again(room)
            return
        if not room.joined or stanzas.is_history(message, room.jid):
            return
        archive_id = stanzas.stanza_id(message, room.jid) if room.archived else ""
        if archive_id:
            room.arrived.add(archive_id)
        at = datetime.now(UTC)
        event = reading.groupchat(room, message, event=archive_id, at=at, live=True, own_jid=self._jid)
        if isinstance(event, Echo):
            self._sent.echoed(event.key)
        if event is not None or archive_id:
            self._queue.put(Live(event, room, room.stay, archive_id))

    def _direct(self, message: Element, *, event: str, at: datetime, live: bool) -> list[Event]:
        """Read what is no room's: something an account said, an invitation, something of ours."""
        sender, resource = stanzas.split(message.get("from"))
        if message.get("type") == "error":
            return self._bounce(message, event=event, at=at)
        service = stanzas.domain(sender)
        trusted = self._membership.serves(service) or service.endswith("." + stanzas.domain(self._jid))
        invited = reading.invitation(message, event=event, at=at, trusted_service=trusted)
        if invited is not None:
            return [self._membership.invited(*invited)]
        if sender == self._jid:
            return self._own_message(message, event=event, at=at)
        in_room = sender in self._membership.rooms or self._membership.serves(service)
        if in_room or (resource and message.find(stanzas.MUC_USER_X) is not None):
            return []  # said in private by an occupant of a room: nobody we could know
        said = reading.chat(message, event=event, at=at, live=live, own_name=self._nick)
        if said is None:
            return []
        self._sent.remember_id(sender, event, message.get("id", ""))
        return [*self._first_of(sender, at), said]

    def _first_of(self, other: str, at: datetime) -> list[Event]:
        if other in self._chats:
            return []
        self._chats.add(other)
        with_them = Address(XMPP, other)
        return [Joined(Room(XMPP, other), at, private_with=with_them, archived=self.own_archived)]

    def _own_message(self, message: Element, *, event: str, at: datetime) -> list[Event]:
        to = stanzas.split(message.get("to"))[0]
        key = stanzas.origin_id(message)
        if not event or not key or not to or message.get("type") not in ("chat", "normal"):
            return []
        self._sent.remember_id(to, event, message.get("id", ""))
        return [Echo(Room(XMPP, to), event, key, at)] if self._sent.echoed(key) else []

    def _bounce(self, message: Element, *, event: str, at: datetime) -> list[Event]:
        sender, resource = stanzas.split(message.get("from"))
        key = message.get("id", "")
        room = self._membership.rooms.get(sender)
        if (room is not None and resource) or not self._sent.bounced(key, sender):
            return []
        if room is not None:
            self._membership.look_after_rooms()
        condition = stanzas.error_condition(message)
        return [Bounced(Room(XMPP, sender), event or reading.passing_id(), key, condition, at)]

    def look_into_own_archive(self) -> None:
        """Have our own archive read on from where we stopped."""
        if not self._own_is_due:
            self._own_is_due = True
            self._queue.put(ReadOwn())

    # --- batches ---

    async def batches(self) -> AsyncGenerator[Batch, None]:
        """Everything in its order, until the stream is lost: then raises Unreachable."""
        while True:
            match await self._queue.get():
                case Lost(reason):
                    raise Unreachable(reason)
                case CaughtUp():
                    self._caught_up = True
                    yield self._batch([])
                case Entered() as entered:
                    async for batch in self._read_room(entered):
                        yield batch
                case ReadOwn():
                    async for batch in self._read_own():
                        yield batch
                case Live() as live:
                    events = self._group(live)
                    if events:
                        yield self._batch(events)

    def _batch(self, events: list[Event], cursors: Mapping[str, str] | None = None) -> Batch:
        # What was passed over in silence since the last batch is acknowledged along with this one.
        acknowledged = {**self._quiet, **(cursors or {})}
        self._quiet = {}
        return Batch(tuple(events), acknowledged, self._caught_up)

    def _group(self, first: Live) -> list[Event]:
        events = self._live(first)
        while len(events) < _GROUP and (more := self._queue.more_live()) is not None:
            events += self._live(more)
        return events

    def _live(self, item: Live) -> list[Event]:
        room = item.room
        if room is not None:
            if item.stay != room.stay_read:
                return []  # the archive could not be read before it: it is told again by the archive
            if item.archive_id in room.seen:
                room.seen.discard(item.archive_id)
                return []
            if item.archive_id:
                room.position = Position.now(item.archive_id)
                self._quiet[room.jid] = str(room.position)
        return [item.event] if item.event is not None else []

    async def _read_room(self, entered: Entered) -> AsyncIterator[Batch]:
        room = entered.room
        now = datetime.now(UTC)
        joined: list[Event] = [Joined(Room(XMPP, room.jid), now, name=room.name, archived=room.archived)]
        try:
            if not room.archived:
                yield self._batch(joined)
            else:
                async for batch in self._read_room_archive(room, joined):
                    yield batch
        except (NoAnswer, IqError) as error:
            # Nothing of this room may count until its archive was read: it is entered again later.
            log.warning("the archive of %s could not be read: %s", room.jid, error)
            self._membership.give_up(room)
        else:
            room.stay_read = entered.stay
        if room.stay == entered.stay:
            room.arrived.clear()

    async def _read_room_archive(self, room: MucRoom, joined: list[Event]) -> AsyncIterator[Batch]:
        archive = Archive(self._session, room.jid, self._page_size)
        cursor = self._cursors.get(room.jid)
        if room.position is None and cursor is None:
            room.position = await archive.newest(except_for=room.arrived)
            yield self._batch(joined, {room.jid: str(room.position)})
            return
        room.position = room.position or Position.read(cursor or "")
        yield self._batch(joined)
        async for page in self._pages(archive, room.jid, room.position):
            events: list[Event] = []
            for item in page.items:
                events += self._archived_groupchat(room, item.message, item.id, item.at)
                room.position = Position(item.id, item.at)
            room.seen |= room.arrived.intersection(item.id for item in page.items)
            yield self._batch(events, {room.jid: str(room.position)})

    def _archived_groupchat(self, room: MucRoom, message: Element, event: str, at: datetime) -> list[Event]:
        try:
            read = reading.groupchat(room, message, event=event, at=at, live=False, own_jid=self._jid)
        except Exception:
            log.exception("an archived message could not be read and was dropped")
            return []
        if isinstance(read, Echo):
            self._sent.echoed(read.key)
        return [read] if read is not None else []

    async def _read_own(self) -> AsyncIterator[Batch]:
        self._own_is_due = False
        position = self._own_position
        if position is None:
            return
        if self._jid not in self._cursors:
            self._cursors[self._jid] = str(position)
            yield self._batch([], {self._jid: str(position)})
        live = self._caught_up
        try:
            async for page in self._pages(self._own, self._jid, position):
                events: list[Event] = []
                for item in page.items:
                    events += self._archived_direct(item.message, item.id, item.at, live=live)
                    position = Position(item.id, item.at)
                self._own_position = position
                yield self._batch(events, {self._jid: str(position)})
        except (NoAnswer, IqError) as error:
            raise Unreachable(f"our own archive could not be read ({error})") from error

    def _archived_direct(self, message: Element, event: str, at: datetime, *, live: bool) -> list[Event]:
        try:
            return self._direct(message, event=event, at=datetime.now(UTC) if live else at, live=live)
        except Exception:
            log.exception("an archived message could not be read and was dropped")
            return []

    async def _pages(self, archive: Archive, scope: str, position: Position) -> AsyncIterator[Page]:
        try:
            page = await archive.after(position)
        except CursorExpired:
            since = position.at.isoformat(timespec="seconds")
            log.warning(
                "the archive of %s does not go back to where we stopped: reading from %s", scope, since
            )
            page = await archive.since(position.at)
        while True:
            if page.items:
                yield page
            if page.complete or not page.last:
                return
            page = await archive.after(Position.now(page.last))
