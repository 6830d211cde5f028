"""What waits in a room becomes a dispatch: merged, put into words in the room's language, and frozen under a key."""

from __future__ import annotations

import logging
import uuid
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from bot.delivery import amending, gathering
from bot.transports.base import Dispatch, Payload
from campaign.chat import Address
from commands import tell
from commands.reminders import leaving, reminding
from commands.trouble import undelivered
from storage.trouble import is_fatal

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

    from bot.delivery.pacing import Pacing
    from bot.texts.wordings import Wordings
    from bot.transports.base import Transport
    from storage.rooms import RoomRow
    from storage.storage import Storage
    from storage.turns import Waiting

log = logging.getLogger(__name__)

AT_ONCE = 500
"""How many intents are looked at together."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A frozen dispatch on its way, and what is needed beside it."""

    dispatch: Dispatch
    room_id: int
    file_id: int | None
    private_with: Address | None
    expires_at: datetime | None = None
    """From when on something in it is not worth saying any more (UTC)."""
    leaves_more: bool = False
    """Whether it leaves something behind that could not leave with it, though there was room."""


class Freezing:
    """Freezes for one network. Its methods run in a transaction."""

    def __init__(
        self,
        transport: Transport,
        wordings: Wordings,
        pacing: Pacing,
        now: Callable[[], datetime],
    ) -> None:
        self._network = transport.network
        self._transport = transport
        self._wordings = wordings
        self._pacing = pacing
        self._now = now
        self.unsent: set[str] = set()
        """Dispatches made by this process that the network certainly was not given, or refused to take up."""
        self.untouched: set[str] = set()
        """Of those, the ones it was never even asked to take."""

    def forget(self, key: str) -> None:
        """Forget a dispatch that was not frozen after all, or of which it is known what became."""
        self.unsent.discard(key)
        self.untouched.discard(key)

    def waiting(
        self, storage: Storage, *, busy: Collection[int], opening: Collection[int]
    ) -> Sequence[Waiting]:
        """What can leave now (at most `AT_ONCE`); what is not worth saying any more is given up."""
        while True:
            now = self._now()
            found = storage.outbox.waiting(self._network, AT_ONCE, busy=busy, opening=opening, now=now)
            late = [row.id for row in found if row.expires_at is not None and row.expires_at <= now]
            if not late:
                return found
            tell.put(storage, undelivered.expired(storage, self._wordings.house, late, now), now)

    def is_late(self, claim: Claim) -> bool:
        """Whether a dispatch certainly never left, and something in it is not worth saying any more."""
        late = claim.expires_at is not None and claim.expires_at <= self._now()
        return late and claim.dispatch.key in self.untouched

    def sound(self, storage: Storage, room: RoomRow, rows: Sequence[Waiting]) -> list[Claim]:
        """Freeze what is next; what cannot be put into words is given up alone, and stops nothing behind it."""
        most: int | None = None
        while rows:
            try:
                with storage.savepoint():
                    first = self._as_it_is_now(storage, rows[0])
                    if first is not None and _has_words(storage, first):
                        return self._freeze(storage, room, (first, *rows[1:]), most)
                    storage.outbox.settle([rows[0].id])
            except leaving.NotNow:
                pass
            except Exception as error:
                if is_fatal(error):
                    raise
                if len(rows) > 1 and most is None:
                    most = 1  # what is bad may be what would leave with it
                    continue
                log.exception("cannot be put into words", extra={"action": "words", "row": rows[0].id})
                house, now = self._wordings.house, self._now()
                told = undelivered.unsayable(
                    storage, house, room, rows[0].id, why=type(error).__name__, now=now
                )
                tell.put(storage, told, now)
            rows, most = rows[1:], None
        return []

    def _as_it_is_now(self, storage: Storage, row: Waiting) -> Waiting | None:
        """What is looked at again as it leaves, as it is then; None if it is not to be said any more.

        Raises:
            NotNow: it waits for another hour.
        """
        if not reminding.is_reminder(row.purpose) or row.repeats:
            return row
        message = leaving.again(storage, row, self._now())
        return None if message is None else row.saying(message)

    def reason(self, row: Waiting, room: RoomRow) -> str:
        """Put into words why a room is left; without, if that cannot be done: the errand does not wait for it."""
        try:
            return self._wordings.plain(row.message, room.language)
        except Exception:
            log.exception("cannot be put into words", extra={"action": "words", "row": row.id})
            return ""

    def _freeze(
        self, storage: Storage, room: RoomRow, rows: Sequence[Waiting], most: int | None = None
    ) -> list[Claim]:
        """Freeze the first of these, and with it what may leave as the same message, of the first `most`."""
        waiting, rows = len(rows), rows[:most]
        if room.state == "parked":
            storage.undelivered.give_up_room(room.id, "sent away", self._now())
            return []
        if room.state != "joined":
            return []
        if rows[0].repeats:
            return self._freeze_again(storage, room, rows[0], leaves_more=waiting > 1)
        if rows[0].intent != "message":
            return self._freeze_more(storage, room, rows)
        rows, repeats = gathering.once(rows)
        together = gathering.together(rows, self._pacing.most_lines)
        payload, taken = self._worded(together, room)
        together = together[:taken]
        first = together[0]
        if len(together) == 1:
            payload = replace(payload, reply_to=first.reply_to)
        payload = replace(payload, thread=first.thread)
        file = storage.dispatches.file(first.file_id) if first.file_id else None
        if file is not None:
            payload = replace(
                payload, file_name=file.name, media_type=file.media_type, file_size=len(file.data)
            )
        private = None
        if any(row.message.private for row in together):
            private = next(
                (storage.people.address(row.address_id) for row in together if row.address_id), None
            )
        key = self._new_key()
        taking = [number for row in together for number in (row.id, *repeats.get(row.id, ()))]
        storage.dispatches.freeze(
            taking,
            key=key,
            network=self._network,
            room_id=room.id,
            payload=asdict(payload),
            private_with=private.id if private else None,
            file_id=first.file_id,
            now=self._now(),
        )
        ends = min((row.expires_at for row in together if row.expires_at), default=None)
        dispatch = Dispatch(key, room.place, payload)
        leaves_more = len(taking) < min(waiting, self._pacing.most_lines)
        return [Claim(dispatch, room.id, first.file_id, private, ends, leaves_more)]

    def _new_key(self) -> str:
        key = str(uuid.uuid4())
        self.unsent.add(key)
        self.untouched.add(key)
        return key

    def _freeze_more(self, storage: Storage, room: RoomRow, rows: Sequence[Waiting]) -> list[Claim]:
        """Freeze what is more than words; what its room cannot show ends here, and what is behind it comes next."""
        row = rows[0]
        capabilities = self._transport.capabilities(room.place)
        try:
            payload = amending.payload(storage, self._wordings, room, capabilities, rows)
        except amending.NotYet:
            return self.sound(storage, room, rows[1:])
        if payload is None:
            storage.outbox.settle([row.id])
            return self.sound(storage, room, rows[1:])
        key = self._new_key()
        storage.dispatches.freeze(
            [row.id],
            key=key,
            network=self._network,
            room_id=room.id,
            payload=asdict(payload),
            private_with=None,
            file_id=None,
            now=self._now(),
        )
        dispatch = Dispatch(key, room.place, payload)
        return [Claim(dispatch, room.id, None, None, row.expires_at, leaves_more=len(rows) > 1)]

    def _freeze_again(
        self, storage: Storage, room: RoomRow, row: Waiting, *, leaves_more: bool
    ) -> list[Claim]:
        """Freeze under a new key, just as it was rendered, what a campaigner wants sent once more."""
        old = storage.undelivered.original(row.repeats or "")
        if old is None:
            return []
        payload = old.payload
        if old.room_id != room.id:  # what it answered is not to be seen where it is said now
            mentions = self._transport.capabilities(room.place).mentions(payload["mentions"])
            payload = {**payload, "reply_to": "", "thread": "", "mentions": mentions}
        key = str(uuid.uuid4())
        storage.dispatches.freeze(
            [row.id],
            key=key,
            network=self._network,
            room_id=room.id,
            payload=payload,
            private_with=old.private_with,
            file_id=old.file_id,
            now=self._now(),
        )
        private = Address(self._network, old.private_with) if old.private_with else None
        dispatch = Dispatch(key, room.place, thawed(payload))
        return [Claim(dispatch, room.id, old.file_id, private, leaves_more=leaves_more)]

    def _worded(self, rows: Sequence[Waiting], room: RoomRow) -> tuple[Payload, int]:
        """Put as many of these intents as fit into one message into words; and how many they are."""
        return self._wordings.payload(
            [row.message for row in rows],
            room.language,
            self._transport.capabilities(room.place),
            self._pacing.most_lines,
            replies=bool(rows[0].reply_to) or room.direct,
        )


def _has_words(storage: Storage, row: Waiting) -> bool:
    """Whether there is anything to say: not if it was seen in its room after all, or was erased with somebody's name."""
    if row.repeats:
        old = storage.undelivered.original(row.repeats)
        return old is not None and bool(old.payload["text"] or old.payload.get("file_url"))
    if row.message.lines or row.intent != "message":
        return True
    return row.file_id is not None and storage.dispatches.file(row.file_id) is not None


def thawed(payload: Mapping[str, Any]) -> Payload:
    """Give a payload as it was frozen."""
    answers = tuple((key, words) for key, words in payload.get("answers", ()))
    return Payload(**{**payload, "mentions": tuple(payload["mentions"]), "answers": answers})
