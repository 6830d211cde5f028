"""What becomes of a value that stands in the organisations' file, and may have been said otherwise in chat."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

Verdict: TypeAlias = Literal["same", "follow", "keep"]


def verdict(before: str, now: str, held: str) -> Verdict:
    """Judge one value by what the file said last time, what it says now, and what we hold. Empty: nothing.

    What the file alone had is followed, also to nothing; what was said in chat since is kept, and worth a word only
    when the file has changed ("keep").
    """
    if now in (held, before):
        return "same"
    return "follow" if held == before else "keep"


def names_to_change(
    before: AbstractSet[str], now: AbstractSet[str], held: AbstractSet[str]
) -> tuple[set[str], set[str]]:
    """Say which names the file newly gives, and which it no longer gives although it alone did.

    A name that was taken away in chat is not given back by a file that has not changed.
    """
    return {*now} - before - held, ({*before} - now) & held


@dataclass(slots=True)
class Changes:
    """What reading the organisations' file again came to; each detail begins with the organisation's name."""

    added: list[str] = field(default_factory=list)
    changed: dict[str, list[str]] = field(default_factory=dict)
    """Organisation → what of it."""
    kept: dict[str, list[str]] = field(default_factory=dict)
    """Organisation → what stays as it was said in chat, although the file says otherwise now."""
    unlisted: list[str] = field(default_factory=list)
    """Organisations that stand in no file any more; they stay."""
    refused: list[str] = field(default_factory=list)
    """What could not be taken, and why."""

    def __bool__(self) -> bool:
        """Whether there is anything to tell."""
        return any((self.added, self.changed, self.kept, self.unlisted, self.refused))

    def lines(self) -> list[str]:
        """Everything, in English, a line each: for whoever runs the bot."""
        return [
            *(f"added: {name}" for name in self.added),
            *(f"changed: {name}: {what}" for name, some in self.changed.items() for what in some),
            *(f"kept as said in chat: {name}: {what}" for name, some in self.kept.items() for what in some),
            *(f"no longer in the file, but stays: {name}" for name in self.unlisted),
            *(f"refused: {one}" for one in self.refused),
        ]
