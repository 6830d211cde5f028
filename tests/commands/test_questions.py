"""Questions over both networks: told once whatever happens in between, and nobody floods the register."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP, Address, Removed, Said
from campaign.question import MOST_OF_STRANGERS, MOST_OPEN
from commands.tick import Tick
from storage.messages import thaw
from storage.tables import outbox
from tests.commands.stage import PLACES, Answer, Stage, Voice, opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from storage.storage import Storage

HERE, THERE = PLACES[MATRIX]["campaign"], PLACES[XMPP]["campaign"]
OPEN_ALREADY = "{count} questions of yours are open already. Please wait until one of them is answered."
WORDS = ("budget", "roadmap", "translation", "deadline", "council", "minister", "printing", "logo")


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def tick(stage: Stage, now: datetime) -> list[tuple[str, list[str]]]:
    """Let time pass; return where and what was said of it (the English, unfilled)."""

    def last(storage: Storage) -> int:
        return max((row.id for row in storage._connection.execute(outbox.select())), default=0)

    before = await stage.database.read(last)
    await stage._ticking.tick(Tick(now, now))

    def said(storage: Storage) -> list[tuple[str, list[str]]]:
        rows = storage._connection.execute(outbox.select().where(outbox.c.id > before)).all()
        return [
            (storage.rooms.get(row.room_id).address, [line.id for line in thaw(row.message).lines])
            for row in rows
            if row.room_id is not None
        ]

    return await stage.database.read(said)


def answers_in(answers: list[Answer], where: str) -> list[Answer]:
    return [
        one
        for one in answers
        if one.where == where and one.message.lines[0].id.startswith(("💡", "✏️", "{names}: {line}"))
    ]


async def test_asked_on_two_networks_answered_once_in_each_over_a_restart(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Camille"), "!ask Where does the money go?")
        await stage.say(voice("Robin"), "!ask where is the money going")
        await stage.say(voice("Robin"), "!deciding question=1")
    evening = tmp_path_factory.mktemp("evening")
    with opened(evening, data=tmp_path / "data") as later:
        told = await later.say(voice("Maud"), "!answer 1 To small teams source=example.org", "admin")
        (here,), (there,) = answers_in(told, HERE.id), answers_in(told, THERE.id)
        assert here.message.to == voice("Camille").address
        assert there.message.to == voice("Robin").address
        assert there.message.lines[1].values["names"] == "Le Fil Commun"
        for hours in (1, 24, 24 * 8):
            assert not [where for where, _ in await tick(later, BEGINNING + timedelta(hours=hours))]
    with opened(tmp_path_factory.mktemp("morning"), data=evening / "data") as again:
        assert await tick(again, BEGINNING + timedelta(hours=2)) == []


async def test_it_is_answered_in_reply_and_in_the_thread(stage: Stage) -> None:
    who = voice("Camille")
    said = Said(HERE, "$asked", who.address, who.name, "!ask Where does it go?", BEGINNING, thread="$root")
    await stage.take(said)
    await stage.say(voice("Maud"), "!answer 1 There", "admin")

    def work(storage: Storage) -> list[tuple[str, str]]:
        rows = storage._connection.execute(outbox.select()).all()
        return [(row.reply_to, row.thread) for row in rows if thaw(row.message).lines[0].id.startswith("💡")]

    assert await stage.database.read(work) == [("$asked", "$root")]


async def test_several_in_a_room_are_named_in_one_message(stage: Stage) -> None:
    for name in ("Camille", "Ines", "Sacha"):
        await stage.say(voice(name), "!ask Where does the money go?")
    told = await stage.say(voice("Maud"), "!answer 1 There", "admin")
    (one,) = answers_in(told, HERE.id)
    assert one.message.lines[0].values["names"] == "Camille, Ines, Sacha"
    assert one.message.to is None
    assert set(one.message.mentions) == {voice(name).address for name in ("Camille", "Ines", "Sacha")}


async def test_a_private_question_is_answered_in_private(stage: Stage) -> None:
    await stage.say(voice("Camille"), "!ask Where does the money go?", "private")
    told = await stage.say(voice("Maud"), "!answer 1 There", "admin")
    assert answers_in(told, HERE.id) == []
    (one,) = answers_in(told, f"!with-{voice('Camille').address.id}")
    assert one.message.private


async def test_a_room_that_cannot_be_heard_is_told_once_it_can(stage: Stage) -> None:
    await stage.say(voice("Camille"), "!ask Where does the money go?")
    await stage.say(voice("Robin"), "!ask Where does the money go?")
    await stage.take(Removed(THERE, "$kick", BEGINNING, why="kicked"))
    told = await stage.say(voice("Maud"), "!answer 1 There", "admin")
    assert len(answers_in(told, HERE.id)) == 1
    assert answers_in(told, THERE.id) == []
    assert await tick(stage, BEGINNING) == []

    def back(storage: Storage) -> None:
        room = storage.rooms.find(XMPP, THERE.id)
        assert room is not None
        storage.rooms.change(room.id, state="joined", why="")

    await stage.database.write(back)
    assert await tick(stage, BEGINNING) == [(THERE.id, ["💡 {question}"])]
    assert await tick(stage, BEGINNING) == []


async def test_the_same_event_told_twice_asks_once(stage: Stage) -> None:
    who = voice("Camille")
    said = Said(HERE, "$asked", who.address, who.name, "!ask Where does it go?", BEGINNING)
    await stage.take(said)
    assert await stage.take(said) == []
    assert len((await stage.rows())["question_waits"]) == 1


async def test_one_person_does_not_fill_the_register(stage: Stage) -> None:
    who = voice("Camille")
    for word in WORDS[:MOST_OPEN]:
        await stage.say(who, f"!ask Who speaks of the {word} there?")
    (refused,) = await stage.say(who, f"!ask Who speaks of the {WORDS[MOST_OPEN]} there?")
    assert refused.ids == [OPEN_ALREADY]
    (waits,) = await stage.say(who, f"!ask Who speaks of the {WORDS[0]} there?")
    assert waits.ids[0].startswith("❓ That is question"), "to wait for one that is open is no new one"
    await stage.say(voice("Maud"), "!answer 1 Nobody", "admin")
    taken = await stage.say(who, f"!ask Who speaks of the {WORDS[MOST_OPEN]} there?")
    assert taken[0].ids[0].startswith("❓ Noted"), "the control: one is answered"


async def test_strangers_together_do_not_either_and_leave_room_for_organisations(stage: Stage) -> None:
    for number in range(MOST_OF_STRANGERS):
        who = Voice(Address(MATRIX, f"@stranger{number}:mail.example"), "Anybody")
        taken = await stage.say(who, f"!ask What does article {number} say?")
        assert taken[0].ids[0].startswith("❓ Noted")
    (refused,) = await stage.say(voice("Sacha"), "!ask What does article 99 say?")
    assert refused.ids[0].startswith("Many questions are open just now")
    taken = await stage.say(voice("Camille"), "!ask What does article 99 say?")
    assert taken[0].ids[0].startswith("❓ Noted"), "the control: who speaks for an organisation"


async def test_it_is_asked_all_the_same_by_who_asked_and_nobody_else(stage: Stage) -> None:
    await stage.say(voice("Camille"), "!ask Where does the money go?")
    (asked,) = await stage.say(voice("Sacha"), "!ask Where does all the money go?")
    await stage.show(asked, "$offer")
    before = await stage.rows()
    await stage.say(voice("Camille"), "1", reply_to="$offer")
    assert await stage.rows() == before
    taken = await stage.say(voice("Sacha"), "1", reply_to="$offer")
    assert taken[0].message.lines[0].values["number"] == 2
    assert await stage.say(voice("Sacha"), "1", reply_to="$offer") == [], "once"


@pytest.mark.parametrize("ends", ["!sign", "!decline", "!deciding 2099-01-01", "!deciding question=2"])
async def test_another_word_ends_the_wait(stage: Stage, ends: str) -> None:
    await stage.say(voice("Camille"), "!ask Where does the money go?")
    await stage.say(voice("Camille"), "!ask What is the roadmap?")
    await stage.say(voice("Robin"), "!deciding question=1")
    await stage.say(voice("Robin"), ends)
    told = await stage.say(voice("Maud"), "!answer 1 There", "admin")
    assert answers_in(told, THERE.id) == []
    assert len(answers_in(told, HERE.id)) == 1, "the control: who asked is told"


async def test_only_its_own_people_let_an_organisation_wait(stage: Stage) -> None:
    await stage.say(voice("Camille"), "!ask Where does the money go?")
    for who in (voice("Sacha"), Voice(Address(MATRIX, "@other:mail.example"), "Camille")):
        await stage.say(who, "!help")
        before = await stage.rows()
        await stage.say(who, "!deciding Nuage Libre question=1")
        assert await stage.rows() == before


async def test_whose_room_is_not_known_is_told_in_the_first_one(stage: Stage) -> None:
    """Said in private, the organisation is told where it is reminded."""
    await stage.say(voice("Camille"), "!ask Where does the money go?", "private")
    await stage.say(voice("Camille"), "!deciding question=1", "private")
    told = await stage.say(voice("Maud"), "!answer 1 There", "admin")
    (one,) = answers_in(told, HERE.id)
    assert one.message.lines[1].values["names"] == "Nuage Libre"
    assert voice("Camille").address in one.message.mentions


async def test_whatever_is_typed_is_taken_or_refused(stage: Stage) -> None:
    for text in ("!!! @room <3 ?", "x" * 400, "a b " * 70, "\u202eoops what is\u200b this", "= 1 + 1 ?"):
        await asyncio.wait_for(stage.say(voice("Sacha"), f"!ask {text}"), 5)
    assert not (await stage.rows())["quarantine"]
