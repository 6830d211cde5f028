"""What a connection to a network begins with: where reading goes on, as which device, and what is left from before."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from bot.accounts import devices
from bot.transports.base import LoginRefused, Start
from campaign.chat import MATRIX, XMPP, Address, Room, Sealed

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from bot.config import Config, Settings
    from commands.command import House
    from storage.storage import Storage


def start_of(storage: Storage, network: str, config: Config, house: House, now: datetime) -> Start:
    """Put together what a network starts with. Raises LoginRefused if its login was kept for another data folder."""
    device = devices.of_account(storage, house, network, account_of(config.settings, network), now)
    login = config.logins.get(network)
    if login is not None and login.device not in ("", device):
        raise LoginRefused(
            f"the login that was kept is of device {login.device}, and this data folder's is another"
        )
    rooms = [room.address for room in storage.rooms.wanted(network) if not (network == XMPP and room.direct)]
    return Start(
        cursors=storage.inbox.cursors(network),
        rooms=tuple(rooms),
        device=device,
        unsure={row.key: row.address for row in storage.dispatches.sending(network)},
        sealed=storage.unread.sessions(network),
    )


def kept(storage: Storage, network: str, sessions: Collection[tuple[str, str]]) -> Sequence[Sealed]:
    """What is kept sealed of these rooms and sessions, oldest first."""
    return [
        Sealed(
            Room(network, row.room),
            row.event,
            Address(network, row.sender),
            row.session,
            json.dumps(row.payload),
            row.received_at,
        )
        for row in storage.unread.waiting(network, sessions)
    ]


def account_of(settings: Settings, network: str) -> str:
    """The account the bot has on a network, as its config says."""
    if network == MATRIX and settings.matrix:
        return settings.matrix.user
    if network == XMPP and settings.xmpp:
        return settings.xmpp.jid
    return ""
