"""The campaign of the conversations over a real database, without a network: lines in, what was decided out."""

from __future__ import annotations

import functools
import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.files.opening import open_campaigns
from bot.intake.intake import Intake
from bot.texts.catalogue import Catalogue
from bot.ticking import Ticking
from bot.transports.base import Batch
from campaign.chat import MATRIX, XMPP, Joined, Message, Reacted, Room, Said, say
from commands.command import House
from commands.menu import MENU
from commands.tick import Tick
from storage.messages import thaw
from storage.opening import FILE, open_database
from storage.tables import inbox, metadata, outbox
from tests.conversations.play import BEGINNING, PEOPLE, ROOMS, config

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from campaign.chat import Address, Event
    from commands.command import Command, Place
    from storage.database import Database
    from storage.storage import Storage

PLACES: dict[str, dict[Place, Room]] = {
    MATRIX: {
        "campaign": ROOMS["collectif"],
        "admin": ROOMS["equipe"],
        "other": ROOMS["cafe"],
    },
    XMPP: {
        "campaign": ROOMS["hebergeurs"],
        "admin": Room(XMPP, "equipe@salons.example"),
        "other": Room(XMPP, "cafe@salons.example"),
    },
}
"""A room of each kind on both networks; the private chats are made as they are needed."""

SETTINGS = ('language = "en"', 'admin_rooms = ["#equipe", "xmpp:equipe@salons.example"]')

ADMINS = {MATRIX: PEOPLE["Maud"], XMPP: PEOPLE["Noa"]}
CAMPAIGNERS_COMMANDS = tuple(one for one in MENU if one.admin)

_BOOKKEEPING = frozenset({"inbox", "outbox"})
"""What any line leaves behind, understood or not: that it was taken, and what is to be answered. Everything else,
people, rooms, files and questions included, belongs to what a refused command must not touch."""

Rows = dict[str, list[tuple[object, ...]]]


@dataclass(frozen=True)
class Answer:
    """One row of the outbox: where it goes (a room's address, or the account it is for) and what it says."""

    row: int
    where: str
    message: Message
    has_file: bool

    @property
    def ids(self) -> list[str]:
        """The English of each line, its places unfilled."""
        return [line.id for line in self.message.lines]


@dataclass(frozen=True)
class Voice:
    """Somebody who speaks: an address, and what they call themselves."""

    address: Address
    name: str


@dataclass
class Stage:
    """Takes what is said as the bot does, and says what came of it."""

    database: Database
    house: House
    now: datetime = BEGINNING
    _numbers: Iterator[int] = field(init=False)
    _seen: int = field(init=False)

    def __post_init__(self) -> None:
        self._intake = Intake(self.database, self.house, MENU, lambda: self.now)
        self._ticking = Ticking(self.database, self.house)

        def taken(storage: Storage) -> tuple[int, int]:
            connection = storage._connection
            events = connection.execute(select(func.count()).select_from(inbox)).scalar_one()
            rows = connection.execute(select(func.coalesce(func.max(outbox.c.id), 0))).scalar_one()
            return events, rows

        events, self._seen = self.database.transaction(taken, writes=False)
        self._numbers = count(events + 1)

    async def say(
        self, who: Voice, text: str, place: Place = "campaign", *, reply_to: str = ""
    ) -> list[Answer]:
        """Let somebody say a line in a place of their network; return what the bot would say to it."""
        room = room_of(who, place)
        events: list[Event] = []
        if place == "private":
            events.append(Joined(room, BEGINNING, private_with=who.address))
        event = f"$line-{next(self._numbers)}"
        events.append(
            Said(
                room,
                event,
                who.address,
                who.name,
                text,
                BEGINNING,
                private=place == "private",
                reply_to=reply_to,
                shared=(PLACES[MATRIX]["campaign"].id,)
                if place == "private" and who.address.network == MATRIX
                else (),
            )
        )
        return await self.take(*events)

    async def react(self, who: Voice, key: str, target: str, place: Place = "campaign") -> list[Answer]:
        """Let somebody react to a message of the bot's."""
        event = f"$reaction-{next(self._numbers)}"
        return await self.take(
            Reacted(room_of(who, place), event, who.address, who.name, target, (key,), BEGINNING)
        )

    async def take(self, *events: Event) -> list[Answer]:
        """Let things happen on one network; return what the bot would say."""
        await self._intake.take(events[0].room.network, Batch(events), lambda _: None)

        return await self.database.read(self._new)

    def _new(self, storage: Storage) -> list[Answer]:
        """What was decided since the last time, on every network."""
        new = storage._connection.execute(select(outbox).where(outbox.c.id > self._seen)).all()
        self._seen = max((row.id for row in new), default=self._seen)
        return [
            Answer(
                row.id,
                storage.rooms.get(row.room_id).address
                if row.room_id is not None
                else storage.people.address(row.address_id).id,
                thaw(row.message),
                row.file_id is not None,
            )
            for row in new
            if row.intent == "message"
        ]

    async def tick(
        self, now: datetime, *, heard: datetime | None = None, away: frozenset[str] = frozenset()
    ) -> list[Answer]:
        """Let it be that late, with every network heard until then unless it is said; return what the bot would say."""
        self.now = now
        await self._ticking.tick(Tick(now, heard or now, away))
        return await self.database.read(self._new)

    async def rows(self) -> Rows:
        """Everything the database holds, but the bookkeeping."""

        def work(storage: Storage) -> Rows:
            return {
                table.name: sorted(
                    (tuple(row) for row in storage._connection.execute(select(table))), key=repr
                )
                for table in metadata.sorted_tables
                if table.name not in _BOOKKEEPING
            }

        return await self.database.read(work)

    async def show(self, answer: Answer, event: str) -> None:
        """Let an answer be seen in its room as this event."""

        def work(storage: Storage) -> None:
            row = next(
                row for network in PLACES for row in storage.outbox.waiting(network) if row.id == answer.row
            )
            assert row.room_id is not None
            key = f"key-{row.id}"
            storage.dispatches.freeze(
                [row.id],
                key=key,
                network=storage.rooms.get(row.room_id).network,
                room_id=row.room_id,
                payload={},
                private_with=None,
                file_id=None,
                now=BEGINNING,
            )
            storage.dispatches.delivered(key, event, BEGINNING)

        await self.database.write(work)


