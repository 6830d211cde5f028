"""The made list of signatures is what its seed draws, and holds what it is there for."""

from __future__ import annotations

import csv
import io
from collections import Counter

from tests.data import make_names


def drawn(seed: int) -> str:
    out = io.StringIO()
    make_names.write(seed, out)
    return out.getvalue()


def test_the_list_that_is_kept_is_what_its_seed_draws() -> None:
    assert make_names.KEPT.read_text(encoding="utf-8") == drawn(make_names.SEED) != drawn(1)


def test_the_list_holds_doubles_of_many_kinds_and_those_that_look_alike() -> None:
    rows = list(csv.DictReader(io.StringIO(drawn(make_names.SEED))))
    ways = Counter(way for row in rows for way in row["kind"].split("+"))
    assert len(rows) > 2000
    assert len({row["name"] for row in rows}) == len(rows)
    assert set(make_names.WAYS) < set(ways)
    assert min(ways[way] for way in make_names.WAYS) >= 50
    assert ways["person"] == 80
    assert ways["placeholder"] == 60
    assert len({row["family"] for row in rows} - {""}) > 170
