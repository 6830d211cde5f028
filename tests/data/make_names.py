"""A made list of signatures in the style of public letters, with the key to it: who is whom.

`python -m tests.data.make_names` writes `names.csv` beside this file; with `--seed N`, another list to the standard
output. One seed, one list. Every name is made up; the towns are real.

Columns: `number`; `name` and `website` as typed; `organisation`, the key: signatures with the same number are one
organisation's, whatever they look like (0: it stands for none); `kind`, "first" for the first signature of an
organisation, "placeholder", "person" (somebody's own name where an organisation's belongs), or in which ways a double
differs from the first ("case", "typo+accents"); `family`: organisations that look alike and are not the same, and how
("towns:12"). Persons are organisations of their own in the key: two of them are not the same.
"""

from __future__ import annotations

import argparse
import csv
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.data import name_words as words
from tests.data.name_doubles import WAYS, again, website_again
from tests.data.name_world import Made, World, families, plain

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import TextIO

SEED = 20240714
"""The seed of the list that is kept."""
HERE = Path(__file__).parent
KEPT = HERE / "names.csv"
COLUMNS = ("number", "name", "website", "organisation", "kind", "family")

ORGANISATIONS = 1150
DOUBLES = 760
PERSONS = 80
PLACEHOLDERS = 60


# --- the list ------------------------------------------------------------------------------------------------------


def person(world: World) -> str:
    """Somebody's own name, as people write it where an organisation's belongs."""
    first, last = world.one(words.FIRST_NAMES), world.one(words.LAST_NAMES)
    return world.chance.choice((
        f"{first} {last}", f"{first} {last}", f"{first} {last.upper()}", f"{last.upper()} {first}",
        f"{world.one(words.TITLES)}{first} {last}", f"{first.lower()} {last.lower()}",
    ))  # fmt: skip


def organisations(world: World) -> Iterator[Made]:
    """Those of the list, families first."""
    yield from families(world)
    for heads in words.TRANSLATED:
        for themes in words.TRANSLATED_THEMES:
            made = (
                world.new(f"{heads[0]} {themes[0]} {world.coined()}") if world.chance.random() < 0.7 else None
            )
            if made:
                yield made
    count = 0
    while count < ORGANISATIONS:
        name, language = (world.french(), "fr") if world.chance.random() < 0.72 else world.foreign()
        made = world.new(name, language)
        if made:
            count += 1
            yield made


def signatures(seed: int) -> list[tuple[int, str, str, int, str, str]]:
    """Draw the whole list: a row as `COLUMNS` names it."""
    world = World(seed)
    known = list(organisations(world))
    rows = [(made.name, made.website, key, "first", made.family) for key, made in enumerate(known, 1)]
    written = {made.name for made in known}
    ways = list(WAYS)
    doubles = 0
    while doubles < DOUBLES:
        key = world.chance.randrange(len(known))
        made = known[key]
        double = again(world, made, ways[doubles % len(ways)])
        if double is None or double[0] in written:
            continue
        written.add(double[0])
        rows.append((double[0], website_again(world, made), key + 1, double[1], made.family))
        doubles += 1
    people: set[str] = set()
    while len(people) < PERSONS:
        name = person(world)
        if plain(name) not in people:
            people.add(plain(name))
            rows.append((name, "", len(known) + len(people), "person", ""))
    rows += [(one, "", 0, "placeholder", "") for one in world.chance.sample(words.PLACEHOLDERS, PLACEHOLDERS)]
    world.chance.shuffle(rows)
    return [(number, *row) for number, row in enumerate(rows, 1)]


def write(seed: int, out: TextIO) -> None:
    """Write the list of a seed as CSV."""
    lines = csv.writer(out, lineterminator="\n")
    lines.writerow(COLUMNS)
    lines.writerows(signatures(seed))


def main() -> None:
    """Write the list that is kept, or another to the standard output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int)
    seed = parser.parse_args().seed
    if seed is not None:
        write(seed, sys.stdout)
        return
    with KEPT.open("w", encoding="utf-8", newline="") as out:
        write(SEED, out)


if __name__ == "__main__":
    main()
