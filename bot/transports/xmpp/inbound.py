"""Everything the bot is there to receive, put into batches: of each room its archive first, then what comes live."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.transports.base import Batch, LoginRefused, Unreachable
from bot.transports.xmpp import reading, stanzas
from bot.transports.xmpp.archive import Position
from bot.transports.xmpp.queue import CaughtUp, Entered, Live, Lost, OwnRead, PageRead, Queue, Read
from campaign.chat import XMPP, Bounced, Echo, Event, Invited, Joined, Removed, Room

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from xml.etree.ElementTree import Element

    from bot.transports.xmpp.archive import Item, Page
    from bot.transports.xmpp.backlog import Backlog, Spawn
    from bot.transports.xmpp.contacts import Contacts
    from bot.transports.xmpp.direct import DirectChats
    from bot.transports.xmpp.heard import Heard
    from bot.transports.xmpp.membership import Membership
    from bot.transports.xmpp.own_archive import OwnArchive
    from bot.transports.xmpp.rooms import MucRoom
    from bot.transports.xmpp.sending import Sent
    from bot.transports.xmpp.session import Session

log = logging.getLogger(__name__)

_GROUP = 100
# The room's notices that its rules have changed (XEP-0045): who is visible, whether it is archived.
_RULES_CHANGED = frozenset(("104", "170", "171", "172", "173", "174"))


class Inbound:
    """What one stream brings in. `on_message` and the backlog fill the queue, `batches` empties it."""

    def __init__(
        self,
        session: Session,
        queue: Queue,
        membership: Membership,
        sent: Sent,
        contacts: Contacts,
        *,
        direct: DirectChats,
        own: OwnArchive,
        backlog: Backlog,
        heard: Heard,
    ) -> None:
        self._queue, self._membership, self._sent, self._contacts = queue, membership, sent, contacts
        self._direct, self._own, self._backlog, self._heard = direct, own, backlog, heard
        self._jid = session.jid
        self._caught_up = False
        self._quiet: dict[str, str] = {}

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
        elif self._own.archived and (archive_id := stanzas.stanza_id(message, self._jid)):
            # Our archive has it as well, in its place between our own messages: it is read there.
            self._own.comes(archive_id)
        else:
            for event in self._direct.read(message, event="", at=datetime.now(UTC), live=True):
                if isinstance(event, Bounced | Invited):
                    self._queue.put(Live(event))  # of no chat, or of something that waits for it
                else:
                    self._own.hold(Live(event))

    def _take_groupchat(self, room: MucRoom, message: Element, *, from_room: bool) -> None:
        if from_room and stanzas.status_codes(message) & _RULES_CHANGED:
            self._membership.enter_again(room)
            return
        # What is said before we have entered anew is told by the archive, if there is one.
        if not (room.joined or (room.anew and not room.archived)) or stanzas.is_history(message, room.jid):
            return
        archive_id = stanzas.stanza_id(message, room.jid) if room.archived else ""
        if archive_id and room.unread:
            room.arrived.add(archive_id)
        at = datetime.now(UTC)
        event = reading.groupchat(
            room, message, event=archive_id, at=at, live=True, own_jid=self._jid, heard=self._heard
        )
        if isinstance(event, Echo):
            self._sent.echoed(event.key, event.event)
        if event is not None or archive_id:
            self._queue.put_behind_archive(room, Live(event, room, room.stay, archive_id))

    # --- batches ---

    async def batches(self, spawn: Spawn) -> AsyncGenerator[Batch, None]:
        """Everything in the order of its room, until the stream is lost: then raises Unreachable or LoginRefused.

        `spawn` runs the reading of an archive beside it.
        """
        while True:
            self._contacts.thank()  # what came before is committed
            item = await self._queue.get()
            if isinstance(item, Lost):
                if held := self._queue.held(self._own):
                    # Nothing else keeps it.
                    yield self._batch([one.event for one in held if one.event is not None])
                raise LoginRefused(item.reason) if item.for_good else Unreachable(item.reason)
            if (found := self._batch_of(item, spawn)) is not None:
                yield found
            if isinstance(item, PageRead | OwnRead):
                item.taken.set()

    def _batch_of(
        self, item: Live | Entered | PageRead | Read | OwnRead | CaughtUp, spawn: Spawn
    ) -> Batch | None:
        match item:
            case CaughtUp():
                self._backlog.all_entered()
                if not self._catches_up():
                    return None
                self._caught_up = True
                return self._batch([])
            case OwnRead():
                return self._of_own(item)
            case PageRead(room, stay, page):
                return self._page(room, page) if stay == room.stay else None
            case Read():
                return self._end(item)
            case Entered():
                events = self._enter(item, spawn)
            case Live():
                events = self._group(item)
        return self._batch(events) if events else None

    def _batch(self, events: list[Event], cursors: Mapping[str, str] | None = None) -> Batch:
        # What was passed over in silence since the last batch is acknowledged along with this one.
        acknowledged = {**self._quiet, **(cursors or {})}
        self._quiet = {}
        return Batch(tuple(events), acknowledged, self._caught_up)

    def _of_own(self, read: OwnRead) -> Batch | None:
        if read.piece is None:
            self._own.ends(read.before)
            self._look_whether_caught_up()
            return None
        events, cursor = self._own.take(read.piece, live=self._caught_up)
        self._look_whether_caught_up()
        return self._batch(events, {self._jid: cursor})

    def _catches_up(self) -> bool:
        """Whether all is read that was there as the stream began, and that was not known until now."""
        return not self._caught_up and self._backlog.caught_up and self._own.caught_up

    def _look_whether_caught_up(self) -> None:
        if self._catches_up():
            self._queue.put(CaughtUp())  # behind what has waited

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
                room.position = Position(item.archive_id, item.at)
                self._quiet[room.jid] = str(room.position)
        if isinstance(item.event, Removed):
            self._membership.told(item.event.room.id)
        return [item.event] if item.event is not None else []

    def _enter(self, entered: Entered, spawn: Spawn) -> list[Event]:
        room = entered.room
        if room.archived and room.stay != entered.stay:
            return []  # we have entered again since: the archive is read for that stay
        room.seen.clear()
        if not room.archived:
            room.was_read(entered.stay)
            self._end_wait(room)
            return [_joined(room)]
        begins_now = self._backlog.begins_now(room)
        self._backlog.read(entered, spawn)
        return [] if begins_now else [_joined(room)]

    def _page(self, room: MucRoom, page: Page) -> Batch:
        events: list[Event] = []
        for item in page.items:
            events += self._archived_groupchat(room, item)
        events += reading.gap(room.jid, page)
        room.position = page.reached or room.position
        room.seen |= room.arrived.intersection(item.id for item in page.items)
        if page.complete:
            self._end(Read(room, room.stay))  # at once: what these events are answered with may leave
        return self._batch(events, {room.jid: str(room.position)})

    def _end(self, read: Read) -> Batch | None:
        """Have what came live count from here on, or nothing of it: then the archive tells it later."""
        room = read.room
        if read.stay != room.stay:
            return None
        if read.failed:
            self._membership.give_up(room)
        else:
            room.was_read(read.stay)
        self._end_wait(room)
        if read.baseline is None:
            return None
        room.newcomer, room.position = False, read.baseline
        return self._batch([_joined(room)], {room.jid: str(room.position)})

    def _end_wait(self, room: MucRoom) -> None:
        room.arrived.clear()
        self._queue.release(room)
        self._backlog.ended(room)
        self._look_whether_caught_up()

    def _archived_groupchat(self, room: MucRoom, item: Item) -> list[Event]:
        try:
            read = reading.groupchat(
                room,
                item.message,
                event=item.id,
                at=_by_then(item.at),
                live=False,
                own_jid=self._jid,
                heard=self._heard,
                key_is_ours=self._sent.is_ours(stanzas.origin_id(item.message), room.jid, item.id),
            )
        except Exception:
            log.exception("an archived message could not be read and was dropped")
            return []
        if isinstance(read, Echo):
            self._sent.echoed(read.key, read.event)
        return [read] if read is not None else []


def _by_then(at: datetime) -> datetime:
    """By when it was said: archives keep whole seconds, and what followed something within one is not older than that."""
    return at if at.microsecond else min(at + timedelta(microseconds=999_999), max(at, datetime.now(UTC)))


def _joined(room: MucRoom) -> Event:
    return Joined(Room(XMPP, room.jid), datetime.now(UTC), name=room.name, archived=room.archived)
