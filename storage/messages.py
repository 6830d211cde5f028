"""A message as it is kept: plain JSON values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from campaign.chat import Message

if TYPE_CHECKING:
    from collections.abc import Mapping

_MESSAGE = TypeAdapter(Message)


def freeze(message: Message) -> dict[str, Any]:
    """Turn a message into plain JSON values."""
    frozen: dict[str, Any] = _MESSAGE.dump_python(message, mode="json")
    return frozen


def thaw(frozen: Mapping[str, Any]) -> Message:
    """Turn what `freeze` made into the message again."""
    return _MESSAGE.validate_python(frozen)
