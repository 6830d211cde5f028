"""Into which rooms the bot comes by whose invitation, and into which it follows one that was closed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from bot.config import load
from bot.files.opening import house_of
from bot.intake.intake import Intake
from bot.transports.base import Batch
from campaign.chat import MATRIX, Address, Invited, Joined, Message, Removed, Room, say
from commands import tell
from commands.menu import MENU
from commands.places import inviting
from commands.privacy.forgetting import Forgetting
from commands.trouble import undelivered
from tests.bot.scripted import ANA, COOP, HOUSE, MAUD, NOW, PASSWORDS, TEAM, begun, config, plain, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from campaign.chat import Event
    from storage.database import Database
    from storage.storage import Storage

HOUSED = replace(HOUSE, invites=frozenset({(MATRIX, "asso.example")}))
LEA = Address(MATRIX, "@lea:asso.example")
NEXT = Room(MATRIX, "!next:example.org")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with begun(tmp_path, COOP, TEAM, alias="#{name}") as made:
        yield made


async def hear(database: Database, *events: Event, now: datetime = NOW) -> list[tuple[str, str, str]]:
    """Let the bot hear something; return what it then wants to do (intent, room, text), which is done by that."""
    await Intake(database, HOUSED, MENU, lambda: now).take(MATRIX, Batch(events), lambda _: None)

    def work(storage: Storage) -> list[tuple[str, str, str]]:
        rows = storage.outbox.waiting(MATRIX, of_one=1000)
        storage.outbox.settle([row.id for row in rows])
        return [
            (row.intent, storage.rooms.get(row.room_id).address if row.room_id else "", plain(row.message))
            for row in rows
        ]

    return await database.write(work)


def room(number: int) -> Room:
    return Room(MATRIX, f"!{number}:elsewhere.example")


def invited(number: int, by: Address = LEA, *, direct: bool = False, at: datetime = NOW) -> Invited:
    return Invited(room(number), "", by, at, direct=direct, shared=(COOP.id,) if direct else ())


@pytest.mark.parametrize(
    ("by", "comes"),
    [
        ("@maud:example.org", True),
        ("@lea:asso.example", True),
        ("@lea:asso.example:8448", True),
        ("@lea:ASSO.example", False),
        ("@lea:sub.asso.example", False),
        ("@lea:asso.example.evil.example", False),
        ("@_irc_lea:asso.example", False),
        ("@asso.example:evil.example", False),
    ],
)
async def test_people_of_the_servers_that_are_listed_may_invite(
    database: Database, by: str, *, comes: bool
) -> None:
    ((intent, where, _),) = await hear(database, invited(1, Address(MATRIX, by)))
    assert (intent, where) == ("join" if comes else "leave", room(1).id)
    listed = await database.read(
        lambda storage: [one.address for one in storage.rooms.of_campaign(1, joined=False)]
    )
    assert (room(1).id in listed) == (by == "@maud:example.org")


async def test_the_servers_come_from_the_config(tmp_path: Path) -> None:
    config(tmp_path)
    file = tmp_path / "config.toml"
    file.write_text(file.read_text().replace("[matrix]", '[matrix]\ninvites = ["asso.example"]'), "utf-8")
    assert house_of(load(file, environment=PASSWORDS)).invites == {(MATRIX, "asso.example")}


async def test_many_invitations_at_once_are_declined_in_words_but_not_an_administrators(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "MOST_ROOMS_LATELY", 2)
    intents = [(await hear(database, invited(number)))[0] for number in range(3)]
    assert [intent for intent, _, _ in intents] == ["join", "join", "leave"]
    assert intents[2][2] == "Many have invited me just now: please invite me again in an hour."
    # One that was accepted is told again until the bot is in there; and a chat is another matter.
    assert (await hear(database, invited(0)))[0][0] == "join"
    assert (await hear(database, invited(7, ANA, direct=True)))[0][0] == "join"
    assert (await hear(database, invited(8, MAUD)))[0][0] == "join"
    later = NOW + timedelta(hours=1, seconds=1)
    assert (await hear(database, invited(2, at=later), now=later))[0][0] == "join"


async def test_declined_invitations_are_no_rooms_of_the_bots_and_are_forgotten_in_the_end(
    database: Database,
) -> None:
    for number in range(5):
        await hear(database, invited(number, ANA))
    known = await database.read(lambda storage: len(storage.rooms.all()))
    (told,) = await hear(database, said("$rooms", "!rooms", TEAM, MAUD))
    assert "elsewhere.example" not in told[2]
    assert told[2].count("\n") == 2, "one line for each room of the config"

    async def forget(now: datetime) -> None:
        forgetting = Forgetting()
        while forgetting.is_due(now):
            await database.write(lambda storage: forgetting.step(storage, now))

    await forget(NOW + timedelta(days=1))
    assert await database.read(lambda storage: len(storage.rooms.all())) == known, (
        "it still says that it left"
    )
    await forget(NOW + timedelta(days=50))
    assert await database.read(lambda storage: len(storage.rooms.all())) == known - 5
    assert (await hear(database, invited(1, MAUD)))[0][0] == "join"


async def test_one_person_alone_keeps_nobody_else_out(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "MOST_CHATS_LATELY", 12)
    mal = Address(MATRIX, "@mal:evil.example")
    intents = [(await hear(database, invited(number, mal, direct=True)))[0][0] for number in range(12)]
    assert intents == ["join"] * 10 + ["leave"] * 2
    assert (await hear(database, invited(20, ANA, direct=True)))[0][0] == "join"


async def test_sending_the_bot_away_and_inviting_it_again_and_again_comes_to_an_end(
    database: Database,
) -> None:
    told = []
    for number in range(15):
        at = NOW + timedelta(minutes=number)
        told += await hear(database, invited(1, at=at), now=at)
        told += await hear(
            database, Joined(room(1), at), Removed(room(1), f"$out{number}", at, "kicked"), now=at
        )
    intents = [intent for intent, _, _ in told]
    assert intents.count("join") == 10
    # What is declined is not entered: only by being in a room can one be sent away from it.
    assert intents.count("leave") == 5


@pytest.mark.parametrize("why", ["kicked", "banned", "destroyed", "left"])
@pytest.mark.parametrize("of_campaigners", [False, True])
async def test_a_room_of_the_config_that_sent_the_bot_away_has_it_back_by_an_administrator_alone(
    database: Database, why: str, *, of_campaigners: bool
) -> None:
    where = TEAM if of_campaigners else COOP

    async def stands() -> tuple[str, str]:
        known = await database.read(lambda storage: storage.rooms.find(MATRIX, where.id))
        assert known is not None
        return known.state, known.why

    await hear(database, Removed(where, "$out", NOW, why))
    for by, direct in ((ANA, False), (ANA, True), (Address(MATRIX, where.id), False)):
        done = await hear(database, Invited(where, "", by, NOW, direct=direct, shared=(COOP.id,)))
        assert [(intent, room) for intent, room, _ in done] == [("leave", where.id)]
        assert await stands() == ("parked", why), "why it is not there is known on"
    done = await hear(database, Invited(where, "", MAUD, NOW))
    assert [(intent, room) for intent, room, _ in done] == [("join", where.id)]
    assert await stands() == ("wanted", "")


@pytest.mark.parametrize(
    ("by", "direct", "comes"),
    [(ANA, False, False), (ANA, True, False), (LEA, False, True), (MAUD, False, True)],
)
async def test_a_room_that_invites_the_bot_again_had_sent_it_away_though_only_that_was_heard(
    database: Database, by: Address, *, direct: bool, comes: bool
) -> None:
    await hear(database, said("$1", "!sign Picasoft"))
    await hear(database, Joined(COOP, NOW), said("$2", "!status"))
    done = await hear(database, Invited(COOP, "", by, NOW, direct=direct, shared=(TEAM.id,)))
    entering = [intent for intent, where, _ in done if where == COOP.id]
    assert entering == ["join" if comes else "leave"]
    told = [text for intent, where, text in done if (intent, where) == ("message", TEAM.id)]
    assert told == [
        "I am no longer in #coop:example.org (removed). I do not come back by myself: please invite me again."
    ]
    # Until it is in there again nothing said there counts, whoever invited it.
    known = await database.read(lambda storage: storage.rooms.find(MATRIX, COOP.id))
    assert known is not None
    assert known.state == ("wanted" if comes else "parked")


@pytest.mark.parametrize(
    "before", [Removed(COOP, "$out", NOW, "members"), Removed(COOP, "", NOW, "unreachable")]
)
async def test_a_room_of_the_config_that_could_not_let_the_bot_in_may_do_so_by_anybody(
    database: Database, before: Removed
) -> None:
    def is_new(storage: Storage) -> None:
        known = storage.rooms.find(MATRIX, COOP.id)
        assert known is not None
        storage.rooms.change(known.id, state="wanted")

    await database.write(is_new)
    await hear(database, before)
    done = await hear(database, Invited(COOP, "", ANA, NOW))
    assert [(intent, room) for intent, room, _ in done] == [("join", COOP.id)]


async def test_an_alias_brings_the_bot_back_into_no_room_that_sent_it_away(database: Database) -> None:
    alias = "#elsewhere:example.org"
    await hear(database, invited(1, MAUD), Joined(room(1), NOW))
    await database.write(lambda storage: storage.rooms.ensure(MATRIX, alias, language="en"))
    done = await hear(database, replace(invited(1, ANA), alias=alias))
    assert [intent for intent, where, _ in done if where in (alias, room(1).id)] == ["leave"]


async def test_a_room_that_the_config_knows_by_its_alias_may_invite_the_bot(database: Database) -> None:
    alias = "#elsewhere:example.org"

    def lists(storage: Storage) -> None:
        storage.rooms.list_in(1, storage.rooms.ensure(MATRIX, alias, language="en").id, position=9)

    assert (await hear(database, invited(1, ANA)))[0][0] == "leave"
    await database.write(lists)
    done = await hear(database, replace(invited(1, ANA), alias=alias))
    assert [(intent, where) for intent, where, _ in done] == [("join", alias)]
    await hear(database, Joined(room(1), NOW, alias=alias))
    rooms = await database.read(lambda storage: storage.rooms.of_campaign(1))
    assert [(one.address, one.state) for one in rooms if one.alias == alias] == [(room(1).id, "joined")]


async def test_a_room_known_by_its_id_and_by_its_alias_is_one_though_something_was_not_said_there_in_time(
    database: Database,
) -> None:
    alias = "#elsewhere:example.org"

    def both(storage: Storage) -> int:
        storage.rooms.ensure(MATRIX, room(1).id, state="parked", why="uninvited", language="en")
        asked = storage.rooms.ensure(MATRIX, alias, alias=alias, language="en", admin=True)
        storage.outbox.put(MATRIX, Message((say("late"),)), NOW, room=asked.id, expires_at=NOW)
        tell.put(storage, undelivered.expired(storage, HOUSED, storage.outbox.expired(NOW), NOW), NOW)
        return asked.id

    asked = await database.write(both)
    await hear(database, Joined(room(1), NOW, alias=alias))

    def work(storage: Storage) -> None:
        assert storage.inbox.quarantined(9) == ((), 0)
        known = storage.rooms.named(MATRIX, alias)
        assert known is not None
        assert (known.address, known.state, known.admin) == (room(1).id, "joined", True)
        assert [one.room_id for one in storage.undelivered.undecided(9)[0]] == [known.id]
        assert storage.rooms.find(MATRIX, alias) is None
        # The book of acts is never written anew: it goes on naming the entry that is no more.
        assert [one.id for one in storage.rooms.admin_rooms() if one.id == asked] == []

    await database.read(work)


async def test_a_room_that_was_declined_and_is_in_the_config_by_now_may_invite_the_bot(
    database: Database,
) -> None:
    assert (await hear(database, invited(1, ANA)))[0][0] == "leave"

    def lists(storage: Storage) -> None:
        known = storage.rooms.find(MATRIX, room(1).id)
        assert known is not None
        storage.rooms.list_in(1, known.id, position=9)

    await database.write(lists)
    assert (await hear(database, invited(1, ANA)))[0][0] == "join"


async def test_the_bot_is_in_so_many_rooms_and_no_more(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "MOST_ROOMS", 2)
    for number in range(2):
        await hear(database, invited(number), Joined(room(number), NOW))
    ((intent, _, why),) = await hear(database, invited(2))
    assert (intent, why[:30]) == ("leave", "I am in as many rooms as I can")
    assert (await hear(database, invited(3, MAUD)))[0][0] == "join"
    await hear(database, Removed(room(0), "$out", NOW, "kicked"))
    assert (await hear(database, invited(4)))[0][0] == "join"


async def test_a_flood_of_invitations_is_declined_for_a_while_and_then_left_to_wait(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inviting, "MOST_REFUSED_LATELY", 3)
    stranger = Address(MATRIX, "@mal:evil.example")
    declined = [await hear(database, invited(number, stranger)) for number in range(5)]
    assert [len(one) for one in declined] == [1, 1, 1, 0, 0]
    known = await database.read(lambda storage: len(storage.rooms.all()))
    assert known == 3 + 3, "nothing is kept of those"
    assert (await hear(database, invited(9, MAUD)))[0][0] == "join"


# --- rooms that are closed in favour of another one


def replaced(old: Room = COOP, *, may_follow: bool = True) -> Removed:
    return Removed(old, "", NOW, "replaced", successor=NEXT.id, may_follow=may_follow)


async def test_the_bot_follows_into_the_room_that_replaces_a_campaigns(database: Database) -> None:
    done = await hear(database, said("$1", "!sign Picasoft"), replaced(), replaced())
    assert done[0] == ("join", NEXT.id, "")
    assert (
        "message",
        TEAM.id,
        "The room #coop:example.org was replaced by a new one: I follow into it.\n1 message of mine waits to be said there.",
    ) in done
    # Whoever closed it invites everybody, and is no administrator.
    assert (await hear(database, Invited(NEXT, "", LEA, NOW)))[0][:2] == ("join", NEXT.id)
    done = await hear(database, Joined(NEXT, NOW, predecessor=COOP.id, alias=""), said("$2", "!status", NEXT))
    assert [(intent, where) for intent, where, _ in done] == [("message", NEXT.id)] * 2, (
        "it is not greeted again"
    )
    assert "Picasoft has signed" in done[0][2]
    rooms = await database.read(lambda storage: storage.rooms.of_campaign(1))
    assert [(one.address, one.alias) for one in rooms if one.network == MATRIX] == [
        (NEXT.id, "#coop:example.org")
    ]
    acts = await database.read(lambda storage: [act.act for act in storage.audit.newest(50)])
    assert acts.count("room followed") == 1


async def test_a_room_that_does_not_say_whom_it_replaces_is_left(database: Database) -> None:
    await hear(database, replaced())
    astray = Joined(NEXT, NOW, predecessor="!another:example.org")
    done = await hear(database, astray, said("$1", "!sign Picasoft", NEXT))
    assert done[0][:2] == ("leave", NEXT.id)
    assert any(where == TEAM.id and "does not say so itself" in text for _, where, text in done)
    listed = await database.read(
        lambda storage: [one.address for one in storage.rooms.of_campaign(1, joined=False)]
    )
    assert NEXT.id not in listed


@pytest.mark.parametrize(
    ("event", "why"),
    [
        (replaced(may_follow=False), "whoever closed it could not have invited the bot"),
        (replaced(TEAM), "files with people's accounts are handed over there"),
        (replace(replaced(), successor=""), "it names no room"),
        (replace(replaced(), successor=COOP.id), "it names itself"),
    ],
)
async def test_where_the_bot_does_not_follow_an_administrator_has_to_invite_it(
    database: Database, event: Removed, why: str
) -> None:
    done = await hear(database, event)
    assert "join" not in [intent for intent, _, _ in done], why
    assert (await hear(database, Invited(NEXT, "", ANA, NOW)))[0][0] == "leave"
    assert (await hear(database, Invited(NEXT, "", MAUD, NOW)))[0][0] == "join"


@pytest.mark.parametrize(("old", "other"), [(COOP, TEAM), (TEAM, COOP)])
async def test_what_waits_in_a_room_is_not_said_in_one_that_others_use(
    database: Database, old: Room, other: Room
) -> None:
    def waits(storage: Storage) -> None:
        known = storage.rooms.find(MATRIX, old.id)
        assert known is not None
        message = Message((say("for these people alone"),))
        storage.outbox.put(MATRIX, message, NOW, room=known.id)

    await database.write(waits)
    done = await hear(database, replace(replaced(old), successor=other.id))
    assert "for these people alone" not in [text for _, _, text in done]
    assert any("1 message of mine was not said there any more" in text for _, _, text in done)


async def test_the_bot_does_not_follow_back_into_a_room_it_was_sent_away_from(database: Database) -> None:
    await hear(database, invited(1), Joined(room(1), NOW), Removed(room(1), "$out", NOW, "banned"))
    done = await hear(database, replace(replaced(), successor=room(1).id))
    assert "join" not in [intent for intent, _, _ in done]
