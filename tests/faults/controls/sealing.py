"""What keeps encrypted rooms readable, on both sides."""

from __future__ import annotations

from typing import Any

from bot.transports.matrix.encryption.sealing import Sealing
from bot.transports.matrix.encryption.session import Encryption
from bot.transports.matrix.encryption.store import KeyStore
from commands.trouble import unreading


def keys_first() -> None:
    """Keys are committed with those that come next, after what they opened."""

    class Late:
        """The connection of a store whose COMMIT waits until the next BEGIN."""

        def __init__(self, connection: Any) -> None:
            self.connection = connection

        def execute(self, statement: str, *values: Any) -> Any:
            if statement == "COMMIT":
                return None
            if statement == "BEGIN IMMEDIATE" and self.connection.in_transaction:
                self.connection.execute("COMMIT")
            return self.connection.execute(statement, *values)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.connection, name)

    made = KeyStore.__init__

    def late(self: Any, path: Any) -> None:
        made(self, path)
        self._connection = Late(self._connection)

    KeyStore.__init__ = late


def kept_sealed() -> None:
    """What cannot be opened yet is not kept."""
    unreading.keep = lambda *_: None


def who_is_there_now() -> None:
    """Those who were in a room first are told its keys, and nobody else."""
    whose = Sealing.devices_of

    def first(self: Any, people: Any) -> Any:
        known = self.__dict__.setdefault("first", {})
        return known or known.update(whose(self, people)) or known

    Sealing.devices_of = first


def own_new_device() -> None:
    """Lost keys are made anew for the same device."""
    introduce = Encryption._introduce

    async def again(self: Any, machine: Any, **begun: Any) -> None:
        call = self._server.call

        async def unknown(*path: Any, **more: Any) -> Any:
            return {} if path[1:] == ("keys", "query") else await call(*path, **more)

        self._server.call = unknown
        try:
            await introduce(self, machine, **begun)
        finally:
            self._server.call = call

    Encryption._introduce = again
