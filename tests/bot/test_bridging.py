"""Bridges and other bots: refused once, answered on one side, and never for ever."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.config import ConfigError, load
from bot.files.opening import house_of
from bot.intake.intake import Intake
from bot.transports.base import Batch
from campaign.bridge import Bridges
from campaign.chat import MATRIX, XMPP, Address, Balloted, Event, Joined, Reacted, Room
from campaign.circle import MOST, SAME
from commands.clock import boarding
from commands.letters import revising
from commands.menu import MENU
from commands.places import bridging
from commands.tick import Tick
from tests.bot.scripted import (
    ANA,
    CONFIG,
    COOP,
    FORGE,
    HOUSE,
    MAUD,
    NOA,
    NOW,
    PASSWORDS,
    TEAM,
    begun,
    config,
    plain,
    said,
    waiting,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from storage.database import Database
    from storage.storage import Storage

RELAY = Address(MATRIX, "@relay:example.org")
ECHO = Address(MATRIX, "@echo:example.org")
SIDES = ((MATRIX, COOP.id), (XMPP, FORGE.id))
BRIDGES = Bridges(frozenset({RELAY}), frozenset({"gateway.example.org"}))
BRIDGED = replace(BRIDGES, rooms=(SIDES,))


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> object:
        return self.now


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with begun(tmp_path, COOP, TEAM, FORGE) as made:
        yield made


def intake(database: Database, bridges: Bridges = BRIDGES, clock: Clock | None = None) -> Intake:
    return Intake(database, replace(HOUSE, bridges=bridges), MENU, clock or (lambda: NOW))  # type: ignore[arg-type]


async def take(one: Intake, *events: Event, network: str = MATRIX) -> None:
    await one.take(network, Batch(events), lambda _: None)


async def heard(database: Database, room: str = COOP.id, network: str = MATRIX) -> list[str]:
    return [text for where, text in await waiting(database, network) if where == room]


def has_signed(database: Database) -> bool:
    return bool(
        database.transaction(lambda one: one._connection.exec_driver_sql("SELECT 1 FROM signatures").first())
    )


def leaves(database: Database, room: str = COOP.id, now: datetime = NOW) -> list[str]:
    """Let what waits in a room leave, and return what it was."""

    def work(storage: Storage) -> list[str]:
        found = [row for row in storage.outbox.waiting(MATRIX) if row.room_id]
        rows = [row for row in found if storage.rooms.get(row.room_id or 0).address == room]
        for row in rows:
            key = secrets.token_hex(8)
            storage.dispatches.freeze(
                [row.id], key=key, network=MATRIX, room_id=row.room_id or 0, payload={},
                private_with=None, file_id=None, now=now,
            )  # fmt: skip
            storage.dispatches.delivered(key, f"${key}", now)
        return [plain(row.message) for row in rows]

    return database.transaction(work)


# --- bridges


async def test_a_bridge_is_refused_once_with_the_reason(database: Database) -> None:
    one = intake(database)
    for number in range(5):
        await take(one, said(f"$b{number}", "!sign Picasoft", sender=RELAY))
    (text,) = await heard(database)
    assert "through a bridge (@relay:example.org)" in text
    assert not has_signed(database)


async def test_each_who_comes_through_one_is_told(database: Database) -> None:
    ghosts = [Address(MATRIX, f"@_irc_{name}:example.org") for name in ("bob", "eve")]
    one = intake(database)
    for number in range(3):
        await take(one, *(said(f"${ghost.id}{number}", "!sign Picasoft", sender=ghost) for ghost in ghosts))
    assert len(await heard(database)) == 2


async def test_after_a_restart_a_bridge_is_not_told_again(database: Database) -> None:
    for number in range(3):
        await take(intake(database), said(f"$b{number}", "!sign Picasoft", sender=RELAY))
    assert len(await heard(database)) == 1


async def test_a_servers_whole_domain_is_one(database: Database) -> None:
    ghost = Address(XMPP, "robin@gateway.example.org")
    line = replace(said("1", "!sign Picasoft", FORGE, ghost), name="Robin")
    await take(intake(database), line, network=XMPP)
    (text,) = await heard(database, FORGE.id, XMPP)
    assert "through a bridge (Robin)" in text
    assert "robin@gateway.example.org" not in text, "the room may hide it from all but its moderators"


async def test_neither_reactions_nor_ballots_of_a_bridge_count(database: Database) -> None:
    one = intake(database)
    await take(one, Reacted(COOP, "$1", RELAY, "relay", "$x", ("✅",), NOW))
    await take(one, Balloted(COOP, "$2", RELAY, "relay", "$x", ("for",), NOW))
    await take(one, said("$3", "just talking", sender=RELAY))
    assert await heard(database) == []
    assert not has_signed(database)


# --- one room with two sides


async def test_what_a_bridge_repeats_from_the_other_side_is_passed_over(database: Database) -> None:
    one = intake(database, BRIDGED)
    await take(one, said("$1", "!sign"))
    ghost = Address(XMPP, "ana%example.org@gateway.example.org")
    await take(one, said("1", "!sign", FORGE, ghost), network=XMPP)
    assert len(await heard(database)) == 1
    assert await heard(database, FORGE.id, XMPP) == []
    assert has_signed(database)


@pytest.mark.parametrize(("first", "second"), [SIDES, SIDES[::-1]])
async def test_what_is_for_all_rooms_is_said_on_the_side_listed_first(
    database: Database, first: tuple[str, str], second: tuple[str, str]
) -> None:
    one = intake(database, replace(BRIDGES, rooms=((first, second),)))
    await take(one, said("$1", "!announce Half of us!", TEAM, MAUD))
    await take(one, said("$2", "!relay", TEAM, MAUD))
    assert len(await heard(database, first[1], first[0])) == 2
    assert await heard(database, second[1], second[0]) == []


def boards(database: Database, bridges: Bridges) -> int:
    """How many boards a campaign that wants them gets."""

    def work(storage: Storage) -> int:
        storage.campaigns.change(1, board=True)
        boarding.keep(storage, replace(HOUSE, bridges=bridges), Tick(NOW, NOW))
        return len(storage.boards.of_campaign(1))

    return database.transaction(work)


async def test_a_board_is_shown_on_one_side_and_in_each_room_that_has_none(database: Database) -> None:
    assert boards(database, BRIDGED) == 1
    assert boards(database, BRIDGES) == 2


async def test_a_board_stays_on_the_side_that_has_it_when_the_side_listed_first_comes(
    database: Database,
) -> None:
    def first(storage: Storage, **values: str) -> int:
        room = storage.rooms.find(*SIDES[0])
        assert room is not None
        storage.rooms.change(room.id, **values)
        return room.id

    database.transaction(lambda storage: first(storage, state="parked"))
    assert boards(database, BRIDGED) == 1
    late = database.transaction(lambda storage: first(storage, state="joined"))
    later = NOW + timedelta(hours=1)

    def again(storage: Storage) -> list[tuple[int, datetime | None]]:
        storage.campaigns.change(1, goal=7)
        boarding.keep(storage, replace(HOUSE, bridges=BRIDGED), Tick(later, later))
        return [(room, board.changed_at) for room, board in storage.boards.of_campaign(1).items()]

    ((room, changed),) = database.transaction(again)
    assert room != late
    assert changed == later, "and is kept up to date there"


NEW = Room(MATRIX, "!coop-anew:example.org")


def replaced(storage: Storage) -> int:
    """Let the first side be replaced by another room, into which the bot has followed; return that."""
    old = storage.rooms.find(*SIDES[0])
    assert old is not None
    new = storage.rooms.ensure(MATRIX, NEW.id, state="joined", language="en")
    storage.rooms.change(old.id, state="parked")
    storage.rooms.succeed(old, new.id)
    return new.id


def shown(storage: Storage, now: datetime) -> dict[str, int | None]:
    """Let the clock come by; return where there is a board, and which."""
    house = replace(HOUSE, bridges=BRIDGED)
    boarding.keep(storage, house, Tick(now, now))
    found = storage.boards.of_campaign(1)
    return {storage.rooms.get(room).address: one.outbox_id for room, one in found.items() if one.outbox_id}


@pytest.mark.parametrize("side", [0, 1])
def test_a_board_lives_on_when_a_side_is_replaced(database: Database, side: int) -> None:
    def work(storage: Storage) -> None:
        room = storage.rooms.find(*SIDES[side])
        assert room is not None
        storage.boards.put(1, room.id, wanted=True)  # asked for in that room alone
        before = shown(storage, NOW)
        assert list(before) == [SIDES[side][1]]
        replaced(storage)
        after = shown(storage, NOW + timedelta(hours=1))
        assert list(after) == [NEW.id if side == 0 else FORGE.id]
        if side:
            assert after == before
        storage.campaigns.change(1, closed_at=NOW)
        assert shown(storage, NOW + timedelta(hours=2)) == {}

    database.transaction(work)


def test_what_is_for_all_rooms_is_said_on_one_side_after_the_other_was_replaced(database: Database) -> None:
    def work(storage: Storage) -> None:
        new, house = replaced(storage), replace(HOUSE, bridges=BRIDGED)
        rooms = [room for room in storage.rooms.of_campaign(1) if not room.admin]
        assert {room.address for room in rooms} == {NEW.id, FORGE.id}
        assert [room.id for room in bridging.one_of_each(storage, house, rooms)] == [new]
        forge = storage.rooms.find(*SIDES[1])
        assert forge is not None
        assert bridging._other_side(storage, house, forge)

    database.transaction(work)


def test_a_board_that_was_taken_away_on_one_side_does_not_come_back_on_the_other(database: Database) -> None:
    def work(storage: Storage) -> None:
        storage.campaigns.change(1, board=True)
        assert list(shown(storage, NOW)) == [COOP.id]
        room = storage.rooms.find(*SIDES[0])
        assert room is not None
        storage.boards.put(1, room.id, wanted=False, outbox_id=None)
        assert shown(storage, NOW + timedelta(hours=1)) == {}

    database.transaction(work)


async def test_a_board_is_taken_down_from_whichever_side_that_is_said(database: Database) -> None:
    database.transaction(lambda storage: storage.campaigns.change(1, board=True))
    assert list(database.transaction(lambda storage: shown(storage, NOW))) == [COOP.id]
    await take(intake(database, BRIDGED), said("1", "!board off", FORGE, NOA), network=XMPP)
    later = NOW + timedelta(hours=1)
    assert database.transaction(lambda storage: shown(storage, later)) == {}


async def test_a_poll_shown_on_one_side_is_not_shown_on_the_other_that_comes_later(
    database: Database,
) -> None:
    def parked(storage: Storage) -> None:
        room = storage.rooms.find(*SIDES[0])
        assert room is not None
        storage.rooms.change(room.id, state="parked")

    def shown(storage: Storage) -> list[str]:
        rows = storage.outbox.with_purpose("poll:1", "message")
        return [storage.rooms.get(room).address for _, room in rows]

    database.transaction(parked)
    one = intake(database, BRIDGED)
    await take(one, said("$1", "!poll open majority Shall we? closes=3 days", TEAM, MAUD))
    await take(one, said("$2", "!confirm", TEAM, MAUD))
    assert await database.read(shown) == [FORGE.id]
    await take(one, Joined(COOP, NOW))
    assert await database.read(shown) == [FORGE.id]
    await take(intake(database), Joined(COOP, NOW))
    assert await database.read(shown) == [FORGE.id, COOP.id], "without the pair they are two rooms"


@pytest.mark.parametrize(("bridges", "count"), [(BRIDGED, -1), (BRIDGES, 0)])
async def test_rooms_are_counted_once_for_all_their_sides(
    database: Database, bridges: Bridges, count: int
) -> None:
    every = database.transaction(lambda storage: len(storage.rooms.of_campaign(1)))
    await take(intake(database, bridges), said("$1", "!announce Half of us!", TEAM, MAUD))
    told = await heard(database, TEAM.id)
    assert any(f"Announced in {every + count} room" in line for line in told), told


@pytest.mark.parametrize(("bridges", "sides"), [(BRIDGED, [SIDES[0]]), (BRIDGES, list(SIDES))])
async def test_a_changed_letter_is_told_of_on_one_side_though_in_two_languages(
    database: Database, bridges: Bridges, sides: list[tuple[str, str]]
) -> None:
    def work(storage: Storage) -> list[tuple[str, str]]:
        for language, (network, address) in zip(("fr", "en"), SIDES, strict=True):
            room = storage.rooms.find(network, address)
            assert room is not None
            storage.rooms.change(room.id, language=language)
        house, campaign = replace(HOUSE, bridges=bridges), storage.campaigns.get(1)
        told = revising.minor(storage, house, campaign, storage.letters.current(1)[:1])
        rooms = [storage.rooms.get(one.room_id or 0) for one in told]
        return [(room.network, room.address) for room in rooms if (room.network, room.address) in SIDES]

    assert database.transaction(work) == sides


async def test_without_the_first_side_the_other_hears_it(database: Database) -> None:
    def parked(storage: Storage) -> None:
        room = storage.rooms.find(*SIDES[0])
        assert room is not None
        storage.rooms.change(room.id, state="parked")

    database.transaction(parked)
    await take(intake(database, BRIDGED), said("$1", "!announce Half of us!", TEAM, MAUD))
    assert len(await heard(database, FORGE.id, XMPP)) == 1


async def test_two_rooms_that_are_no_pair_both_hear_it(database: Database) -> None:
    await take(intake(database), said("$1", "!announce Half of us!", TEAM, MAUD))
    assert len(await heard(database)) == 1
    assert len(await heard(database, FORGE.id, XMPP)) == 1


async def test_answers_stay_where_they_were_asked(database: Database) -> None:
    noa = Address(XMPP, "robin@example.org")
    await take(intake(database, BRIDGED), said("1", "!status", FORGE, noa), network=XMPP)
    assert len(await heard(database, FORGE.id, XMPP)) == 1
    assert await heard(database) == []


# --- circles


async def test_a_machine_that_answers_each_answer_gets_three(database: Database) -> None:
    clock, answers = Clock(), []
    for number in range(12):
        clock.now = NOW + timedelta(seconds=number)
        await take(intake(database, clock=clock), said(f"${number}", "!help", sender=ECHO))
        answers += leaves(database)
    assert len(answers) == SAME
    alarms = await heard(database, TEAM.id)
    assert len(alarms) == 1, "said once, over every restart"
    assert "I stopped answering @echo:example.org" in alarms[0]


async def test_a_machine_whose_lines_all_differ_runs_into_the_budget(database: Database) -> None:
    clock, answers = Clock(), []
    one = intake(database, clock=clock)
    for number in range(MOST + 15):
        clock.now = NOW + timedelta(seconds=number)
        await take(one, said(f"${number}", f"!deciding 2027-10-01 Somebody {number}", sender=ECHO))
        answers += leaves(database, now=clock.now)
    assert len(answers) == MOST
    clock.now += timedelta(minutes=1)
    await take(one, said("$later", "!status", sender=ECHO))
    assert len(leaves(database)) == 1, "it stopped for a while"


async def test_what_it_asked_for_takes_effect_all_the_same(database: Database) -> None:
    one = intake(database)
    answers = []
    for text in (*["!help"] * (SAME + 1), "!sign"):
        await take(one, said(f"${secrets.token_hex(3)}", text))
        answers += leaves(database)
    assert has_signed(database)
    assert len(answers) == SAME + 1


async def test_two_hundred_who_sign_at_once_are_all_answered(database: Database) -> None:
    crowd = [Address(MATRIX, f"@p{number}:example.org") for number in range(200)]
    one = intake(database)
    answers = []
    for command in ("!help", "!status"):
        await take(one, *(said(f"${command}{who.id}", command, sender=who) for who in crowd))
        while more := leaves(database):
            answers += more
    assert len(answers) == 400


async def test_who_says_a_lot_before_any_of_it_is_answered_is_no_machine(database: Database) -> None:
    await take(intake(database), *(said(f"${number}", "!help") for number in range(40)))
    assert len(await heard(database)) == 40


async def test_who_goes_on_sending_while_the_first_answers_come_is_no_machine(database: Database) -> None:
    clock, answers = Clock(), []
    one = intake(database, clock=clock)
    for second in range(50):  # eight lines a second, answered as they come
        clock.now = NOW + timedelta(seconds=second)
        lines = {
            f"${second}-{number}": f"!deciding 2027-10-01 Somebody {second} {number}" for number in range(8)
        }
        await take(one, *(said(*line) for line in lines.items()))
        while more := leaves(database, now=clock.now + timedelta(seconds=0.5)):
            answers += more
    missing = [
        number
        for number in range(400)
        if not any(f"“Somebody {number // 8} {number % 8}”" in one for one in answers)
    ]
    assert (len(answers), missing) == (400, [])


async def test_a_machine_in_another_room_is_none_here(database: Database) -> None:
    clock = Clock()
    one = intake(database, clock=clock)
    for number in range(SAME):
        clock.now = NOW + timedelta(seconds=number)
        await take(one, said(f"${number}", "!help", room=TEAM, sender=ECHO))
        leaves(database, TEAM.id)
    await take(one, said("$here", "!help", sender=ECHO))
    assert len(leaves(database)) == 1


async def test_what_was_missed_is_answered_however_much_it_is(database: Database) -> None:
    for number in range(40):  # nothing leaves before all of it is read
        await take(intake(database), replace(said(f"${number}", "!status"), live=False))
    assert len(await heard(database)) == 40


async def test_the_same_again_after_a_while_is_answered(database: Database) -> None:
    clock, answers = Clock(), []
    one = intake(database, clock=clock)
    for number in range(8):
        clock.now = NOW + timedelta(seconds=16 * number)
        await take(one, said(f"${number}", "!status", sender=ANA))
        answers += leaves(database)
    assert len(answers) == 8


# --- the config


def test_a_config_names_bridges_and_the_sides_of_a_room(tmp_path: Path) -> None:
    lines = (
        'bridges = ["@relay:example.org", "@_xmpp_bot:example.org", "xmpp:relay@example.org", '
        '"xmpp:Gateway.example.org"]\nsame_room = [["#coop:example.org", "xmpp:forge@rooms.example.org"]]\n'
    )
    config(tmp_path, CONFIG.replace("[bot]", f"[bot]\n{lines}"))
    found = house_of(load(tmp_path / "config.toml", environment=PASSWORDS)).bridges
    assert found.accounts == {
        RELAY, Address(MATRIX, "@_xmpp_bot:example.org"), Address(XMPP, "relay@example.org")
    }  # fmt: skip
    assert found.domains == {"gateway.example.org"}
    assert found.rooms == (((MATRIX, "#coop:example.org"), (XMPP, "forge@rooms.example.org")),)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('bridges = ["relay"]', "bot.bridges"),
        ('bridges = ["xmpp:"]', "bot.bridges"),
        ('same_room = ["#a:example.org"]', "bot.same_room"),
        ('same_room = [["#a:example.org"]]', "at least"),
        ('same_room = [["#a:example.org", "b"]]', "bot.same_room"),
        ('same_room = [["#a:b", "#c:d"], ["#c:d", "#e:f"]]', "stands there twice"),
    ],
)
def test_a_config_that_names_none_says_what_was_expected(tmp_path: Path, line: str, expected: str) -> None:
    with pytest.raises(ConfigError) as error:
        config(tmp_path, CONFIG.replace("[bot]", f"[bot]\n{line}"))
    assert expected in " ".join(error.value.problems)
