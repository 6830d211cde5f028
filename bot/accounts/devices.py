"""The device this installation is on a network: what makes a message sent twice one message."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from campaign.chat import MATRIX, N_, say
from commands import tell
from commands.places import membership

if TYPE_CHECKING:
    from datetime import datetime

    from commands.command import House
    from storage.storage import Storage


def fresh() -> str:
    """A device that nobody has yet."""
    return f"TOCSIN{secrets.token_hex(4).upper()}"


def of_account(storage: Storage, house: House, network: str, account: str, now: datetime) -> str:
    """Return the device of an account, beginning a new one if there is none."""
    new = fresh()
    device = storage.inbox.device(network, account, new)
    if device == new:
        forgotten(storage, house, network, now)
    return device


def become(storage: Storage, house: House, network: str, account: str, *, device: str, now: datetime) -> None:
    """Be this device from now on."""
    if storage.inbox.device(network, account, device) != device:
        storage.inbox.change_device(network, account, device)
        forgotten(storage, house, network, now)


def lost(storage: Storage, house: House, network: str, account: str, now: datetime) -> None:
    """Have the next connection begin a new device, and tell the administrators: the keys of the old one do not come back."""
    storage.inbox.forget_device(network, account)
    text = say(
        N_(
            "🔒 My keys for encrypted rooms are lost: I begin anew, as a new device. What was written there lately and has no answer has to be written again."
        )
    )
    tell.put(storage, tell.admins(storage, house, text), now)


def forgotten(storage: Storage, house: House, network: str, now: datetime) -> None:
    """Leave what was begun as a device that the server knows no more, or that is another from now on.

    Only to the device that sent it does a Matrix server show a message's key, or take it for the same again; with the
    end of a session it forgets that.
    """
    if network == MATRIX:
        begun = storage.dispatches.sending(network)
        tell.put(storage, membership.doubt(storage, house, begun, "another device", now), now)
