"""What is said beside an organisation's name when it signs, checked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Typed, say
from campaign.organisation import tidy_url
from campaign.signature import parse_mandate
from commands.organisations import lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from campaign.chat import Text
    from commands.command import Context
    from storage.signatures import Signature

_FREE = frozenset({"role", "note", "url", "mandate_kind", "mandate_link"})
"""What is typed freely and may name somebody: the audit says that it changed, not from what to what."""


class Entry:
    """The details of a signature, as they were said. Raises CampaignError for those that cannot be taken."""

    def __init__(self, *, role: str, url: str, funded: str, mandate: str, note: str) -> None:
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
        if mandate:
            read = parse_mandate(lookup.short(mandate))
            self.given |= {"mandate_kind": read.kind, "mandate_day": read.day, "mandate_link": read.link}

    def doubts(self, ctx: Context) -> tuple[Text, ...]:
        """What to ask about before it is taken: a mandate that nobody can have given yet."""
        day = self.given.get("mandate_day")
        if day is None or day <= ctx.now.astimezone(ZoneInfo(ctx.zone)).date():
            return ()
        ask = N_(
            "📅 The mandate is dated {day}, which is still to come. If that day is right, say {confirm}; if your organisation has yet to decide: {deciding}"
        )
        deciding = Typed("deciding", day.isoformat())
        return (say(ask, day=Day(day), confirm=Typed("confirm"), deciding=deciding),)

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
