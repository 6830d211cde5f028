"""A letter that has changed: whom a change of substance asks, where, and who may say yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import MATRIX, XMPP, Address
from storage.tables import audit
from tests.commands.stage import PLACES, Voice, opened, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from pathlib import Path

    from storage.storage import Storage
    from tests.commands.stage import Stage

COLLECTIF = PLACES[MATRIX]["campaign"].id
MATERIAL = "📜 **{title}** has changed in substance. {version}; what has changed: {letter}"
SIGNED_AGAIN = "✅ **{name}** signs version {version} ({language}) of the letter too: {progress}."


def person(number: int) -> Voice:
    return Voice(Address(MATRIX, f"@p{number:02}:mail.example"), f"P{number:02}")


async def signatories(stage: Stage, count: int) -> None:
    """So many organisations sign in one room, each through its own representative."""

    def enrol(storage: Storage) -> None:
        for number in range(count):
            name = f"Nuage {number:02}"
            found = storage.organisations.add(name, name.casefold(), BEGINNING)
            storage.campaigns.enrol(1, found.id, BEGINNING)
            one = storage.people.ensure(person(number).address, "", BEGINNING)
            storage.representatives.represent(found.id, one.id, "roster", BEGINNING)

    await stage.database.write(enrol)
    for number in range(count):
        (told,) = await stage.say(person(number), "!sign")
        assert "has signed" in told.ids[0]


async def change(stage: Stage, answer: str, *, language: str = "fr", root: int | None = None) -> list[str]:
    """Let a text change, and a campaigner say what that is; return where it was said, and what."""

    def put(storage: Storage) -> None:
        storage.letters.add(
            1,
            language,
            BEGINNING,
            title="Autre",
            summary="",
            text=f"Autre {answer}.",
            root=root,
            change="pending",
        )

    await stage.database.write(put)
    told = await stage.say(voice("Maud"), f"!letter {answer}", "admin")
    if answer == "material":
        told = await stage.say(voice("Maud"), "!confirm", "admin")
    return told


async def counted(stage: Stage) -> int:
    return await stage.database.read(lambda storage: storage.signatures.count(1, ("confirmed", "verified")))


async def test_ten_are_named_in_the_room_and_the_rest_told_alone(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await signatories(stage, 13)
        await stage.say(person(11), "status", "private")
        await stage.say(person(2), "status", "private")
        told = await change(stage, "material")
        (room,) = [one for one in told if one.where == COLLECTIF]
        assert room.ids[0] == MATERIAL
        names = str(room.message.lines[1].values["names"])
        assert names == ", ".join(f"Nuage {number:02}" for number in range(10))
        assert (room.message.lines[1].values["count"], room.message.lines[1].values["more"]) == (13, 3)
        assert {one.id for one in room.message.mentions} == {person(n).address.id for n in range(10)}
        assert room.message.rings
        # Named in the room: not told in private as well. Beyond ten: only where there is a private chat.
        (alone,) = [one for one in told if one.message.private]
        assert alone.where == f"!with-{person(11).address.id}"
        assert alone.message.lines[1].values["names"] == "Nuage 11"
        # The other room hears of the change, and is asked nothing.
        (other,) = [one for one in told if one.where == PLACES[XMPP]["campaign"].id]
        assert other.ids == [MATERIAL]
        assert not other.message.rings
        assert await counted(stage) == 0


async def test_only_its_own_people_say_yes_and_each_signature_once(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await signatories(stage, 2)
        told = await change(stage, "material")
        (room,) = [one for one in told if one.where == COLLECTIF]
        await stage.show(room, "$asked")
        for who in (voice("Sacha"), voice("Maud"), voice("Bob")):
            assert await stage.react(who, "✅", "$asked") == []
        assert await stage.react(person(0), "👍", "$asked") == []
        (yes,) = await stage.react(person(0), "✅", "$asked")
        assert yes.ids == [SIGNED_AGAIN]
        assert await stage.react(person(0), "✅", "$asked") == []
        assert await counted(stage) == 1
        (refused, *_) = await stage.say(voice("Sacha"), "!sign Nuage 01")
        assert "has already signed" in refused.ids[0] or "already signed for" in refused.ids[0]
        assert await counted(stage) == 1

        def acts(storage: Storage) -> list[dict[str, object]]:
            rows = storage._connection.execute(audit.select().where(audit.c.act == "reconfirmed"))
            return [row.details for row in rows]

        assert await stage.database.read(acts) == [{"number": 1, "before": ["en", 1], "after": ["fr", 2]}]


async def test_who_no_longer_speaks_for_it_cannot_confirm(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await signatories(stage, 1)
        await stage.say(voice("Maud"), f"!org revoke {person(0).address.id} Nuage 00", "admin")
        await change(stage, "material")
        (told,) = await stage.say(person(0), "!confirm")
        assert told.ids[0].startswith("There is nothing for you to confirm")
        await stage.say(person(0), "!sign Nuage 00")
        assert await counted(stage) == 0


async def test_with_two_organisations_it_asks_for_which(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        for name in ("Racines Numériques", "Les Jardiniers du Web"):
            await stage.say(voice("Alex"), f"!sign {name}")
        await change(stage, "material")
        (which,) = await stage.say(voice("Alex"), "confirm", "private")
        assert which.ids[0].startswith("For which organisation?")
        (done,) = await stage.say(voice("Alex"), "2", "private")
        assert done.message.lines[0].values["name"] == "Les Jardiniers du Web"
        (done,) = await stage.say(voice("Alex"), "confirm", "private")
        assert done.message.lines[0].values["name"] == "Racines Numériques"
        assert await counted(stage) == 2


async def test_a_translations_change_of_substance_asks_those_who_signed_it(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:
        await signatories(stage, 1)  # in a room of English speakers, by the English text
        await stage.say(voice("Maud"), "!language fr", "campaign")
        await stage.say(voice("Camille"), "!signer")
        told = await change(stage, "material", language="en", root=1)
        (room,) = [one for one in told if one.where == COLLECTIF]
        assert room.message.lines[1].values["names"] == "Nuage 00"
        assert await counted(stage) == 1


async def test_where_several_campaigns_are_open_the_answer_names_one(tmp_path: Path) -> None:
    with opened(tmp_path) as stage:

        def second(storage: Storage) -> None:
            one = storage.campaigns.add(
                "second",
                "Another",
                BEGINNING,
                timezone="Europe/Paris",
                language="fr",
                reminders=[],
                civil_hours="09:00-20:00",
            )
            for text in ("Un.", "Deux."):
                storage.letters.add(
                    one.id,
                    "fr",
                    BEGINNING,
                    title="Une",
                    summary="",
                    text=text,
                    change="pending" if text == "Deux." else "first",
                )

        await stage.database.write(second)
        (told,) = await stage.say(voice("Maud"), "!status campaign=second", "admin")
        values = told.message.lines[-1].values
        assert {values[one].rest for one in ("minor", "material", "drop")} == {"campaign=second"}  # type: ignore[union-attr]
        (told, *_) = await stage.say(voice("Maud"), "!letter minor campaign=second", "admin")
        assert told.ids[0] == "{version} is the letter now."
