"""Questions the bot asked a person, and what each answer would run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from storage.rows import Queries
from storage.tables import prompts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that waits: each choice is `{"command": name, "arguments": {...}}`."""

    id: int
    person_id: int
    room_id: int
    choices: list[dict[str, Any]]
    asked_at: datetime


_ROW = select(prompts.c.id, prompts.c.person_id, prompts.c.room_id, prompts.c.choices, prompts.c.asked_at)


class Prompts(Queries):
    """What was asked and not yet answered."""

    def ask(
        self,
        person_id: int,
        room_id: int,
        choices: Sequence[dict[str, Any]],
        now: datetime,
        expires_at: datetime,
    ) -> int:
        """Remember a question; the one before it in this room no longer waits."""
        self._connection.execute(
            update(prompts)
            .where(
                prompts.c.person_id == person_id,
                prompts.c.room_id == room_id,
                prompts.c.answered_at.is_(None),
            )
            .values(answered_at=now)
        )
        return self._new_id(
            insert(prompts),
            {
                "person_id": person_id,
                "room_id": room_id,
                "choices": list(choices),
                "asked_at": now,
                "expires_at": expires_at,
            },
        )

    def get(self, prompt_id: int, now: datetime) -> Prompt | None:
        """A question that still waits."""
        return self._one(
            Prompt,
            _ROW.where(
                prompts.c.id == prompt_id, prompts.c.answered_at.is_(None), prompts.c.expires_at > now
            ),
        )

    def waiting(self, person_id: int, room_id: int, now: datetime) -> Prompt | None:
        """The question that waits for this person in this room."""
        return self._one(
            Prompt,
            _ROW.where(
                prompts.c.person_id == person_id,
                prompts.c.room_id == room_id,
                prompts.c.answered_at.is_(None),
                prompts.c.expires_at > now,
            )
            .order_by(prompts.c.id.desc())
            .limit(1),
        )

    def answer(self, prompt_id: int, now: datetime) -> None:
        """Mark a question as answered."""
        self._connection.execute(update(prompts).where(prompts.c.id == prompt_id).values(answered_at=now))
