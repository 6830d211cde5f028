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
        for one in menu:
            # The first word of a command of two stands for all that begin with it, where it is none by itself.
            self._names.setdefault(one.name.split(" ")[0], {"fr": one.fr.split(" ")[0]})
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
        self,
        messages: Sequence[Message],
        language: str | None,
        capabilities: Capabilities,
        most_lines: int,
        *,
        replies: bool = True,
    ) -> tuple[Payload, int]:
        """As many of these messages, from the first on, as fit into one of so many lines; and how many they are.

        One alone names nobody where it `replies` and that is shown (Matrix); elsewhere, but in private not, the person
        is named.
        """
        wording = self.of(language)
        if len(messages) > 1:
            merged, taken = wording.merge(messages, capabilities, most_lines)
            if taken > 1:
                return merged, taken
        message = messages[0]
        address = not (capabilities.html and replies) and not message.private
        return wording.payload_of(message, capabilities, address=address), 1
