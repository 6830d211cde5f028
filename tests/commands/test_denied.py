"""Nobody does a campaigner's work, or speaks for an organisation, on the strength of a name; everything is tried everywhere."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, XMPP, Address, Typed
from tests.commands.stage import (
    ADMINS,
    CAMPAIGNERS_COMMANDS,
    CHANGING,
    PLACES,
    Answer,
    Rows,
    Stage,
    Voice,
    example,
    opened,
    room_of,
    under_way,
    voice,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commands.command import Command, Place
    from storage.storage import Storage

NOT_THEM = "Only campaigners can use {command}, from the account I have for them. Please ask one of them."
NOT_HERE = "Please say {command} "
"""How a refusal begins that says where the command may be said instead."""

EVERYWHERE: tuple[Place, ...] = ("campaign", "admin", "other", "private")


def occupant(occupant_id: str, name: str, place: Place) -> Voice:
    """Somebody an anonymous room shows under an id of its own."""
    where: Place = "campaign" if place == "private" else place
    return Voice(Address(XMPP, occupant_id, PLACES[XMPP][where].id), name)


def pretenders(place: Place) -> dict[str, Voice]:
    """Everybody who is no campaigner here, whatever it looks like."""
    maud, noa = ADMINS[MATRIX].id, ADMINS[XMPP].id
    return {
        "a stranger on Matrix": voice("Sacha"),
        "a stranger on XMPP": voice("Zoe"),
        "a representative on Matrix": voice("Camille"),
        "a representative on XMPP": voice("Robin"),
        "a display name": Voice(Address(MATRIX, "@other:mail.example"), "Maud"),
        "an id for a display name": Voice(Address(MATRIX, "@other:mail.example"), maud),
        "the same name at another server": Voice(Address(MATRIX, "@maud:mail.example"), "Maud"),
        "the same id but for case": Voice(Address(MATRIX, "@Maud:campagne.example"), "Maud"),
        "the same name at another domain": Voice(Address(XMPP, "noa@mail.example"), "Noa"),
        "a subdomain": Voice(Address(XMPP, "noa@chat.campagne.example"), "Noa"),
        "an address of the other network": Voice(Address(XMPP, maud), "Maud"),
        "an XMPP address on Matrix": Voice(Address(MATRIX, noa), "Noa"),
        "a nick": occupant("occupant-1", "Noa", place),
        "an address for a nick": occupant("occupant-1", noa, place),
        "an address for an occupant-id": occupant(noa, "Noa", place),
        "the administrator where the room hides them": occupant("occupant-noa", "Noa", place),
    }


PRETENDERS = tuple(pretenders("campaign"))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a campaign under way, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    with opened(folder) as stage:
        asyncio.run(under_way(stage))
    return folder / "data"


@pytest.fixture(scope="module")
def shared(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A campaign that nothing may change, and that may therefore be shared."""
    with opened(tmp_path_factory.mktemp("shared"), data=prepared) as stage:
        yield stage


@pytest.fixture
def stage(prepared: Path, tmp_path: Path) -> Iterator[Stage]:
    """A campaign of its own."""
    with opened(tmp_path, data=prepared) as one:
        yield one


async def known(stage: Stage, who: Voice, place: Place) -> Rows:
    """Let somebody say something harmless, and return all there is.

    Whoever says anything is known by it, and where a representative last spoke is where they are reminded: that is
    written now, so that from here on a refused command may change nothing at all.
    """
    await stage.say(who, "!help", place)
    return await stage.rows()


async def refusal(
    stage: Stage, before: Rows, who: Voice, place: Place, one: Command, *, language: str
) -> str:
    """Say a command's example; make sure that it is refused there and nowhere else, and that nothing came of it."""
    answers = await stage.say(who, example(one, language), place)
    said = f"!{one.name} in {place} by {who}"
    assert await stage.rows() == before, said
    assert [answer.where for answer in answers] == [room_of(who, place).id], said
    (answer,) = answers
    assert not answer.has_file, said
    (line,) = answer.message.lines
    assert line.values["command"] == Typed(one.name), said
    assert answer.message.to == who.address, said
    return line.id


def is_refusal(answers: list[Answer]) -> bool:
    ids = [line for answer in answers for line in answer.ids]
    return any(line == NOT_THEM or line.startswith(NOT_HERE) for line in ids)


# --- campaigners' commands


@pytest.mark.parametrize("place", EVERYWHERE)
@pytest.mark.parametrize("pretender", PRETENDERS)
async def test_nobody_else_does_a_campaigners_work(shared: Stage, pretender: str, place: Place) -> None:
    who = pretenders(place)[pretender]
    before = await known(shared, who, place)
    for one in CAMPAIGNERS_COMMANDS:
        for language in ("en", "fr"):
            assert await refusal(shared, before, who, place, one, language=language) == NOT_THEM


