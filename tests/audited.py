"""Notices what changes a signature, an organisation, a poll or a right and is not written down in the audit."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Delete, Engine, Insert, Update, event

from bot.intake.effects import Effects
from storage.tables import audit

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pytest

CHANGES = frozenset(
    {
        *("signatures", "disputes", "organisations", "organisation_names", "merges", "representatives"),
        *("revocations", "campaign_organisations", "campaigns", "campaign_rooms", "polls", "electors"),
        *("ballots", "deadlines", "letters", "consents", "questions"),
    }
)
"""Tables of which no row may change without a line in the audit."""
PASSING = frozenset({("campaign_organisations", frozenset({"room_id"}))})
"""Where an organisation's people last spoke: nobody decides that."""


@contextmanager
def watched() -> Iterator[dict[str, int]]:
    """Count what is written meanwhile, table by table."""
    written: dict[str, int] = {}

    def execute(conn: Any, clauseelement: Any, multiparams: Any, params: Any, execution_options: Any) -> None:
        statement = clauseelement
        if isinstance(statement, Insert | Update | Delete):
            table = statement.table.name
            columns = {getattr(one, "key", one) for one in (getattr(statement, "_values", None) or {})}
            given = {key for one in (*multiparams, params or {}) if isinstance(one, dict) for key in one}
            columns |= {key for key in given if key in statement.table.c}
            if isinstance(statement, Update) and (table, frozenset(columns)) in PASSING:
                return
            written[table] = written.get(table, 0) + 1

    event.listen(Engine, "before_execute", execute)
    try:
        yield written
    finally:
        event.remove(Engine, "before_execute", execute)


def refuse_what_is_not_written_down(patch: pytest.MonkeyPatch) -> list[str]:
    """From now on, note in the returned list every event that changed something and left no line in the audit."""
    missing: list[str] = []
    take = Effects.of

    def of(self: Effects, what: Any, *rest: Any) -> Any:
        with watched() as written:
            taken = take(self, what, *rest)
        changed = CHANGES & written.keys()
        if changed and audit.name not in written:
            missing.append(f"{getattr(what, 'text', type(what).__name__)}: {', '.join(sorted(changed))}")
        return taken

    patch.setattr(Effects, "of", of)
    return missing
