"""The texts that are signed, by language and version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, func, insert, select

from storage.rows import Queries
from storage.tables import letters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Letter:
    """One text of a letter; `hash` is the SHA-256 of it, in hexadecimal."""

    id: int
    campaign_id: int
    version: int
    language: str
    hash: str
    title: str
    summary: str
    text: str
    root_id: int | None


_ROW = select(
    letters.c.id,
    letters.c.campaign_id,
    letters.c.version,
    letters.c.language,
    letters.c.hash,
    letters.c.title,
    letters.c.summary,
    letters.c.text,
    letters.c.root_id,
)
_NEWEST = (
    select(letters.c.language, func.max(letters.c.version).label("version"))
    .where(letters.c.campaign_id == bindparam("campaign"))
    .group_by(letters.c.language)
    .subquery()
)
_CURRENT = (
    _ROW.where(letters.c.campaign_id == bindparam("campaign"))
    .join(_NEWEST, (_NEWEST.c.language == letters.c.language) & (_NEWEST.c.version == letters.c.version))
    .order_by(letters.c.root_id.is_not(None), letters.c.id)
)


class Letters(Queries):
    """What organisations put their name to."""

    def add(
        self,
        campaign_id: int,
        language: str,
        now: datetime,
        *,
        title: str,
        summary: str,
        text: str,
        root: int | None = None,
    ) -> Letter:
        """Keep the next version of a letter in one language."""
        last = self._connection.execute(
            select(func.max(letters.c.version)).where(
                letters.c.campaign_id == campaign_id, letters.c.language == language
            )
        ).scalar()
        row = self._new_id(
            insert(letters),
            {
                "campaign_id": campaign_id,
                "version": (last or 0) + 1,
                "language": language,
                "hash": hashlib.sha256(text.encode()).hexdigest(),
                "title": title,
                "summary": summary,
                "text": text,
                "root_id": root,
                "added_at": now,
            },
        )
        return self.get(row)

    def get(self, letter_id: int) -> Letter:
        """One text. Raises LookupError."""
        found = self._one(Letter, _ROW.where(letters.c.id == letter_id))
        if found is None:
            msg = f"no letter {letter_id}"
            raise LookupError(msg)
        return found

    def current(self, campaign_id: int) -> Sequence[Letter]:
        """The newest version in each language, the root's language first."""
        return self._all(Letter, _CURRENT, {"campaign": campaign_id}, keep=True)

    def in_language(self, campaign_id: int, language: str | None) -> Letter:
        """The newest text in this language, or in the root's where it was not translated. Raises LookupError."""
        found = self.current(campaign_id)
        if not found:
            msg = f"campaign {campaign_id} has no letter"
            raise LookupError(msg)
        return next((letter for letter in found if letter.language == language), found[0])
