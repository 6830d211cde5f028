"""Every known name, held so that the few that are like another are found without comparing it with all."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from heapq import nlargest
from typing import TYPE_CHECKING, Generic, TypeVar

from campaign.organisation.likeness import CLOSE, Profile, likeness, profile

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Id = TypeVar("Id")

_COMPARED = 60
"""How many names are compared letter by letter: those that share most with the one that is looked for."""
_LOOKED_AT = 20_000
"""How many entries of the index are looked at for one name, the most telling first: it may grow, the wait does not."""
_TELLING = 40
"""A word that more names have tells nothing by itself."""


@dataclass(frozen=True, slots=True)
class Suggestion(Generic[Id]):
    """A known organisation that may be the one meant, and how alike the names are (0 to 100)."""

    id: Id
    name: str
    likeness: float


class Names(Generic[Id]):
    """Names and sites of organisations. Not for two threads at once."""

    def __init__(self, rows: Iterable[tuple[Id, str, str]] = ()) -> None:
        self._known: dict[tuple[Id, str, str], int] = {}
        self._entries: list[tuple[Id, Profile] | None] = []
        self._sizes: list[int] = []
        self._exact: dict[str, list[int]] = defaultdict(list)
        self._grams: dict[str, list[int]] = defaultdict(list)
        self.refresh(rows)

    def __len__(self) -> int:
        return len(self._known)

    def refresh(self, rows: Iterable[tuple[Id, str, str]]) -> None:
        """Hold exactly these: an organisation's number, one of its names, its website. What is known costs nothing."""
        wanted = dict.fromkeys(rows)
        gone = [row for row in self._known if row not in wanted]
        if len(gone) > len(self._entries) // 2:
            for everything in (self._known, self._entries, self._sizes, self._exact, self._grams):
                everything.clear()
            gone = []
        for row in gone:
            self._entries[self._known.pop(row)] = None
        for row in wanted:
            if row not in self._known:
                self._add(row)

    def _add(self, row: tuple[Id, str, str]) -> None:
        id_, name, site = row
        made = profile(name, site)
        number = len(self._entries)
        self._known[row] = number
        self._entries.append((id_, made))
        grams = _grams(made.normal)
        self._sizes.append(len(grams))
        for key in _keys(made, sought=False):
            self._exact[key].append(number)
        for gram in grams:
            self._grams[gram].append(number)

    def closest(
        self, name: str, site: str = "", limit: int = 3, least: float = CLOSE
    ) -> list[Suggestion[Id]]:
        """Suggest the organisations whose name or site is like this one, the likest first: never a decision."""
        sought = profile(name, site)
        best: dict[Id, Suggestion[Id]] = {}
        for number in self._candidates(sought):
            entry = self._entries[number]
            if entry is None:
                continue
            id_, known = entry
            alike = likeness(sought, known)
            if alike >= least and (id_ not in best or best[id_].likeness < alike):
                best[id_] = Suggestion(id_, known.name, alike)
        return sorted(best.values(), key=lambda each: (-each.likeness, each.name))[:limit]

    def _candidates(self, sought: Profile) -> set[int]:
        found: set[int] = set()
        for key in _keys(sought, sought=True):
            numbers = self._exact.get(key, ())
            if len(numbers) <= _TELLING:
                found.update(numbers)
        grams = _grams(sought.normal)
        lists = sorted((self._grams.get(gram, []) for gram in grams), key=len)
        shared: Counter[int] = Counter()
        looked_at = 0
        for numbers in lists:
            looked_at += len(numbers)
            if looked_at > _LOOKED_AT and shared:
                break
            shared.update(numbers)
        size = len(grams)
        found.update(
            number
            for number, _ in nlargest(
                _COMPARED, shared.items(), key=lambda item: 2 * item[1] / (size + self._sizes[item[0]])
            )
        )
        return found


def _grams(normal: str) -> set[str]:
    """Every three letters in a row, word by word."""
    return {
        padded[at : at + 3]
        for padded in (f" {word} " for word in normal.split())
        for at in range(max(len(padded) - 2, 1))
    }


def _keys(one: Profile, *, sought: bool) -> Iterable[str]:
    """Under what a name stands in the index, or is looked for: as one word, by its words, as an acronym, by its site."""
    yield from (f"={joined}" for joined in one.called | ({one.label} if one.label else set()))
    yield from (f"~{word.meaning}" for word in one.words)
    if one.host:
        yield f"@{one.host}"
    acronyms = {word.text for word in one.words}
    if sought:
        yield from (f"^{text}" for text in acronyms)
        yield from (f"~{text}" for text in one.initials)
    else:
        yield from (f"^{text}" for text in one.initials)


def closest(name: str, candidates: Sequence[tuple[Id, str]], limit: int = 3) -> list[Suggestion[Id]]:
    """Suggest among a few names; several of one organisation (aliases) make one suggestion."""
    return Names((id_, known, "") for id_, known in candidates).closest(name, limit=limit)
