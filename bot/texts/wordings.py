"""The wordings of every language a room may speak, under the names the menu gives to commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.texts.wording import Wording

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.transports.base import Capabilities, Payload
    from campaign.chat import Message
    from commands.command import Command, House


class Wordings:
    """One wording per language, made when first needed."""

    def __init__(self, house: House, menu: Sequence[Command]) -> None:
        self.house = house
        self._names = {one.name: {"fr": one.fr} for one in menu}
        self._made: dict[str, Wording] = {}

    def of(self, language: str | None) -> Wording:
        """The wording of a language; the bot's own where a room has none."""
        language = language or self.house.language
        if language not in self._made:
            self._made[language] = Wording(
                language, prefix=self.house.prefix, zone=self.house.timezone, command_names=self._names
            )
        return self._made[language]

    def plain(self, message: Message, language: str | None) -> str:
        """Plain text, for where nothing else is shown."""
        return self.of(language).plain(message.lines)

    def payload(
        self, messages: Sequence[Message], language: str | None, capabilities: Capabilities
    ) -> Payload:
        """One message as it leaves, or several as one.

        Where a reply is shown as one (Matrix) it names nobody; elsewhere, and in private not, the person is named.
        """
        wording = self.of(language)
        if len(messages) > 1:
            return wording.merge(messages, capabilities)
        message = messages[0]
        return wording.payload_of(
            message, capabilities, address=not capabilities.html and not message.private
        )

    def fit(self, messages: Sequence[Message], most_lines: int) -> int:
        """How many of these messages, from the first on, fit into one of so many lines."""
        return self.of(None).fit(messages, most_lines)