@pytest.mark.parametrize("place", EVERYWHERE)
@pytest.mark.parametrize("network", [MATRIX, XMPP])
async def test_campaigners_do_nothing_where_it_is_not_to_be_done(
    shared: Stage, network: str, place: Place
) -> None:
    who = Voice(ADMINS[network], "whatever they call themselves")
    before = await known(shared, who, place)
    for one in CAMPAIGNERS_COMMANDS:
        if place not in one.where:
            why = await refusal(shared, before, who, place, one, language="en")
            assert why.startswith(NOT_HERE), one.name
            assert "in private" in why or "in a room of the campaign" in why, one.name


def test_lists_and_decisions_have_no_place_in_a_room_of_the_campaign() -> None:
    """What may be said everywhere is what is meant for everybody; this list is the decision, not the code's."""
    everywhere = {one.name for one in CAMPAIGNERS_COMMANDS if "campaign" in one.where}
    assert everywhere == {"relay", "announce", "poll open", "board"}


@pytest.mark.parametrize("network", [MATRIX, XMPP])
@pytest.mark.parametrize(
    ("one", "place"),
    [(one, place) for one in CAMPAIGNERS_COMMANDS for place in EVERYWHERE if place in one.where],
    ids=lambda value: getattr(value, "name", value),
)
async def test_the_real_campaigner_gets_it_done(
    stage: Stage, one: Command, place: Place, network: str
) -> None:
    """The control: the same lines, and only the account is another."""
    who = Voice(ADMINS[network], "whatever they call themselves")
    if one.name == "campaign reopen":
        for line in ("!campaign close", "!confirm"):
            await stage.say(voice("Maud"), line, "admin")
    before = await known(stage, who, place)
    answers = await stage.say(who, example(one, "en"), place)
    assert not is_refusal(answers)
    assert answers, "it is answered, here or in the rooms"
    if one.name in CHANGING:
        assert await stage.rows() != before
    elif one.name == "export":
        assert [answer.has_file for answer in answers] == [True]
    else:
        assert all(answer.message.lines for answer in answers)


# --- what a campaigner was asked


def signature(rows: Rows, level: str) -> int:
    return sum(level in row for row in rows["signatures"])


@pytest.mark.parametrize("place", ["admin", "private"])
@pytest.mark.parametrize("network", [MATRIX, XMPP])
async def test_a_question_to_a_campaigner_is_answered_by_nobody_else(
    stage: Stage, network: str, place: Place
) -> None:
    admin = Voice(ADMINS[network], "Maud")
    (asked,) = await stage.say(admin, "!reject 1 The association does not know of it", place)
    await stage.show(asked, "$question")
    for who in pretenders(place).values():
        before = await known(stage, who, place)
        for line in ("!confirm", "!confirmer", "1", "✅"):
            await stage.say(who, line, place, reply_to="$question")
        await stage.react(who, "✅", "$question", place)
        assert await stage.rows() == before, who
    await stage.say(admin, "!confirm", place)
    assert signature(await stage.rows(), "rejected") == 1, "the control: the campaigner answers it"


