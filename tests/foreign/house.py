"""The bot as its operator starts it, with one campaign in one room, beside clients that share no code with it."""

from __future__ import annotations

import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tests.live.town import Bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

LETTER = "# Pour les communs\n\nNous demandons la suite.\n\nLe texte entier.\n"


@asynccontextmanager
async def running(
    folder: Path,
    network: Mapping[str, Any],
    *,
    admin: str,
    room: str,
    speakers: Mapping[str, str],
    environment: Mapping[str, str],
    language: str = "fr",
) -> AsyncIterator[Bot]:
    """Run it as a process of its own. `network` is one section of its config; `speakers` are organisation → account."""
    (folder / "letter.md").write_text(LETTER)
    lines = [f"{organisation},,,{account}" for organisation, account in speakers.items()]
    (folder / "organisations.csv").write_text(
        "name,aliases,website,representatives\n" + "\n".join(lines) + "\n"
    )
    ((section, keys),) = network.items()
    written = "\n".join(f"{key} = {json.dumps(value)}" for key, value in keys.items())
    (folder / "config.toml").write_text(f"""
[bot]
language = "{language}"
admins = ["{admin}"]

[{section}]
{written}

[campaigns.communs]
title = "Pour les communs"
letter = {{ fr = "letter.md" }}
rooms = ["{room}"]
organisations = "organisations.csv"
""")
    bot = Bot(folder / "config.toml", dict(environment), folder / "bot.log")
    try:
        await bot.start()
        yield bot
    except Exception as error:
        error.add_note(f"the bot said:\n{bot.said()[-3000:]}")
        raise
    finally:
        await bot.stop()
