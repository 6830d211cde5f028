"""Whether names that are the same organisation's are found, and those that only look like it are left apart."""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, NamedTuple

from benchmarks.measures import table
from campaign.errors import CampaignError
from campaign.organisation import SAME, Names, doubt, normal_form, tidy_name
from tests.data import make_names

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

OTHER_SEED = 1
"""The seed of the second list, which nobody looked at while the matcher was made."""
Pair = tuple[int, int]


class Signed(NamedTuple):
    """A line of the made list: see `tests/data/make_names.py`."""

    number: int
    name: str
    website: str
    organisation: int
    kind: str
    family: str


class Found(NamedTuple):
    """What came of one list: pairs of signatures, each once."""

    rows: Sequence[Signed]
    same: frozenset[Pair]
    """Those of one organisation, by the key."""
    alike: frozenset[Pair]
    """Those of two organisations of a family that looks alike."""
    flagged: frozenset[Pair]
    """Those that may be the same, says the bot."""

    @property
    def precision(self) -> float:
        """How many of the flagged pairs are one organisation's."""
        return len(self.flagged & self.same) / len(self.flagged)

    @property
    def recall(self) -> float:
        """How many of the pairs of one organisation are flagged."""
        return len(self.flagged & self.same) / len(self.same)


def look(seed: int) -> Found:
    """Ask for every name of a list which others may be the same, as the bot asks when one is typed."""
    rows = [Signed(*row) for row in make_names.signatures(seed)]
    real = [row for row in rows if row.organisation]
    known = Names((row.number, row.name, row.website) for row in real)
    flagged = {
        _pair(row.number, other.id)
        for row in real
        for other in known.closest(row.name, row.website, limit=len(real), least=SAME)
        if other.id != row.number
    }
    return Found(
        rows,
        frozenset(_pairs(real, lambda row: row.organisation)),
        frozenset(_pairs((row for row in real if row.family), lambda row: row.family))
        - frozenset(_pairs(real, lambda row: row.organisation)),
        frozenset(flagged),
    )


def _pair(one: int, other: int) -> Pair:
    return (min(one, other), max(one, other))


def _pairs(rows: Iterable[Signed], by: Callable[[Signed], object]) -> Iterable[Pair]:
    together = defaultdict(list)
    for row in rows:
        together[by(row)].append(row.number)
    for numbers in together.values():
        yield from (_pair(*pair) for pair in combinations(numbers, 2))


def overall(found: Found) -> Sequence[str]:
    """The verdict on one list, as cells."""
    right = len(found.flagged & found.same)
    return [
        str(len(found.rows)),
        f"{len(found.same):,}",
        f"{len(found.flagged):,}",
        f"{found.precision:.4f}",
        f"{found.recall:.4f}",
        f"{len(found.flagged) - right}",
        f"{len(found.flagged & found.alike)} of {len(found.alike)}",
    ]


def by_way(found: Found) -> dict[str, tuple[int, int]]:
    """For each way of writing a name a second time, how many pairs in which it plays a part are flagged, and of how many."""
    rows = {row.number: row for row in found.rows}
    flagged: Counter[str] = Counter()
    every: Counter[str] = Counter()
    for pair in found.same:
        for way in {way for number in pair for way in rows[number].kind.split("+")} - {"first"}:
            every[way] += 1
            flagged[way] += pair in found.flagged
    return {way: (flagged[way], every[way]) for way in make_names.WAYS}


def by_family(found: Found) -> dict[str, tuple[int, int]]:
    """For each way of looking alike, how many pairs of two organisations are flagged, and of how many."""
    family = {row.number: row.family.partition(":")[0] for row in found.rows}
    every = Counter(family[one] for one, _ in found.alike)
    wrong = Counter(family[one] for one, _ in found.alike & found.flagged)
    return {kind: (wrong[kind], every[kind]) for kind in sorted(every)}


def entries(found: Found) -> dict[str, tuple[int, int]]:
    """What the entry checks make of the lines: placeholders refused, persons asked about, organisations disturbed."""
    seen: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for row in found.rows:
        try:
            asked = doubt(tidy_name(row.name))
            refused = False
        except CampaignError:
            asked, refused = None, True
        address = refused and any(way == "domain" for way in row.kind.split("+"))
        for what, counted, hit in (
            ("placeholders refused", row.kind == "placeholder", refused),
            ("persons asked about", row.kind == "person", asked is not None and asked.kind == "person"),
            ("organisations refused, addresses apart", bool(row.organisation) and row.kind != "person", refused and not address),
            ("organisations taken for persons", bool(row.organisation) and row.kind != "person", asked is not None and asked.kind == "person"),
            ("organisations surely taken for two", bool(row.organisation) and row.kind != "person", asked is not None and asked.kind == "several" and asked.sure),
        ):  # fmt: skip
            if counted:
                seen[what][0] += hit
                seen[what][1] += 1
    return {what: (hit, every) for what, (hit, every) in seen.items()}


def one_identity(found: Found) -> int:
    """How many pairs of two organisations have one normal form, and would be taken for one without a question."""
    forms = defaultdict(set)
    for row in found.rows:
        if row.organisation:
            forms[normal_form(row.name)].add(row.organisation)
    return sum(len(who) - 1 for who in forms.values())


def main(arguments: Sequence[str] | None = None) -> None:
    """Look at both lists, and print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=OTHER_SEED, help="of the second list")
    given = parser.parse_args(arguments)
    lists = {"the kept list": look(make_names.SEED), f"seed {given.seed}": look(given.seed)}
    head = (
        "",
        "signatures",
        "pairs of one",
        "flagged",
        "precision",
        "recall",
        "false alarms",
        "of them look-alikes",
    )
    print(table(head, [[what, *overall(found)] for what, found in lists.items()]))
    for title, of in (
        ("found, by how it is written a second time", by_way),
        ("flagged though they are two, by how they look alike", by_family),
        ("entry checks", entries),
    ):
        found = [of(one) for one in lists.values()]
        kinds = dict.fromkeys(kind for one in found for kind in one)
        rows = [[kind, *("{} of {}".format(*one.get(kind, (0, 0))) for one in found)] for kind in kinds]
        print("", table((title, *lists), rows), sep="\n")
    print(
        f"\nTwo organisations under one normal form: {', '.join(str(one_identity(one)) for one in lists.values())}."
    )


if __name__ == "__main__":
    main()
