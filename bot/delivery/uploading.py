"""A file is stored with its network before the message that carries it leaves."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from bot.transports.base import Limited, NotReady, Refused, Unreachable

if TYPE_CHECKING:
    from bot.delivery.freezing import Claim
    from bot.transports.base import Transport
    from storage.database import Database


class NotUploaded(NotReady):
    """A file could not be stored: its room's own trouble, whatever host it is that takes files."""


async def upload(transport: Transport, database: Database, claim: Claim) -> Claim:
    """Store the file of a dispatch, if it has one that is not yet; return it with the place, which is kept.

    Raises:
        Refused: the file is no longer held, or will never be taken.
        NotUploaded: it could not be stored now.
    """
    payload = claim.dispatch.payload
    if claim.file_id is None or payload.file_url:
        return claim
    held = claim.file_id
    file = await database.read(lambda storage: storage.dispatches.file(held))
    if file is None:
        raise Refused("the file is no longer held")
    try:
        room = claim.dispatch.room
        stored = await transport.upload(room, file.name, file.media_type, file.data)
    except Limited as limited:  # another allowance than that of messages
        raise NotUploaded(str(limited), limited.seconds) from limited
    except Unreachable as error:
        raise NotUploaded(str(error)) from error
    key = claim.dispatch.key
    await database.write(lambda storage: storage.dispatches.address_file(key, stored.url, stored.keys))
    return stored_at(claim, stored.url, stored.keys)


def stored_at(claim: Claim, url: str, keys: str) -> Claim:
    """The same with its file stored there, opened by these keys."""
    payload = replace(claim.dispatch.payload, file_url=url, file_keys=keys)
    return replace(claim, dispatch=replace(claim.dispatch, payload=payload))
