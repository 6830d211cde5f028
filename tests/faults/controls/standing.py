"""What keeps a bot from going on where it should stop, or stopping where it should go on."""

from __future__ import annotations

import secrets
from typing import Any

from bot.cli import folder as data
from bot.supervisor import Supervisor
from bot.transports.base import LoginRefused, Unreachable
from bot.transports.matrix import answer
from bot.transports.xmpp import session
from bot.transports.xmpp.entering import Entering
from commands.places import membership


def login_refused() -> None:
    """A refused login is taken for a server in trouble."""
    answer._TOKEN_GONE = frozenset()
    session._FINAL = ()

    async def serve(self: Any) -> None:
        try:
            await once(self)
        except BaseExceptionGroup as group:
            if group.subgroup(LoginRefused):
                raise Unreachable("refused") from group
            raise
        except LoginRefused as refused:
            raise Unreachable("refused") from refused

    once = Supervisor._serve
    Supervisor._serve = serve


def parking() -> None:
    """A kick is not taken note of."""
    membership.removed = lambda *_: None


def another_nick() -> None:
    """Where the bot's nick is taken it tries no other one."""
    enter = Entering._try

    async def only_one(self: Any, room: Any, nick: str) -> Any:
        return await enter(self, room, nick) if nick == self._nick else "conflict"

    Entering._try = only_one


def one_process() -> None:
    """The data folder is not locked."""
    data.lock = lambda folder: (folder / f"lock-{secrets.token_hex(4)}").open("a")
