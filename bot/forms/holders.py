"""Who stands at the desk, as far as they are known: nothing is written for a form that is only looked at."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

from bot.transports.forms import TurnedAway
from campaign.chat import N_, say
from commands.command import Context
from storage.people import Person
from storage.rooms import RoomRow
from storage.trouble import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from bot.texts.wordings import Wordings
    from bot.transports.forms import Holder
    from campaign.chat import Address, Text
    from commands.command import Command
    from storage.database import Database
    from storage.storage import Storage

log = logging.getLogger(__name__)
T = TypeVar("T")

LATER = N_("I cannot take anything just now. Please try again in a minute: nothing was changed.")


class Holders:
    """Those who ask for forms on one network. What cannot be read turns them away until later."""

    def __init__(
        self,
        network: str,
        database: Database,
        wordings: Wordings,
        menu: tuple[Command, ...],
        now: Callable[[], datetime],
    ) -> None:
        self.network, self.wordings, self.menu, self.now = network, wordings, menu, now
        self._database = database

    def context(self, storage: Storage, holder: Holder) -> Context:
        """Who asks, and where that is: in private, or as if it were."""
        address = holder.address
        known = storage.rooms.find(self.network, address.id)
        room = known or RoomRow(
            id=0,
            network=self.network,
            address=address.id,
            alias="",
            name="",
            language=None,
            admin=False,
            direct=True,
            partner=address.id,
            encrypted=False,
            archived=True,
            state="joined",
            why="",
            welcomed_at=None,
        )
        name = address.id.partition("@")[0]
        return Context(
            storage=storage,
            house=self.wordings.house,
            now=self.now(),
            room=room,
            place="private" if room.direct else "other",
            address=address,
            name=name,
            person=storage.people.find(address) or Person(0, name, None, 0),
            menu=self.menu,
            shared=holder.shared,
        )

    async def read(self, read: Callable[[Storage], T]) -> T:
        """Look something up. Raises TurnedAway."""
        try:
            return await self._database.read(read)
        except StorageError as error:
            log.warning("a form cannot be shown: %s", error, extra={"action": "form"})
            raise TurnedAway("later", self.wordings.of(None).plain((say(LATER),))) from error

    async def language(self, holder: Holder) -> str:
        """The language in which somebody is answered. Raises TurnedAway."""
        return await self.read(lambda storage: self.context(storage, holder).language)

    async def in_words(self, where: str, words: Text) -> str:
        """Say something in the language of a room or private chat. Raises TurnedAway."""

        def read(storage: Storage) -> str | None:
            known = storage.rooms.find(self.network, where)
            return known.language if known else None

        return self.wordings.of(await self.read(read)).plain((words,))

    async def later(self, address: Address) -> TurnedAway:
        """What turns somebody away until later."""
        try:
            return TurnedAway("later", await self.in_words(address.id, say(LATER)))
        except TurnedAway as away:
            return away