async def test_who_is_no_longer_a_campaigner_confirms_nothing(
    stage: Stage, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    admin = voice("Maud")
    await stage.say(admin, "!reject 1 The association does not know of it", "admin")
    stage.database.close()
    with opened(tmp_path_factory.mktemp("later"), data=tmp_path / "data", admins=[]) as later:
        before = await later.rows()
        answers = await later.say(admin, "!confirm", "admin")
        assert await later.rows() == before
        assert [answer.ids for answer in answers] == [[NOT_THEM]]


# --- speaking for an organisation

WEARERS: dict[str, tuple[Voice, str]] = {
    "a representative's display name": (
        Voice(Address(MATRIX, "@other:mail.example"), "Camille"),
        "Nuage Libre",
    ),
    "a representative's id as a name": (
        Voice(Address(MATRIX, "@other:mail.example"), "@camille:nuagelibre.example"),
        "Nuage Libre",
    ),
    "a representative's name at another server": (
        Voice(Address(MATRIX, "@camille:mail.example"), "Camille"),
        "Nuage Libre",
    ),
    "an administrator's name": (Voice(Address(MATRIX, "@maud:mail.example"), "Maud"), "Nuage Libre"),
    "an administrator": (voice("Maud"), "Nuage Libre"),
    "a representative of another": (voice("Ines"), "Nuage Libre"),
    "a representative's nick": (occupant("occupant-1", "Robin", "campaign"), "Le Fil Commun"),
    "a representative's address as a nick": (
        occupant("occupant-1", "robin@filcommun.example", "campaign"),
        "Le Fil Commun",
    ),
    "a representative's address as an occupant-id": (
        occupant("robin@filcommun.example", "Robin", "campaign"),
        "Le Fil Commun",
    ),
    "a representative whom the room hides": (
        occupant("occupant-robin", "Robin", "campaign"),
        "Le Fil Commun",
    ),
}
FOR_AN_ORGANISATION = (
    "!details {name} role=chair",
    "!withdraw {name}",
    "!deciding 2099-09-01 {name}",
    "!decline {name}",
    "!vote for organisation={name}",
    "!vote against organisation={name}",
)
OWN = {"Nuage Libre": voice("Camille"), "Le Fil Commun": voice("Robin")}
wearers = pytest.mark.parametrize(("who", "name"), list(WEARERS.values()), ids=list(WEARERS))


@wearers
async def test_who_only_looks_like_a_representative_stays_at_declared(
    stage: Stage, who: Voice, name: str
) -> None:
    places: tuple[Place, ...] = ("campaign",) if who.address.room else ("campaign", "private")
    await stage.say(who, f"!sign {name}")
    assert await signed(stage, name) == {}, "asked first"
    await stage.say(who, "!confirm")
    assert await signed(stage, name) == {name: "declared"}
    for place in places:
        for line in (f"!sign {name}", "!confirm", "!sign", "1"):
            await stage.say(who, line, place, reply_to="$question")
    assert await signed(stage, name) == {name: "declared"}
    await stage.say(OWN[name], f"!sign {name}")
    assert await signed(stage, name) == {name: "confirmed"}, "the control: one of its own people signs"


@wearers
@pytest.mark.parametrize("has_signed", [False, True], ids=["silent", "signed"])
async def test_who_only_looks_like_a_representative_changes_nothing(
    stage: Stage, who: Voice, name: str, *, has_signed: bool
) -> None:
    if has_signed:
        await stage.say(OWN[name], f"!sign {name}")
    before = await known(stage, who, "campaign")
    for line in FOR_AN_ORGANISATION:
        answers = await stage.say(who, line.format(name=name))
        assert await stage.rows() == before, line
        assert len(answers) == 1, line
        assert answers[0].ids[0].startswith("I do not know yet that you speak for {name}"), line
    after = [line for line in FOR_AN_ORGANISATION if has_signed == ("withdraw" in line or "details" in line)]
    for line in (*after, FOR_AN_ORGANISATION[-1]):
        before = await stage.rows()
        await stage.say(OWN[name], line.format(name=name))
        assert await stage.rows() != before, f"the control: {line}"


@wearers
async def test_nobody_confirms_for_somebody_else(stage: Stage, who: Voice, name: str) -> None:
    """Sacha is asked; the one who looks like somebody answers."""
    asker = voice("Sacha" if who.address.network == MATRIX else "Zoe")
    (asked,) = await stage.say(asker, f"!sign {name}")
    await stage.show(asked, "$question")
    before = await known(stage, who, "campaign")
    for line in ("!confirm", "1"):
        await stage.say(who, line, reply_to="$question")
    await stage.react(who, "✅", "$question")
    assert await stage.rows() == before
    await stage.react(asker, "✅", "$question")
    assert await signed(stage, name) == {name: "declared"}, "the control: who was asked may answer"


@pytest.mark.parametrize("line", ["1", "2", "!confirm"])
async def test_nobody_chooses_for_somebody_else(stage: Stage, line: str) -> None:
    """Alex speaks for two, and is asked for which one."""
    (asked,) = await stage.say(voice("Alex"), "!sign")
    await stage.show(asked, "$question")
    for who in (
        voice("Robin"),
        voice("Noa"),
        voice("Zoe"),
        occupant("alex@racines.example", "Alex", "campaign"),
    ):
        before = await known(stage, who, "campaign")
        await stage.say(who, line, reply_to="$question")
        assert await stage.rows() == before, who
    await stage.say(voice("Alex"), "1", reply_to="$question")
    names = await signed(stage, "Racines Numériques") | await signed(stage, "Les Jardiniers du Web")
    assert list(names.values()) == ["confirmed"], "the control: Alex chooses"


@pytest.mark.parametrize("line", ["!sign", "!withdraw", "!decline", "!details role=chair", "!vote for"])
async def test_who_is_hidden_is_told_how_to_be_known(stage: Stage, line: str) -> None:
    who = occupant("occupant-robin", "Robin", "campaign")
    (answer,) = await stage.say(who, line)
    assert Typed("link") in answer.message.lines[0].values.values()


async def test_a_stranger_is_not_sent_after_a_code(stage: Stage) -> None:
    """The control: whose account shows is asked for the name alone."""
    (answer,) = await stage.say(voice("Sacha"), "!withdraw")
    assert Typed("link") not in answer.message.lines[0].values.values()


async def signed(stage: Stage, name: str) -> dict[str, str]:
    """The standing signature of an organisation: its level, by its name."""

    def work(storage: Storage) -> dict[str, str]:
        return {
            one.organisation: one.level
            for one in storage.signatures.all_standing(1)
            if one.organisation == name
        }

    return await stage.database.read(work)
