"""A maubot plugin that says again what it reads."""

from __future__ import annotations

from maubot import MessageEvent, Plugin
from maubot.handlers import event
from mautrix.types import EventType


class Echo(Plugin):
    """Answers every message with its own words."""

    @event.on(EventType.ROOM_MESSAGE)
    async def echo(self, message: MessageEvent) -> None:
        """Say it again."""
        if message.sender != self.client.mxid:
            await message.respond(message.content.body)
