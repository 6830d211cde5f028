"""A campaign to measure with: as many organisations as signatures are to be given, each with somebody to sign for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

NAMED = re.compile(r"Collectif [A-Z][a-z]+ \d{5}")
"""An organisation of these campaigns, in whatever a bot says."""


def organisation(network: str, number: int) -> str:
    """Return the name of the organisation that is the `number`-th to sign on a network."""
    return f"Collectif {network.title()} {number:05}"


def write(
    folder: Path, *, networks: str, rooms: Sequence[str], admins: Sequence[str], roster: Mapping[str, str]
) -> Path:
    """Write an operator's files and return the config.

    `networks` are the sections for the bot's accounts; `roster`: organisation → the account that may sign for it;
    `admins` are campaigners, so that the bot comes into rooms to which they invite it.
    """
    letter = "# Pour les communs\n\nNous demandons la suite.\n\nLe texte entier.\n"
    (folder / "letter.fr.md").write_text(letter)
    lines = ["name,aliases,website,representatives"]
    lines += [f"{name},,,{account}" for name, account in roster.items()]
    (folder / "organisations.csv").write_text("\n".join(lines) + "\n")
    config = folder / "config.toml"
    config.write_text(f"""
[bot]
language = "fr"
timezone = "Europe/Paris"
admins = [{", ".join(f'"{account}"' for account in admins)}]

{networks}

[campaigns.communs]
title = "Pour les communs"
letter = {{ fr = "letter.fr.md" }}
rooms = [{", ".join(f'"{room}"' for room in rooms)}]
organisations = "organisations.csv"
""")
    return config
