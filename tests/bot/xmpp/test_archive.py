"""An archive that goes on without an end: it is not followed for ever, and an honest one is read to its last page."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import chain, count, islice, repeat
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

import pytest

from bot.transports.xmpp import archive
from bot.transports.xmpp.archive import Archive, Item, Page, Position
from bot.transports.xmpp.session import NoAnswer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

BEGAN = datetime(2030, 1, 1, tzinfo=UTC)
START = Position("start", BEGAN)


class Told(Archive):
    """An archive that answers each query with the next of these pages."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._jid, self._size = "room@conference.example", 2
        self._answers, self.asked = iter(pages), 0

    async def _page(self, rsm: object, *, start: datetime | None = None) -> Page:
        self.asked += 1
        return next(self._answers)


def item(number: int) -> Item:
    return Item(f"id-{number}", BEGAN + timedelta(seconds=number), Element("message"))


def page(*numbers: int, last: str = "", complete: bool = False) -> Page:
    items = tuple(map(item, numbers))
    return Page(items, last or items[-1].id, complete)


def invented() -> Iterator[Page]:
    """Something new for ever."""
    return (page(2 * number, 2 * number + 1) for number in count())


async def read(one: Told) -> tuple[list[str], NoAnswer | None]:
    """All that an archive has, and how it failed if it did."""
    found: list[str] = []
    try:
        async with asyncio.timeout(10):
            async for each in one.pages(START):
                found += [item.id for item in each.items]
    except NoAnswer as error:
        return found, error
    return found, None


@pytest.mark.parametrize(
    "pages",
    [
        (page(last=f"new-{number}") for number in count()),
        (page(1, 2, last=f"new-{number}") for number in count()),
        (page(*((1, 2), (3, 4), (5, 6))[number % 3], last=f"new-{number}") for number in count()),
        (page(number % 7, (number + number // 7) % 7, last=f"new-{number}") for number in count()),
    ],
    ids=["nothing", "the same again", "round and round", "in ever other order"],
)
async def test_one_that_brings_nothing_new_is_soon_left(pages: Iterator[Page]) -> None:
    one = Told(pages)
    _, error = await read(one)
    assert error is not None
    assert one.asked < 30


async def test_one_that_invents_for_ever_is_read_on_later_from_where_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(archive, "_MOST_PAGES", 50)
    one = Told(invented())
    found, error = await read(one)
    assert error is not None
    assert found == [f"id-{number}" for number in range(100)], (
        "each page was handed on: its end is where we are"
    )


async def test_an_honest_one_is_read_to_its_end_however_large() -> None:
    idle = (page(last=f"gone-{number}") for number in range(5))  # what it holds there is not for us to read
    whole = chain(islice(invented(), 400), idle, [page(9000, 9001, complete=True)])
    found, error = await read(Told(whole))
    assert error is None
    assert len(found) == len(set(found)) == 802


async def test_its_newest_is_not_looked_for_for_ever() -> None:
    one = Told(chain.from_iterable(repeat([page(1, 2), page(3, 4)])))
    assert (await one.newest(except_for={f"id-{number}" for number in range(9)})).id == ""
    assert one.asked == 3
