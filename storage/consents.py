"""What people said about their name being published, and about being written to in private."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, TypeAlias

from sqlalchemy import bindparam, delete, insert, select

from storage.rows import Queries
from storage.tables import consents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

Kind: TypeAlias = Literal["publish", "contact"]
"""To be named beside the signature in what is published; to be written to in private."""

_OF = select(consents.c.kind, consents.c.given).where(consents.c.person_id == bindparam("person"))


class Consents(Queries):
    """Each is given and taken back by itself. What nobody was asked is neither."""

    def of(self, person_id: int) -> Mapping[str, bool]:
        """What a person said, by kind; what they were never asked is missing."""
        found = self._connection.execute(_OF, {"person": person_id})
        return {str(kind): bool(given) for kind, given in found}

    def say(self, person_id: int, kind: str, now: datetime, *, given: bool) -> None:
        """Keep what a person says now instead of what they said before."""
        self._connection.execute(
            delete(consents).where(consents.c.person_id == person_id, consents.c.kind == kind)
        )
        self._connection.execute(
            insert(consents), {"person_id": person_id, "kind": kind, "given": given, "at": now}
        )

    def join(self, kept: int, other: int, now: datetime) -> None:
        """Let what two people said be what one said: where they said both, the no stands."""
        mine, theirs = self.of(kept), self.of(other)
        for kind, given in theirs.items():
            if not (given and kind in mine):
                self.say(kept, kind, now, given=given)
        self._connection.execute(delete(consents).where(consents.c.person_id == other))
