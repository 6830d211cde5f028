"""The texts that are signed, by language and version."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import bindparam, delete, func, insert, select, update

from campaign import letter as rules
from campaign.letter import Version
from storage.rows import Queries
from storage.tables import letters, polls

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.letter import Change


@dataclass(frozen=True, slots=True)
class Letter:
    """One text of a letter; `hash` is the SHA-256 of it, in hexadecimal, `added_at` (UTC) when it became what it is."""

    id: int
    campaign_id: int
    version: int
    language: str
    hash: str
    title: str
    summary: str
    text: str
    root_id: int | None
    change: Change
    added_at: datetime


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
    letters.c.change,
    letters.c.added_at,
)
_DRAFT = letters.c.change.in_(("pending", "dropped"))
_NEWEST = (
    select(letters.c.language, func.max(letters.c.version).label("version"))
    .where(letters.c.campaign_id == bindparam("campaign"), ~_DRAFT)
    .group_by(letters.c.language)
    .subquery()
)
_CURRENT = (
    _ROW.where(letters.c.campaign_id == bindparam("campaign"))
    .join(_NEWEST, (_NEWEST.c.language == letters.c.language) & (_NEWEST.c.version == letters.c.version))
    .order_by(letters.c.root_id.is_not(None), letters.c.id)
)
_DRAFTS = _ROW.where(letters.c.campaign_id == bindparam("campaign"), _DRAFT).order_by(
    letters.c.root_id.is_not(None), letters.c.id
)
_VERSIONS = (
    select(
        letters.c.id,
        letters.c.language,
        letters.c.version,
        letters.c.change,
        letters.c.root_id,
        letters.c.hash,
        letters.c.added_at,
    )
    .where(letters.c.campaign_id == bindparam("campaign"))
    .order_by(letters.c.root_id.is_not(None), letters.c.language, letters.c.version)
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
        change: Change = "first",
    ) -> Letter:
        """Keep the next version of a letter in one language; a translation with the version of the root it is of."""
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
                "hash": _hash(text),
                "title": title,
                "summary": summary,
                "text": text,
                "root_id": root,
                "change": change,
                "added_at": self._after_polls(campaign_id, now),
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
        """The letter as it is now, in each language, the root's first."""
        return self._all(Letter, _CURRENT, {"campaign": campaign_id}, keep=True)

    def in_language(self, campaign_id: int, language: str | None) -> Letter:
        """The newest text in this language, or in the root's where it was not translated. Raises LookupError."""
        found = self.current(campaign_id)
        if not found:
            msg = f"campaign {campaign_id} has no letter"
            raise LookupError(msg)
        return next((letter for letter in found if letter.language == language), found[0])

    def to_sign(self, campaign_id: int, language: str | None) -> Letter:
        """The text that is signed in this language: the root's where the translation says something else. Raises LookupError."""
        chosen = rules.to_sign(self.versions(campaign_id), language)
        if chosen is None:
            msg = f"campaign {campaign_id} has no letter"
            raise LookupError(msg)
        return next(letter for letter in self.current(campaign_id) if letter.id == chosen.id)

    # --- versions

    def versions(self, campaign_id: int) -> Sequence[Version]:
        """Every version there is of a letter, drafts too: the root's language first, the oldest first in each."""
        return self._all(Version, _VERSIONS, {"campaign": campaign_id}, keep=True)

    def overtaken(self, campaign_id: int) -> frozenset[int]:
        """The texts (their ids) whose signatories a later change of substance asks again."""
        return rules.overtaken(self.versions(campaign_id))

    def is_overtaken_since(self, campaign_id: int, language: str | None, at: datetime) -> bool:
        """Whether a change of substance came since then (UTC) to what is signed in a language."""
        return rules.is_overtaken_since(self.versions(campaign_id), language, at)

    def drafts(self, campaign_id: int) -> Sequence[Letter]:
        """What is not the letter and was never signed, one in a language at most: pending, or dropped by a campaigner."""
        return self._all(Letter, _DRAFTS, {"campaign": campaign_id}, keep=True)

    def pending(self, campaign_id: int) -> list[Letter]:
        """The changed texts of which no campaigner has said yet what they are, the root's first."""
        return [one for one in self.drafts(campaign_id) if one.change == "pending"]

    def replace(self, letter_id: int, now: datetime, *, root: int | None, **values: str) -> None:
        """Let a draft have another text (`title`, `summary`, `text`), and wait from now on."""
        at = self._after_polls(self.get(letter_id).campaign_id, now)
        self._connection.execute(
            update(letters)
            .where(letters.c.id == letter_id)
            .values(**values, hash=_hash(values["text"]), root_id=root, change="pending", added_at=at)
        )

    def settle(self, letter_id: int, change: Change, now: datetime) -> None:
        """Say what a draft is: it becomes the letter from now on, or never does (`dropped`)."""
        at = self._after_polls(self.get(letter_id).campaign_id, now)
        self._connection.execute(
            update(letters).where(letters.c.id == letter_id).values(change=change, added_at=at)
        )

    def forget(self, letter_id: int, root: int | None) -> None:
        """Forget a draft whose file is as it was before; what translated it translates the root as it is."""
        self._connection.execute(update(letters).where(letters.c.root_id == letter_id).values(root_id=root))
        self._connection.execute(delete(letters).where(letters.c.id == letter_id))

    def _after_polls(self, campaign_id: int, now: datetime) -> datetime:
        """When a text becomes what it is: after every poll that was opened before, though the clock was set back since.

        A poll that lets the collective sign is about the text there was when it was opened, and no other.
        """
        query = select(func.max(polls.c.opened_at)).where(polls.c.campaign_id == campaign_id)
        opened = self._connection.execute(query).scalar()
        return now if opened is None or opened < now else opened + timedelta(microseconds=1)


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
