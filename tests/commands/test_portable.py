"""The file of `!mydata` explains itself to whoever asked for it, whatever is in it."""

from __future__ import annotations

import pytest

from commands.privacy.portable import about
from storage.people import THEIR_OWN, pointing_at
from storage.tables import addresses, metadata, people


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_table_that_can_be_in_it_is_explained(language: str) -> None:
    """As `Held` finds them: a new table that points at people needs its words here."""
    pointing = {column.table.name for column in pointing_at(people) if column.name in THEIR_OWN}
    pointing |= {column.table.name for column in pointing_at(addresses)}
    pointing |= {
        one.name for one in metadata.sorted_tables if {"network", "address"} <= set(one.columns.keys())
    }
    kinds = sorted({*pointing, "people", "said_to_you"} - {"rooms", "outbox", "dispatches"})
    *_, content = about(language, kinds).values()
    assert isinstance(content, dict)
    assert list(content) == kinds
    assert all(content.values())
