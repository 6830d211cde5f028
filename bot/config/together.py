"""What must go together in a config, and what is worth a remark."""

from __future__ import annotations

import os
import re
import ssl
from contextlib import suppress
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from bot.config.files import why
from bot.config.schema import Bot, instant, local
from bot.config.tables import campaigns, items, table, word
from bot.config.values import account, deadline, known_zone, room_address
from bot.transports.tls import is_exposed, is_loopback
from campaign.account import is_server
from campaign.chat import MATRIX, NETWORKS, XMPP
from storage.opening import remedy

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from pathlib import Path


_WITHOUT_SERVER = re.compile(r"![A-Za-z0-9_-]{43}")
"""The id of a Matrix room of version 12 or later, which is a hash."""


def checks(raw: Mapping[str, Any], folder: Path) -> list[str]:
    """What is wrong though each value has its form; paths are relative to the folder."""
    problems: list[str] = []
    if not {"matrix", "xmpp"} & raw.keys():
        problems.append("the config: expected a [matrix] or an [xmpp] section, or both")
    xmpp, homeserver = table(raw, "xmpp"), word(table(raw, "matrix"), "homeserver")
    if xmpp.get("tls") == "off" and not is_loopback(word(xmpp, "host")):
        problems.append('xmpp.tls: "off" — expected "on", unless host is this very machine ("127.0.0.1")')
    if is_exposed(homeserver):
        problems.append(
            f"matrix.homeserver: {homeserver!r} — expected https, unless it is this very machine "
            '("http://127.0.0.1:8008"): the login could be read on the way'
        )
    problems += [
        f'campaigns.{key}.counts: "declared" — expected "confirmed", or no second_person: '
        "it asks for two people where this asks for none"
        for key, one in campaigns(raw)
        if one.get("counts") == "declared" and one.get("second_person") is True
    ]
    data = word(table(raw, "bot"), "data")
    if data and _is_file(folder / data):
        problems.append(f"bot.data: {data!r} — expected a folder: that is a file")
    return problems + _rooms(raw) + _sides(raw)


def _is_file(path: Path) -> bool:
    """Whether that is a file, as far as this user may look."""
    try:
        return path.is_file()
    except PermissionError:
        return False


def certificates(raw: Mapping[str, Any], folder: Path) -> list[str]:
    """What is wrong with the files of certificates; paths are relative to the folder."""
    problems: list[str] = []
    for network in (MATRIX, XMPP):
        ca_file = word(table(raw, network), "ca_file")
        if ca_file:
            try:
                ssl.create_default_context(cafile=folder / ca_file)
            except ssl.SSLError:
                problems.append(f"{network}.ca_file: {ca_file!r} — expected certificates in PEM form")
            except (OSError, ValueError) as error:
                problems.append(f"{network}.ca_file: {ca_file!r} — cannot be read: {why(error)}")
    return problems


def _sides(raw: Mapping[str, Any]) -> list[str]:
    """A room that is a side of two others: nobody could say which of them hears what."""
    pairs = items(table(raw, "bot"), "same_room")
    typed = [one for sides in pairs if isinstance(sides, list) for one in sides]
    known = {one for one in typed if isinstance(one, str)}
    return [
        f"bot.same_room: {one!r} stands there twice — expected each room in one pair"
        for one in sorted(known)
        if typed.count(one) > 1
    ]


def _rooms(raw: Mapping[str, Any]) -> list[str]:
    """Rooms without their network, or listed where they do harm."""
    problems: list[str] = []
    rooms: dict[tuple[str, str], str] = {}
    for where, section, key in (
        ("bot.admin_rooms", table(raw, "bot"), "admin_rooms"),
        *((f"campaigns.{key}.rooms", one, "rooms") for key, one in campaigns(raw)),
    ):
        for typed in items(section, key):
            try:
                network, address = room_address(typed)
            except ValueError:
                continue  # the schema says so
            first = rooms.setdefault((network, address), where)
            if (first == "bot.admin_rooms") != (where == "bot.admin_rooms"):
                problems.append(
                    f"{where}: {typed!r} — expected another room than in {first}: "
                    "what campaigners are told would be read by the campaign"
                )
            if network not in raw:
                problems.append(f"{where}: {address!r} — expected a [{network}] section to go with it")
    return problems + _people(raw, rooms)


