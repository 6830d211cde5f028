"""What people say to the bot, in whatever order: a state machine of Hypothesis over a campaign of its own."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from hypothesis.stateful import RuleBasedStateMachine

from tests.commands.stage import opened, voice

if TYPE_CHECKING:
    from campaign.chat import Event
    from commands.command import Place

MINUTE = timedelta(minutes=1)


class Machine(RuleBasedStateMachine):
    """A campaign that has just been opened, and people who say one thing after the other."""

    def __init__(self) -> None:
        super().__init__()
        self._folder = TemporaryDirectory()
        self._opened = opened(Path(self._folder.name))
        self.stage = self._opened.__enter__()
        self.runner = asyncio.Runner()

    def teardown(self) -> None:
        """Close everything."""
        self.runner.close()
        self._opened.__exit__(None, None, None)
        self._folder.cleanup()

    def say(self, name: str, *lines: str, place: Place = "campaign") -> None:
        """Let somebody say some lines, one after the other."""
        for line in lines:
            self.stage.now += MINUTE
            self.runner.run(self.stage.say(voice(name), line, place))

    def take(self, event: Event) -> None:
        """Let something happen, a minute later."""
        self.stage.now += MINUTE
        self.runner.run(self.stage.take(event))

    def right(self, how: str, name: str, organisation: str) -> None:
        """Let a campaigner give somebody the right to speak for an organisation (`rep`), or `revoke` it."""
        account = voice(name).address
        typed = account.id if account.network == "matrix" else f"xmpp:{account.id}"
        self.say("Maud", f"!org {how} {typed} {organisation}", place="admin")
