"""What we know of a room: whether we are in it, who is there, and who is behind a message."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from bot.transports.xmpp import stanzas
from campaign.chat import XMPP, Address

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

    from bot.transports.xmpp.archive import Position


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody in the room under a nick; `jid` is their real bare address where the room lets us see it."""

    jid: str
    occupant_id: str


@dataclass(eq=False, slots=True)
class MucRoom:
    """A room (XEP-0045) as this stream knows it."""

    jid: str
    name: str = ""
    archived: bool = False
    occupant_ids: bool = False
    non_anonymous: bool = False
    nick: str = ""
    """Our own nick there, as the room says it."""
    own_occupant_id: str = ""
    joined: bool = False
    gone: str = ""
    """Why we must not come back by ourselves: we were removed, or left."""
    untold: bool = False
    """That we are gone still waits to be taken: until then we pass for being there."""
    answered: datetime | None = None
    """When the room last showed that we are in it (UTC)."""
    heard: datetime | None = None
    """The same, of the last time when nothing was missing of what had been said there until then."""
    newcomer: bool = False
    """We come in for the first time, or again after we were removed: what was said before is none of ours."""
    leaving: bool = False
    anew: bool = False
    """We are in it, and are to enter it once more all the same: its rules have changed."""
    deaf: bool = False
    """Its archive could not be read: it has to be entered again."""
    failures: int = 0
    """How often in a row its archive could not be read."""
    enter_again_at: float = 0.0
    """When to do so (by the event loop's clock)."""
    unheard_since: datetime | None = None
    """Since when it was never found to be read (UTC)."""
    told_deaf: bool = False
    """Whether that was told."""
    mute: bool = False
    """We have no voice: what we say is refused."""
    mute_since: datetime | None = None
    """Since when that was found at each look (UTC)."""
    told_mute: bool = False
    """Whether that was told."""
    alternative: str = ""
    """The room that it named in its place when it was destroyed."""
    stay: int = 0
    """Counts how often we entered."""
    stay_read: int = 0
    """The stay for which the archive was read: only what comes live during that one counts."""
    position: Position | None = None
    entering: asyncio.Future[str] | None = None
    """Done with "" once we are in, or with the error condition."""
    left: asyncio.Event = field(default_factory=asyncio.Event)
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    occupants: dict[str, Occupant] = field(default_factory=dict)
    accounts: dict[str, str] = field(default_factory=dict)
    """Occupant-id → real bare address, as presences showed it: it holds as long as the room does."""
    arrived: set[str] = field(default_factory=set)
    """Archive ids that came live since we entered and before its archive was read."""
    seen: set[str] = field(default_factory=set)
    """Those of them that the archive gave as well."""

    def learn(self, features: set[str], name: str) -> None:
        """Take what service discovery says of the room."""
        self.name = name
        self.archived = stanzas.MAM in features
        self.occupant_ids = stanzas.OCCUPANT_ID in features
        self.non_anonymous = "muc_nonanonymous" in features

    def enter(self, nick: str) -> None:
        """Note that we are in, and start afresh with what was only true of the stay before."""
        self.joined, self.deaf, self.anew, self.nick = True, False, False, nick
        self.answered = datetime.now(UTC)
        self.stay += 1
        self.arrived.clear()

    def answers(self) -> None:
        """Note that the room shows that we are in it."""
        self.answered = datetime.now(UTC)
        if self.read:
            self.heard = self.answered

    def was_read(self, stay: int) -> None:
        """Note that all was told that had been said before we entered: what comes live from then on counts."""
        self.stay_read, self.failures, self.heard = stay, 0, self.answered

    def answer_entering(self, condition: str) -> None:
        """Tell whoever is entering what the room answers: "" once we are in, or the error condition."""
        if self.entering is not None and not self.entering.done():
            self.entering.set_result(condition)

    def see(self, nick: str, presence: Element) -> Occupant:
        """Note who has this nick now."""
        occupant_id = stanzas.occupant_id(presence) if self.occupant_ids else ""
        jids = stanzas.real_addresses(presence)
        occupant = Occupant(jids[-1] if jids else "", occupant_id)
        self.occupants[nick] = occupant
        if occupant.jid and occupant_id:
            self.accounts[occupant_id] = occupant.jid
        return occupant

    @property
    def inside(self) -> bool:
        """Whether we are in it, be it to enter it anew."""
        return self.joined or self.anew

    @property
    def read(self) -> bool:
        """Whether everything that was said before we entered has been told."""
        return self.joined and not self.deaf and self.stay_read == self.stay

    @property
    def unread(self) -> bool:
        """Whether its archive is being read: what comes live has to wait for that."""
        return self.archived and not self.deaf and self.stay_read != self.stay

    def shows(self, jid: str) -> bool:
        """Whether an account is seen in the room now."""
        return self.joined and any(each.jid == jid for each in self.occupants.values())

    def live_sender(self, nick: str, message: Element) -> Address | None:
        """Return who says this now, or None if the room gives nothing that could be trusted (a nick is nothing)."""
        occupant_id = stanzas.occupant_id(message) if self.occupant_ids else ""
        present = self.occupants.get(nick)
        if present is not None and present.jid and present.occupant_id == occupant_id:
            return Address(XMPP, present.jid)
        return self._behind(occupant_id)

    def archived_sender(self, message: Element) -> Address | None:
        """Return who said this, by the archive, or None as above: the same address as live wherever it can be."""
        occupant_id = stanzas.occupant_id(message) if self.occupant_ids else ""
        if occupant_id in self.accounts:
            return self._behind(occupant_id)
        if self.non_anonymous:
            # Without occupant-ids there is nothing that tells the archive's own item from one the sender put there,
            # but that it stands last.
            named = stanzas.real_addresses(message)[-1:] if not self.occupant_ids else []
            account = stanzas.archived_address(message) if self.occupant_ids else "".join(named)
            # An account has one occupant-id in a room: one that we know under another is a lie.
            if account and account not in self.accounts.values():
                return Address(XMPP, account)
        return self._behind(occupant_id)

    def _behind(self, occupant_id: str) -> Address | None:
        if not occupant_id:
            return None
        account = self.accounts.get(occupant_id)
        return Address(XMPP, account) if account else Address(XMPP, occupant_id, room=self.jid)

    def is_ours_live(self, nick: str, message: Element) -> bool:
        """Whether we said this: under our nick of now, and with our occupant-id where the room has them."""
        if not self.inside or nick != self.nick:
            return False
        return not self.occupant_ids or stanzas.occupant_id(message) == self.own_occupant_id

    def is_ours_archived(self, message: Element, own_jid: str, *, key_is_ours: bool) -> bool:
        """Whether we said this, by the archive: never by the nick, which somebody else may have had meanwhile.

        Without occupant-ids, a random key that only our own message can have brought into the room tells it.
        """
        if self.occupant_ids and self.own_occupant_id:
            return stanzas.occupant_id(message) == self.own_occupant_id
        return key_is_ours or (self.non_anonymous and stanzas.real_addresses(message)[-1:] == [own_jid])
