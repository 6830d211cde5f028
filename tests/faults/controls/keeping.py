"""What keeps the database whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storage import migrations, opening, trouble

if TYPE_CHECKING:
    from pathlib import Path


def integrity() -> None:
    """The database is opened as it is."""
    opening._check = lambda path: None


def named_trouble() -> None:
    """A disk that takes nothing is not told from a fault of the bot's own."""
    trouble._HELD_BY = {}


def whole_migration() -> None:
    """A new database is made under its own name, and each statement of a migration is committed by itself."""

    def in_place(path: Path) -> None:
        path.touch()
        migrations.upgrade(path)

    opening._make = in_place
    listen = migrations.event.listen

    def unless_begin(target: Any, name: str, act: Any, **more: Any) -> None:
        if name != "begin":
            listen(target, name, act, **more)

    migrations.event = type("event", (), {"listen": staticmethod(unless_begin)})
