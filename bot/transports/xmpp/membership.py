"""Being in rooms: staying, noticing that we are out, and leaving (XEP-0410)."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree.ElementTree import SubElement

from slixmpp import JID
from slixmpp.exceptions import IqError

from bot.transports.base import Refused, Unreachable
from bot.transports.xmpp import stanzas
from bot.transports.xmpp.entering import Entering
from bot.transports.xmpp.presences import Presences, tell_removed
from bot.transports.xmpp.queue import Live, Queue
from bot.transports.xmpp.rooms import MucRoom
from bot.transports.xmpp.session import NoAnswer, Session
from campaign.chat import XMPP, Invited, Room, Unreadable

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Container, Iterable

log = logging.getLogger(__name__)

# Errors to a self-ping that mean that we are still there (XEP-0410, section 3.2).
_STILL_THERE = ("service-unavailable", "feature-not-implemented", "item-not-found")
# Errors that say nothing, because the room's server could not be asked.
_UNKNOWN = ("remote-server-not-found", "remote-server-timeout")
_LEAST_PAUSE = 0.5
_INVITATIONS = 500
_AT_ONCE = 8
TELL_AFTER = timedelta(minutes=5)
"""How long a room may keep us from reading it before the campaigners are told."""
LONGEST_PAUSE = 15
"""The most looks at our rooms that pass before a room is entered again whose archive could not be read."""


class Membership:
    """The rooms of one stream: those we are in, those we want to be in, and those we must not come back to.

    `archived` are rooms that have kept an archive for us before: no error makes them others.
    """

    def __init__(
        self,
        session: Session,
        queue: Queue,
        nick: str,
        *,
        archived: Container[str],
        join_timeout: float,
        ping_interval: float,
    ) -> None:
        self.rooms: dict[str, MucRoom] = {}
        self.heard: datetime | None = datetime.now(UTC)
        """When the server last answered a ping of ours (UTC); to begin with, when the stream was opened."""
        self._session, self._queue, self._archived = session, queue, archived
        self._join_timeout, self._ping_interval = join_timeout, ping_interval
        self._look = asyncio.Event()
        self._invitations: dict[str, str] = {}
        self._entering = Entering(session, nick, join_timeout)
        self.presences = Presences(session, queue, self.rooms, serves=self.serves, look=self.look_after_rooms)

    def serves(self, domain: str) -> bool:
        """Whether this domain has shown itself to be a service of rooms, not of accounts."""
        return self._entering.serves(domain)

    # --- entering ---

    async def enter_all(self, rooms: Iterable[str]) -> None:
        """Enter the rooms we should be in; what does not work now is tried again by `watch`."""
        for jid in rooms:
            self.rooms.setdefault(jid, MucRoom(jid, archived=jid in self._archived))
        await self._each(self._enter_or_park)

    async def enter(self, jid: str) -> None:
        """Enter a room, or do nothing if we are in it. Raises Refused, NoAnswer or Unreachable."""
        known = jid in self.rooms
        room = self.rooms.setdefault(jid, MucRoom(jid, archived=jid in self._archived))
        room.newcomer = room.newcomer or bool(room.gone) or not known
        room.gone = ""
        try:
            await self._entering.enter(room)
        except Refused:
            room.gone = room.gone or "kicked"
            if not known:
                del self.rooms[jid]
            raise
        self._invitations.pop(jid, None)

    # --- staying ---

    async def watch(self, at_each_look: Callable[[], Awaitable[None]]) -> None:
        """Look after our rooms from time to time, until cancelled: enter again where we fell out unnoticed."""
        clock = asyncio.get_running_loop().time
        began = -_LEAST_PAUSE
        while not self._session.lost.done():
            # Whatever a room does to us, and however often, must not keep us and its server busy.
            await asyncio.sleep(max(0.0, began + _LEAST_PAUSE - clock()))
            with suppress(TimeoutError):
                async with asyncio.timeout(self._ping_interval):
                    await self._look.wait()
            self._look.clear()
            began = clock()
            try:
                await self._ask_server()
                await self._each(self._look_after)
                self._tell_of_deaf_rooms()
                await at_each_look()
            except Unreachable:
                return

    async def _ask_server(self) -> None:
        plugin = self._session.client.plugin["xep_0199"]
        try:
            await self._session.ask(lambda: plugin.send_ping(JID(self._session.client.boundjid.host)))
        except NoAnswer:
            self._session.break_off("the server is silent")
            return
        except IqError:
            pass  # an error is an answer
        self.heard = datetime.now(UTC)

    async def _each(self, work: Callable[[MucRoom], Awaitable[None]]) -> None:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def guarded(room: MucRoom) -> None:
            async with slots:
                with suppress(Unreachable):
                    await work(room)

        await asyncio.gather(*(guarded(room) for room in list(self.rooms.values()) if not room.gone))

    async def _look_after(self, room: MucRoom) -> None:
        if room.joined and not room.deaf and not await self._still_in(room):
            log.warning("we had fallen out of %s unnoticed", room.jid)
            room.joined = room.anew = False
        waits = asyncio.get_running_loop().time() < room.enter_again_at
        if not room.joined or (room.deaf and not waits):
            await self._enter_or_park(room)

    def _tell_of_deaf_rooms(self) -> None:
        """Tell, once a day at most, of each room where nothing said has counted for minutes, whatever the cause."""
        now = datetime.now(UTC)
        for room in self.rooms.values():
            self._tell_of_mute(room, now)
            if room.gone or room.read:
                room.unheard_since, room.told_deaf = None, False
                continue
            room.unheard_since = room.unheard_since or now
            if not room.told_deaf and now - room.unheard_since >= TELL_AFTER:
                room.told_deaf = True
                log.warning("%s could not be read since %s", room.jid, f"{room.unheard_since:%H:%M} UTC")
                # The same id all day: another stream of the same trouble does not tell it again.
                deaf = Unreadable(Room(XMPP, room.jid), f"deaf:{now.date()}", "deaf", now)
                self._queue.put(Live(deaf))

    def _tell_of_mute(self, room: MucRoom, now: datetime) -> None:
        """Tell, once a day at most, of a room where we asked for voice and were not given it for minutes."""
        if not (room.mute and room.joined):
            room.mute_since, room.told_mute = None, False
            return
        room.mute_since = room.mute_since or now
        if not room.told_mute and now - room.mute_since >= TELL_AFTER:
            room.told_mute = True
            mute = Unreadable(Room(XMPP, room.jid), f"mute:{now.date()}", "mute", now)
            self._queue.put(Live(mute))

    async def _still_in(self, room: MucRoom) -> bool:
        iq = self._session.client.make_iq_get(ito=f"{room.jid}/{room.nick}")
        iq.enable("ping")
        try:
            await self._session.ask(iq.send, within=self._join_timeout)
        except IqError as error:
            if error.condition in _UNKNOWN:
                return True
            if error.condition not in _STILL_THERE:
                return False
        except NoAnswer:
            return True  # it could not be found out
        room.answers()
        return True

    async def _enter_or_park(self, room: MucRoom) -> None:
        if room.gone:
            return  # we were sent away since it was looked who is to be entered
        try:
            await self._entering.enter(room)
        except Refused as refused:
            room.gone = room.gone or "kicked"
            log.warning("%s is parked: %s", room.jid, refused)
            tell_removed(self._queue, room, room.gone)
        except NoAnswer as error:
            log.warning("%s could not be entered and is tried again later: %s", room.jid, error)

    def look_after_rooms(self) -> None:
        """Have `watch` look now."""
        self._look.set()

    def enter_again(self, room: MucRoom) -> None:
        """Enter afresh a room whose rules have changed: who is visible in it is only told to those who enter."""
        room.joined, room.anew = False, room.inside
        self.look_after_rooms()

    def give_up(self, room: MucRoom) -> None:
        """Take nothing from a room until it was entered again: at the next look, and ever later if that fails too."""
        room.deaf = True
        looks = min(2**room.failures - 1, LONGEST_PAUSE)
        room.failures = min(room.failures + 1, LONGEST_PAUSE)
        room.enter_again_at = asyncio.get_running_loop().time() + looks * self._ping_interval

    # --- invitations, leaving ---

    def invited(self, invitation: Invited, inviter: str) -> Invited | None:
        """Note an invitation; complete it with the rooms in which that person is seen.

        None where we are in that room, or are to enter it anyway. Anybody may send one, into any room: to enter once more
        tells nothing, and what is to be said would wait for that; and a room is not left because a stranger invites there.
        Nor does an invitation overtake the news that we were sent away: who may bring us back is judged by that.
        """
        room = self.rooms.get(invitation.room.id)
        if room is not None and (room.untold or not room.gone):
            return None
        self._invitations[invitation.room.id] = inviter
        if len(self._invitations) > _INVITATIONS:
            del self._invitations[next(iter(self._invitations))]
        shared = self.shared_with(invitation.by.id)
        return Invited(invitation.room, invitation.event, invitation.by, invitation.at, shared=shared)

    def told(self, jid: str) -> None:
        """Note that the news that we are no longer in a room is taken."""
        if jid in self.rooms:
            self.rooms[jid].untold = False

    def shared_with(self, account: str) -> tuple[str, ...]:
        """The rooms in which an account is seen now: those that hide who is in them show nobody's."""
        return tuple(sorted(jid for jid, room in self.rooms.items() if room.shows(account)))

    async def leave(self, jid: str, reason: str) -> None:
        """Leave a room, or decline its invitation. Raises Unreachable."""
        room = self.rooms.get(jid)
        inviter = self._invitations.pop(jid, None)
        if room is None or not room.inside:
            if inviter:
                self._decline(jid, inviter, reason)
            if room is not None:
                room.gone = room.gone or "left"
            return
        room.leaving = True
        room.left.clear()
        try:
            self._entering.step_out(room, reason)
            await self._session.ask(room.left.wait, within=self._join_timeout)
        except NoAnswer:
            room.joined = room.anew = False
            tell_removed(self._queue, room, "left")
        finally:
            room.leaving = False

    def _decline(self, jid: str, inviter: str, reason: str) -> None:
        message = self._session.client.make_message(mto=jid)
        x = SubElement(message.xml, f"{{{stanzas.MUC_USER}}}x")
        decline = SubElement(x, f"{{{stanzas.MUC_USER}}}decline", {"to": inviter})
        SubElement(decline, f"{{{stanzas.MUC_USER}}}reason").text = reason
        self._session.write(message)
