"""By whose invitation the bot comes into a room, and how many of them it takes."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.authority import host_of
from campaign.chat import MATRIX, N_, Invited, Text, say

if TYPE_CHECKING:
    from commands.command import House
    from storage.rooms import RoomRow
    from storage.storage import Storage

LATELY = timedelta(hours=1)
MOST_ROOMS_LATELY = 20
"""How many rooms the bot is taken into within an hour by people who are no administrators."""
MOST_CHATS_LATELY = 500
"""The same for private chats: a room of two hundred may all want one at once."""
MOST_OF_ONE = 10
"""How many of either may be one person's: nobody alone keeps all others out."""
MOST_ROOMS = 200
"""In how many rooms it is at most that no campaign lists."""
MOST_REFUSED_LATELY = 100
"""How many invitations it declines within an hour: what is more waits, and costs nothing."""

_ROOMS, _CHATS, _REFUSED = "invitations", "invitations to chats", "invitations declined"
"""Scopes of the inbox under which rooms are entered that an invitation was about."""


def is_welcome(storage: Storage, house: House, event: Invited, room: RoomRow | None) -> bool:
    """Whether it is one to take whoever else invites: an administrator's, or one into a room that is wanted anyway.

    A room of the config is, until it sends the bot away. From then on anybody could bring it back there against the
    room's will, or into a room of their own that they have made at the address of one that was closed.
    """
    if event.by in house.admins:
        return True
    if room is None or room.sent_away:
        return False
    return room.state == "wanted" or _is_listed(storage, room)


def refusal(storage: Storage, house: House, event: Invited, room: RoomRow | None) -> Text | None:
    """Why an invitation is declined; None where it is taken, which is written down.

    People of the servers in the config may invite the bot into rooms and chats; whoever shares a room of a campaign with
    it, into a chat.
    """
    if is_welcome(storage, house, event, room):
        return None
    network = event.room.network
    hosted = (network, host_of(event.by)) in house.invites
    direct = event.direct and not _is_listed(storage, room)  # that word is the inviter's own
    if not (hosted or (direct and _shares(storage, event))):
        if (
            event.by.id == event.room.id
        ):  # on XMPP, of a room that hides who is who: it may well be one of them
            return say(N_("This room hides who invites me: one of my administrators can invite me directly."))
        return say(N_("I only come when one of my administrators invites me: please ask one of them."))
    if not direct and storage.rooms.unlisted(network) >= MOST_ROOMS:
        return say(N_("I am in as many rooms as I can be. One of my administrators can still invite me."))
    scope, most = (_CHATS, MOST_CHATS_LATELY) if direct else (_ROOMS, MOST_ROOMS_LATELY)
    limits = {scope: most}
    if (
        network == MATRIX
    ):  # on XMPP that is the scope of their chat; either is emptied when they ask to be forgotten
        limits[event.by.id] = MOST_OF_ONE
    if any(storage.inbox.count(network, one, event.at - LATELY) >= limits[one] for one in limits):
        return say(N_("Many have invited me just now: please invite me again in an hour."))
    # Into the same room as well: whoever sends the bot away and invites it again keeps it, and the campaigners, busy.
    storage.inbox.take(
        network, [(one, f"{event.room.id} {event.at.isoformat()}") for one in limits], event.at
    )
    return None


def is_declined(storage: Storage, event: Invited) -> bool:
    """Whether an invitation that is not taken is declined, which is written down, rather than left to wait."""
    network = event.room.network
    if storage.inbox.count(network, _REFUSED, event.at - LATELY) >= MOST_REFUSED_LATELY:
        return False
    storage.inbox.take(network, [(_REFUSED, event.room.id)], event.at)
    return True


def _is_listed(storage: Storage, room: RoomRow | None) -> bool:
    """Whether a room is a campaign's or the campaigners', and so nobody's private chat."""
    return room is not None and (room.admin or bool(storage.rooms.campaigns_of(room.id)))


def _shares(storage: Storage, event: Invited) -> bool:
    rooms = [storage.rooms.find(event.room.network, shared) for shared in event.shared]
    return any(room is not None and storage.rooms.campaigns_of(room.id) for room in rooms)
