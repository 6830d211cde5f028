"""The words of chat as plain values: who and where, what happened, and what to say back.

Everything here is data. Transports produce events from it, commands answer in it, the outbox stores it as JSON.
All instants are timezone-aware and in UTC.
"""

from campaign.chat.event import (
    Balloted,
    Bounced,
    Echo,
    Event,
    Invited,
    Joined,
    Reacted,
    Redacted,
    Removed,
    Said,
    Sealed,
    Submitted,
    Unreadable,
)
from campaign.chat.message import File, Intent, Message, PollCard
from campaign.chat.place import MATRIX, NETWORKS, XMPP, Address, Room
from campaign.chat.words import (
    N_,
    NN_,
    Day,
    Link,
    Listing,
    Markdown,
    Moment,
    Named,
    Text,
    Typed,
    Value,
    say,
    say_many,
)

__all__ = [
    "MATRIX",
    "NETWORKS",
    "NN_",
    "N_",
    "XMPP",
    "Address",
    "Balloted",
    "Bounced",
    "Day",
    "Echo",
    "Event",
    "File",
    "Intent",
    "Invited",
    "Joined",
    "Link",
    "Listing",
    "Markdown",
    "Message",
    "Moment",
    "Named",
    "PollCard",
    "Reacted",
    "Redacted",
    "Removed",
    "Room",
    "Said",
    "Sealed",
    "Submitted",
    "Text",
    "Typed",
    "Unreadable",
    "Value",
    "say",
    "say_many",
]