def _people(raw: Mapping[str, Any], rooms: Mapping[tuple[str, str], str]) -> list[str]:
    """Campaigners that are rooms, so that nobody would ever be one; and a bot that no campaigner could speak to."""
    problems: list[str] = []
    networks = set()
    own = {
        MATRIX: word(table(raw, MATRIX), "user").casefold(),
        XMPP: word(table(raw, XMPP), "jid").casefold(),
    }
    typed = table(raw, "bot").get("admins", [])
    for one in items(table(raw, "bot"), "admins"):
        with suppress(ValueError):
            campaigner = account(one)
            networks.add(campaigner.network)
            if campaigner.id == own[campaigner.network]:
                problems.append(
                    f"bot.admins: {one!r} — expected the account of a person: it is the bot's own"
                )
            where = rooms.get((campaigner.network, campaigner.id))
            if where:
                problems.append(
                    f"bot.admins: {one!r} — expected the account of a person: it is a room in {where}"
                )
    if typed == []:
        problems.append(
            'bot.admins: nobody — expected at least one account, such as "@lou:example.org" or '
            '"xmpp:lou@example.org": without a campaigner nobody can verify, open a poll, relay or export'
        )
    elif networks and not networks & raw.keys():
        problems.append(
            f"bot.admins: all on {' and '.join(NETWORKS[one] for one in sorted(networks))} — expected at least one "
            "on a network that the bot is on, too: no other can tell it anything"
        )
    return problems


def thorough(raw: Mapping[str, Any], folder: Path) -> list[str]:
    """What only `tocsin check` finds wrong: where the bot could not keep its data, and rooms it would look for in vain.

    Not said of a config in general: the rooms of the demo are on no server, and a backup is made of a folder that became
    read-only, too.
    """
    return [*_place(raw, folder), *dict.fromkeys(_unreachable(raw))]


def _place(raw: Mapping[str, Any], folder: Path) -> Iterator[str]:
    """A data folder that cannot be made or written. Nothing is left of trying: what is made has no name."""
    data = word(table(raw, "bot"), "data") or str(Bot().data)
    path = folder / data
    if _is_file(path):
        return  # `checks` says so
    there = next(one for one in (path, *path.parents) if os.path.lexists(one))
    try:
        TemporaryFile(dir=there).close()
    except OSError as error:
        yield f"bot.data: {data!r} — cannot be used: {error.strerror}. {remedy(error)}"


def _unreachable(raw: Mapping[str, Any]) -> Iterator[str]:
    """Rooms of Matrix that no server can find: what makes an address one is its server."""
    bot = table(raw, "bot")
    pairs = items(bot, "same_room")
    rooms = {"bot.admin_rooms": items(bot, "admin_rooms")}
    rooms |= {f"campaigns.{key}.rooms": items(campaign, "rooms") for key, campaign in campaigns(raw)}
    rooms["bot.same_room"] = [room for pair in pairs if isinstance(pair, list) for room in pair]
    for where, named in rooms.items():
        for typed in named:
            with suppress(ValueError):  # the schema says so
                network, address = room_address(typed)
                server = address.partition(":")[2]
                if network == MATRIX and not is_server(server) and not _WITHOUT_SERVER.fullmatch(address):
                    yield f'{where}: {address!r} — expected its server as well, such as "{_such_as(address)}"'


def _such_as(address: str) -> str:
    """A whole address for one that was begun; with the server that stands there, behind another sign than a colon."""
    if "@" in address:
        return f"xmpp:{address.lstrip('#!')}"
    name, *behind = re.split(r"[^\w=+-]", address[1:], maxsplit=1)
    server = next((one for one in behind if "." in one and is_server(one)), "example.org")
    return f"{address[0]}{name}:{server}"


def hardly_meant(raw: Mapping[str, Any], now: datetime) -> list[str]:
    """What is allowed, but was hardly meant; a line each."""
    if not table(raw, "campaigns"):
        return ["there is no campaign: nothing can be signed"]
    found = []
    for key, campaign in campaigns(raw):
        if not campaign.get("rooms"):
            found.append(f"campaigns.{key}.rooms: none: nobody will read of the letter")
        zone = word(campaign, "timezone") or word(table(raw, "bot"), "timezone") or Bot().timezone
        with suppress(ValueError):  # of the deadline or of the zone: the schema says so
            at = instant(deadline(campaign.get("deadline")), known_zone(zone))
            if at <= now:
                found.append(f"campaigns.{key}.deadline: {local(at, zone)} has passed")
    return found
