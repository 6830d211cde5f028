"""What is said beside an organisation's name when it signs, checked before anything is written."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Typed, say
from campaign.organisation import tidy_url
from campaign.signature import impossible_day, parse_mandate
from commands.organisations import lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.chat import Text
    from commands.command import Context
    from storage.signatures import Signature

LONG_AGO = timedelta(days=3653)
"""From when on a mandate is so old that its day is more likely a slip."""
_FREE = frozenset({"role", "note", "url", "mandate_kind", "mandate_link"})
"""What is typed freely and may name somebody: the audit says that it changed, not from what to what."""


class Entry:
    """The details of a signature, as they were said. Raises CampaignError for those that cannot be taken."""

    def __init__(self, ctx: Context, *, role: str, url: str, funded: str, mandate: str, note: str) -> None:
        self._said = {"role": role, "url": url, "funded": funded, "mandate": mandate, "note": note}
        self.given: dict[str, Any] = {
            column: value
            for column, value in (
                ("role", lookup.short(role)),
                ("url", tidy_url(url) if url else ""),
                ("funded", funded),
                ("note", lookup.short(note)),
            )
            if value
        }
        """The columns that were said; a mandate replaces the one before, its day and link too."""
        self._now = ctx.now.astimezone(ZoneInfo(ctx.zone))
        self._impossible = ""
        if mandate:
            mandate = lookup.short(mandate)
            read, self._impossible = parse_mandate(mandate, self._now), impossible_day(mandate, self._now)
            self.given |= {"mandate_kind": read.kind, "mandate_day": read.day, "mandate_link": read.link}

    def doubts(self) -> tuple[Text, ...]:
        """What to ask about before it is taken: a mandate of a day that does not exist, is yet to come or is long past."""
        day, confirm = self.given.get("mandate_day"), Typed("confirm")
        if self._impossible:
            ask = N_(
                "📅 The mandate is dated “{day}”, a day that does not exist. Please say it again with the right one; to keep it so: {confirm}"
            )
            return (say(ask, day=self._impossible, confirm=confirm),)
        if day is not None and day > self._now.date():
            ask = N_(
                "📅 The mandate is dated {day}, which is still to come. If that day is right, say {confirm}; if your organisation has yet to decide: {deciding}"
            )
            return (say(ask, day=Day(day), confirm=confirm, deciding=Typed("deciding", day.isoformat())),)
        if day is not None and day < self._now.date() - LONG_AGO:
            ask = N_(
                "📅 The mandate is dated {day}, more than ten years ago. If that day is right, say {confirm}; if not, say it again with the right one."
            )
            return (say(ask, day=Day(day), confirm=confirm),)
        return ()

    def changes_any(self, standing: Signature) -> bool:
        """Whether any of it is not what a signature says already."""
        return any(getattr(standing, column) != value for column, value in self.given.items())

    def arguments(self, organisation: str) -> dict[str, str]:
        """The command that would say all this again."""
        return {"organisation": organisation, **{key: value for key, value in self._said.items() if value}}

    @staticmethod
    def changes(
        standing: Signature, values: Mapping[str, Any], *, testimony: bool
    ) -> dict[str, list[str] | dict[str, str]]:
        """What the audit says of details that change a signature: from what to what, where that names nobody."""
        told = [column for column in values if column not in _FREE]
        return {
            "changed": sorted([*values, *(["testimony"] if testimony else [])]),
            "before": {column: str(getattr(standing, column) or "") for column in told},
            "after": {column: str(values[column] or "") for column in told},
        }
