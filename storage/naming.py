"""What names one person: their accounts and what they call themselves, and taking both out of texts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

BLANK = "…"
"""What stands where a name stood."""
_OURS = frozenset({"id", "kind", "plural", "command"})
"""Fields of a message that nobody typed."""


@dataclass(frozen=True)
class Naming:
    """Accounts are nobody else's; names may be anybody's, so the caller says where they are theirs."""

    addresses: frozenset[str]
    """Their accounts."""
    places: frozenset[tuple[str, str, str]]
    """The same and what they are in single rooms, each as network, id and room."""
    names: frozenset[str]

    @property
    def words(self) -> list[str]:
        """Everything by which they may be found; not all that is found is theirs."""
        return sorted(self.addresses | self.names | {id_ for _, id_, _ in self.places})

    @property
    def accounts_alone(self) -> Naming:
        """The same without the names: for what others wrote, where a name may be somebody else's."""
        return Naming(self.addresses, self.places, frozenset())

    @cached_property
    def _account(self) -> re.Pattern[str]:
        found = "|".join(re.escape(one) for one in sorted(self.addresses, key=len, reverse=True))
        return re.compile(rf"(?:xmpp:)?(?<![\w.+@-])(?:{found})(?![\w-]|\.\w)", re.IGNORECASE)

    @cached_property
    def _word(self) -> re.Pattern[str]:
        found = "|".join(re.escape(one) for one in sorted(self.names, key=len, reverse=True))
        return re.compile(rf"(?<!\w)(?:{found})(?!\w)", re.IGNORECASE)

    def is_in(self, value: Any) -> bool:  # noqa: ANN401 - any JSON
        """Whether somewhere in a message an account stands, or a name by itself."""
        if isinstance(value, dict):
            return self._is_at(value) or any(map(self.is_in, value.values()))
        if isinstance(value, list | tuple):
            return any(map(self.is_in, value))
        if not isinstance(value, str):
            return False
        return value in self.names or bool(self.addresses and self._account.search(value))

    def without(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """The same with nothing left of them: an entry of a list that is one of their accounts goes with it."""
        if isinstance(value, dict):
            return {key: self.without(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [
                one if self._is_anothers(one) else self.without(one)
                for one in value
                if not self._is_account(one)
            ]
        if not isinstance(value, str):
            return value
        if self.addresses:
            value = self._account.sub(BLANK, value)
        return self._word.sub(BLANK, value) if self.names else value

    def _is_account(self, value: object) -> bool:
        return isinstance(value, str) and value.removeprefix("xmpp:") in self.addresses

    def _is_anothers(self, value: object) -> bool:
        """Whether an entry of a list is an account that differs from theirs in capitals: on Matrix that is another one.

        In what people typed capitals are a phone's, and theirs is meant.
        """
        return isinstance(value, str) and bool(self.addresses and self._account.fullmatch(value))

    def out_of_message(self, message: Mapping[str, Any]) -> dict[str, Any]:
        """A frozen message that names and mentions them no more, and still says what it was to say."""
        found = dict(message)
        if self._is_at(found.get("to")):
            found |= {"to": None, "to_name": ""}
        found["mentions"] = [one for one in found.get("mentions") or () if not self._is_at(one)]
        found["lines"] = self._blanked(found.get("lines") or [])
        return found

    def _is_at(self, address: Mapping[str, Any] | None) -> bool:
        at = address or {}
        return (at.get("network"), at.get("id"), at.get("room") or "") in self.places

    def _blanked(self, value: Any) -> Any:  # noqa: ANN401 - any JSON
        """Only whole values are names in a message: the words around them are the bot's own."""
        if isinstance(value, dict):
            return {key: one if key in _OURS else self._blanked(one) for key, one in value.items()}
        if isinstance(value, list | tuple):
            return [self._blanked(one) for one in value]
        if not isinstance(value, str):
            return value
        return BLANK if value in self.names else self.accounts_alone.without(value)

    def out_of(self, data: bytes) -> bytes:
        """A list that is on its way, as CSV or JSON quotes names."""
        for word in sorted(self.addresses | self.names):
            data = data.replace(f'"{word}"'.encode("utf-8", "replace"), b'""')
        return data