def example(one: Command, language: str) -> str:
    """The example of a command's help, as somebody who reads it in a language types it."""
    return "".join(Catalogue.of(language).one(one.example))


def room_of(who: Voice, place: Place) -> Room:
    """The room of this kind where somebody speaks; an occupant of an anonymous room is alone with the bot there."""
    address = who.address
    if place != "private":
        return PLACES[address.network][place]
    if address.network == MATRIX:
        return Room(MATRIX, f"!with-{address.id}")
    return Room(XMPP, f"{address.room}/{who.name}" if address.room else address.id)


def voice(name: str) -> Voice:
    """Somebody of the conversations, under their own name."""
    return Voice(PEOPLE[name], name)


@contextmanager
def opened(
    folder: Path, *, data: Path | None = None, admins: Sequence[Address] | None = None
) -> Iterator[Stage]:
    """Open the campaign in a folder; with `data`, as it stood in that folder when it was closed."""
    what = config(folder / "config", SETTINGS)
    if data is not None:
        shutil.copytree(data, folder / "data")
    else:
        (folder / "data").mkdir(mode=0o700)
        (folder / "data" / FILE).write_bytes(_just_opened())
    database = open_database(folder / "data")
    bot = what.settings.bot
    house = House(
        language=bot.language,
        timezone=bot.timezone,
        admins=frozenset(bot.admins if admins is None else admins),
    )

    try:
        yield Stage(database, house)
    finally:
        database.close()


@functools.cache
def _just_opened() -> bytes:
    """The database of the campaign when it has just been opened: the same for every test, so it is made once."""
    with TemporaryDirectory() as folder:
        what = config(Path(folder) / "config", SETTINGS)
        database = open_database(Path(folder) / "data")

        def begin(storage: Storage) -> None:
            open_campaigns(storage, what, BEGINNING)
            for rooms in PLACES.values():
                for room in rooms.values():
                    known = storage.rooms.ensure(room.network, room.id, language=what.settings.bot.language)
                    storage.rooms.change(known.id, state="joined", welcomed_at=BEGINNING)

        database.transaction(begin)
        database.close()
        return database.path.read_bytes()


async def under_way(stage: Stage) -> None:
    """Let there be something for every command to act on.

    A declared signature, an organisation that is there by mistake, a deadline, an open poll, an open question, a message
    nobody knows the fate of, an event that was not taken, a changed letter.
    """
    maud, sacha = voice("Maud"), voice("Sacha")
    await stage.say(sacha, "!sign Serveur du Coin")
    await stage.say(sacha, "!confirm")
    await stage.say(maud, "!deadline 2099-12-31 18:00", "admin")
    await stage.say(maud, "!poll open majority Shall we? closes=3 days", "admin")
    await stage.say(maud, "!confirm", "admin")
    await stage.say(maud, "!org add Les Amis du libre", "admin")  # without a voice in that poll
    await stage.say(sacha, "!ask Where does the money go?")

    def go_wrong(storage: Storage) -> None:
        room = storage.rooms.find(MATRIX, PLACES[MATRIX]["campaign"].id)
        assert room is not None
        row = storage.outbox.put(MATRIX, Message((say("Hello."),)), BEGINNING, room=room.id)
        storage.dispatches.freeze(
            [row], key="lost", network=MATRIX, room_id=room.id, payload={"text": "Hello.", "mentions": []},
            private_with=None, file_id=None, now=BEGINNING,
        )  # fmt: skip
        assert storage.undelivered.uncertain("lost", "nobody knows", BEGINNING) == 1
        storage.letters.add(
            1, "fr", BEGINNING, title="Autre", summary="", text="Un autre texte.", change="pending"
        )
        storage.inbox.quarantine(
            "3fa9c1", MATRIX, (room.address, "$bad"), BEGINNING, what="Said", error="KeyError"
        )

    await stage.database.write(go_wrong)


CHANGING = frozenset(
    {
        "announce",
        "answer",
        "ask",
        "board",
        "campaign close",
        "campaign collective",
        "campaign reopen",
        "confirm",
        "consent",
        "deadline",
        "deadline cancel",
        "deciding",
        "decline",
        "details",
        "dispute",
        "forgetme",
        "holidays",
        "language",
        "letter drop",
        "letter material",
        "letter minor",
        "link",
        "org add",
        "org alias",
        "org deputy",
        "org merge",
        "org remove",
        "org rename",
        "org rep",
        "org revoke",
        "org site",
        "org unalias",
        "poll cancel",
        "poll close",
        "poll open",
        "questions close",
        "reject",
        "relay",
        "remind now",
        "reminders",
        "sign",
        "snooze",
        "verify",
        "vote",
        "withdraw",
    }
)
"""Commands whose example must change what the database holds; the others must at least say something."""
