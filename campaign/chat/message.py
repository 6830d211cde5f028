"""What is sent: messages, files and polls as a network may show them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from campaign.chat.place import Address  # noqa: TC001 - pydantic reads these annotations when the outbox is decoded
from campaign.chat.words import Text  # noqa: TC001 - as above


@dataclass(frozen=True, slots=True)
class File:
    """A file to hand over; its bytes are deleted once it is delivered."""

    name: str
    media_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class PollCard:
    """A poll as a network may show it: one question, and answers of which exactly one can be chosen."""

    question: Text
    answers: tuple[tuple[str, Text], ...]
    """Key → words of each answer, in the order in which they are offered. Keys are the procedure's own words."""


@dataclass(frozen=True, slots=True)
class Message:
    """Something to say in a room: lines, whom it addresses, and whether their phone may ring."""

    lines: tuple[Text, ...]
    to: Address | None = None
    """The person answered: named and mentioned."""
    to_name: str = ""
    mentions: tuple[Address, ...] = ()
    rings: bool = False
    """A reminder is meant to notify; an answer is not."""
    purpose: str = ""
    """What a reaction to it means, e.g. "letter:3" or "prompt:12"; empty: nothing."""
    private: bool = False
    """Only for a chat of exactly two: checked again when it leaves."""
    card: PollCard | None = None
    """With the intent "poll": what is shown where a network shows polls; elsewhere nothing is."""


Intent: TypeAlias = Literal["message", "join", "leave", "poll", "end", "edit", "pin", "unpin", "react"]
"""What is to happen: something said; a room entered or left; a poll shown (`Message.card`) or ended with some words; an
earlier message of ours put in other words, pinned or unpinned; a reaction (the first line is its key) to the message
that this one answers. What a network cannot show is settled without a trace."""
