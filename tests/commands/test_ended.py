"""Nobody changes anything in a campaign that has ended, whatever they say, answer or react to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from campaign.chat import MATRIX, Reacted, Redacted, Typed
from commands.menu import MENU
from tests.commands.stage import PLACES, Rows, Stage, example, opened, under_way, voice
from tests.conversations.play import BEGINNING
from tests.storage.made import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from commands.command import Place
    from storage.storage import Storage
    from tests.commands.stage import Answer

OF_THE_CAMPAIGN = (
    "ballots",
    "boards",
    "campaign_organisations",
    "campaign_rooms",
    "campaigns",
    "deadlines",
    "disputes",
    "letters",
    "organisations",
    "organisation_names",
    "polls",
    "question_waits",
    "questions",
    "reminders",
    "signatures",
    "sympathies",
)
"""The tables that hold what a campaign came to."""

ENDED = "**{title}** ended on {day}: nobody signs or votes any more. What it came to: {status}"


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def end(stage: Stage) -> None:
    await stage.say(voice("Maud"), "!campaign close", "admin")
    await stage.say(voice("Maud"), "!confirm", "admin")


async def came_to(stage: Stage) -> Rows:
    """What the campaign came to."""
    rows = await stage.rows()
    assert set(OF_THE_CAMPAIGN) <= set(rows)
    return {name: rows[name] for name in OF_THE_CAMPAIGN}


def signed(came_to: Rows, command: str) -> Rows:
    """The same without the register of questions, for the commands by which an answer comes late to whoever asked."""
    late = ("questions", "question_waits") if command in ("answer", "questions close") else ()
    return {name: rows for name, rows in came_to.items() if name not in late}


@pytest.mark.parametrize(
    ("who", "place"),
    [("Camille", "campaign"), ("Camille", "private"), ("Maud", "admin"), ("Maud", "private")],
)
async def test_no_command_changes_what_it_came_to(stage: Stage, who: str, place: Place) -> None:
    await under_way(stage)
    await end(stage)
    await stage.say(voice(who), "!status", place)  # where somebody speaks is remembered once
    before = await came_to(stage)
    for one in MENU:
        if (not one.needs_campaign and one.name != "confirm") or one.name == "campaign reopen":
            continue
        line = example(one, "en") + (" campaign=communs" if place == "private" else "")
        assert await stage.say(voice(who), line, place), line
        await stage.say(voice(who), "!confirm", place)
        after = await came_to(stage)
        assert signed(after, one.name) == signed(before, one.name), line
        before = after


async def test_its_deadlines_are_said_to_be_void(stage: Stage) -> None:
    await stage.say(voice("Maud"), "!deadline 2099-12-31 18:00", "admin")
    await end(stage)
    (answer,) = await stage.say(voice("Maud"), "!deadlines", "admin")
    first, *deadlines = answer.ids
    assert first == "🏁 Ended on {day}"
    assert set(deadlines) == {"{deadline} (void)"}


async def test_nobody_comes_to_like_its_letter(stage: Stage) -> None:
    (card,) = await stage.say(voice("Camille"), "!letter")
    await stage.show(card, "$before")
    await end(stage)
    (again,) = await stage.say(voice("Camille"), "!letter")
    await stage.show(again, "$after")
    for event in ("$before", "$after"):
        await stage.react(voice("Sacha"), "👍", event)
    assert (await came_to(stage))["sympathies"] == []


async def test_who_liked_its_letter_can_still_take_that_back(stage: Stage) -> None:
    room, sacha = PLACES[MATRIX]["campaign"], voice("Sacha")
    (card,) = await stage.say(voice("Camille"), "!letter")
    await stage.show(card, "$card")
    await stage.take(Reacted(room, "$like", sacha.address, sacha.name, "$card", ("👍",), BEGINNING))
    await end(stage)
    assert len((await came_to(stage))["sympathies"]) == 1
    await stage.take(Redacted(room, "$back", "$like", BEGINNING))
    assert (await came_to(stage))["sympathies"] == []


async def again(stage: Stage) -> list[Answer]:
    """Open it again; return what is said once that is confirmed."""
    await stage.say(voice("Maud"), "!campaign reopen", "admin")
    return await stage.say(voice("Maud"), "!confirm", "admin")


async def test_what_waits_for_somebodys_word_is_told_before_the_end(stage: Stage) -> None:
    await under_way(stage)
    *_, asked = await stage.say(voice("Maud"), "!campaign close", "admin")
    (waits,) = (line for line in asked.message.lines if "declared signature" in line.id)
    assert waits.values["count"] == 1
    await stage.say(voice("Maud"), "!verify 1", "admin")
    (asked,) = await stage.say(voice("Maud"), "!campaign close", "admin")
    assert not [line for line in asked.message.lines if "declared signature" in line.id]


async def test_it_goes_on_as_it_stood_once_it_is_opened_again(stage: Stage) -> None:
    await under_way(stage)
    await stage.say(voice("Camille"), "!sign")
    before = await came_to(stage)
    await end(stage)
    ended = await came_to(stage)
    asked = await stage.say(voice("Maud"), "!campaign reopen", "admin")
    assert await came_to(stage) == ended, "only asked about"
    assert len(asked) == 1
    told = await stage.say(voice("Maud"), "!confirm", "admin")
    rooms = [room["campaign"].id for room in PLACES.values()]
    assert sorted(one.where for one in told if "open again: {signatures}" in one.ids[0]) == sorted(rooms)
    after = await came_to(stage)
    # But for the poll, which the end cancelled.
    assert {name for name in after if after[name] != before[name]} == {"polls"}
    (answer,) = await stage.say(voice("Robin"), "!sign")
    assert answer.ids[0].startswith("✅")


async def test_it_is_only_opened_again_by_a_campaigner_and_once(stage: Stage) -> None:
    (answer,) = await stage.say(voice("Maud"), "!campaign reopen", "admin")
    assert "has not ended" in answer.ids[0]
    await end(stage)
    places: tuple[Place, ...] = ("campaign", "private")
    for place in places:
        await stage.say(voice("Camille"), "!status", place)  # where somebody speaks is remembered once
        before = await came_to(stage)
        await stage.say(voice("Camille"), "!campaign reopen", place)
        await stage.say(voice("Camille"), "!confirm", place)
        assert await came_to(stage) == before
    # Two of them at once: the second is told that it is done.
    await stage.say(voice("Maud"), "!campaign reopen", "admin")
    await stage.say(voice("Noa"), "!campaign reopen", "admin")
    await stage.say(voice("Maud"), "!confirm", "admin")
    (late,) = await stage.say(voice("Noa"), "!confirm", "admin")
    assert "has not ended" in late.ids[0]


async def test_nobody_is_reminded_of_what_was_to_be_said_while_it_was_over(stage: Stage) -> None:
    """Its reminders are a week and a day before the deadline, among others; at night nothing is said."""
    deadline = datetime(2024, 9, 30, 16, 0, tzinfo=UTC)
    await stage.say(voice("Maud"), "!deadline 2024-09-30 18:00", "admin")
    await end(stage)
    week_before = deadline - timedelta(days=7)
    for moment in (week_before - timedelta(hours=1), week_before, week_before + timedelta(hours=8)):
        assert not await stage.tick(moment)
    await again(stage)  # in the night that follows
    for hours in range(1, 24):
        answers = await stage.tick(week_before + timedelta(hours=8 + hours))
        assert not [one for one in answers if one.message.rings]
    rung = [one for one in await stage.tick(deadline - timedelta(days=1)) if one.message.rings]
    rung += [one for one in await stage.tick(deadline - timedelta(hours=2)) if one.message.rings]
    assert rung, "what comes after it was opened again is said"


async def test_who_asked_is_still_told_the_answer_and_no_organisation_is_asked_to_sign(stage: Stage) -> None:
    await stage.say(voice("Camille"), "!ask Where does the money go?")
    await stage.say(voice("Ines"), "!deciding question=1")
    await end(stage)
    (listed,) = await stage.say(voice("Maud"), "!questions", "admin")
    assert "To answer: {answer} · to put one away: {close}" in listed.ids
    done, told = await stage.say(voice("Maud"), "!answer 1 To small teams", "admin")
    assert done.ids == ["Question {number} is answered.", "Told: {rooms}."]
    assert (told.ids, told.where) == (["💡 {question}"], PLACES[MATRIX]["campaign"].id)
    assert (await stage.say(voice("Ines"), "!ask Where does the money go?"))[0].ids == [ENDED]


async def test_who_asked_where_the_bot_was_away_is_told_once_it_is_back(stage: Stage) -> None:
    async def find(state: str) -> None:
        def work(storage: Storage) -> None:
            room = storage.rooms.find(MATRIX, PLACES[MATRIX]["campaign"].id)
            assert room is not None
            storage.rooms.change(room.id, state=state)

        await stage.database.write(work)

    await stage.say(voice("Camille"), "!ask Where does the money go?")
    await stage.say(voice("Ines"), "!deciding question=1")
    await end(stage)
    await find("parked")
    assert [one.where for one in await stage.say(voice("Maud"), "!answer 1 To small teams", "admin")] == [
        "#equipe"
    ]
    await find("joined")
    (told,) = await stage.tick(stage.now + timedelta(minutes=1))
    assert (told.ids, told.where) == (["💡 {question}"], PLACES[MATRIX]["campaign"].id)
    assert not await stage.tick(stage.now + timedelta(minutes=1))
    await again(stage)
    (waited,) = await stage.tick(stage.now + timedelta(minutes=1))
    assert any("you were waiting for this" in line for line in waited.ids), (
        "organisations too, now that they can sign"
    )


async def test_two_that_turn_out_to_be_one_stay_on_its_list_as_they_signed(stage: Stage) -> None:
    for name in ("Camille", "Ines"):
        await stage.say(voice(name), "!sign")
    await end(stage)
    before = await came_to(stage)
    (preview,) = await stage.say(voice("Maud"), "!org merge Les Jardiniers du Web = Nuage Libre", "admin")
    assert "“{title}” has ended: on its list both stay, as they answered." in preview.ids
    (done,) = await stage.say(voice("Maud"), "!confirm", "admin")
    assert done.ids[0].startswith("**{gone}** is one with **{kept}** now.")
    after = await came_to(stage)
    for table in ("signatures", "campaign_organisations", "electors", "ballots", "disputes"):
        assert after.get(table) == before.get(table), table


async def test_those_that_turned_out_to_be_one_since_are_one_once_it_is_opened_again(stage: Stage) -> None:
    """Nobody speaks for the one that is gone: left on the list it would be counted twice, and have a voice nobody casts."""
    for name in ("Camille", "Ines"):
        await stage.say(voice(name), "!sign", "private")
    await end(stage)
    ended = await came_to(stage)
    await stage.say(voice("Maud"), "!org merge Les Jardiniers du Web = Nuage Libre", "admin")
    await stage.say(voice("Maud"), "!confirm", "admin")
    (asked,) = await stage.say(voice("Maud"), "!campaign reopen", "admin")
    (meanwhile,) = (line for line in asked.message.lines if "turned out to be" in line.id)
    assert meanwhile.values == {"gone": "Nuage Libre", "kept": "Les Jardiniers du Web"}
    done, *told = await stage.say(voice("Maud"), "!confirm", "admin")
    assert "⚠ “{title}”: both have signed. No. {stands} stands, no. {ends} ends." in done.ids
    assert any(one.ids[0].startswith("Your signature no. {ends} has ended") for one in told)
    after = await came_to(stage)
    assert len(after["campaign_organisations"]) == len(ended["campaign_organisations"]) - 1

    def left(storage: Storage) -> list[str]:
        return [one.organisation for one in storage.signatures.all_standing(1)]

    assert await stage.database.read(left) == ["Les Jardiniers du Web"]
    await stage.say(voice("Maud"), "!org unmerge Nuage Libre", "admin")
    assert sorted(await stage.database.read(left)) == ["Les Jardiniers du Web", "Nuage Libre"]


async def test_it_is_not_opened_again_while_a_voice_would_be_lost_by_that(stage: Stage) -> None:
    """The collective votes in no poll: as one with it an organisation would not either, and nobody would have said so."""
    maud = voice("Maud")
    await stage.say(voice("Ines"), "!sign")
    await stage.say(maud, "!campaign collective Le Fil Commun", "admin")
    await stage.say(maud, "!confirm", "admin")
    await end(stage)
    await stage.say(maud, "!org merge Les Jardiniers du Web = Le Fil Commun", "admin")
    await stage.say(maud, "!confirm", "admin")
    (refused,) = await stage.say(maud, "!campaign reopen", "admin")
    assert "could neither vote nor sign" in refused.ids[0]
    unmerge = refused.message.lines[0].values["unmerge"]
    assert isinstance(unmerge, Typed)
    assert (unmerge.command, unmerge.rest) == ("org unmerge", "Le Fil Commun")
    await stage.say(maud, "!org unmerge Le Fil Commun", "admin")
    assert "is open again" in (await again(stage))[0].ids[0]


async def test_nobody_loses_their_right_in_it_by_what_happens_in_another(stage: Stage) -> None:
    """It signed in the one that is over, and turned out to be another one, which is taken off the list of one that is open."""
    maud = voice("Maud")
    await stage.say(maud, "!org add Chez Zoé", "admin")

    def elsewhere(storage: Storage) -> int:
        other = storage.campaigns.add("autre", "Une autre lettre", BEGINNING, **COLUMNS)
        signed = storage.organisations.add("Zoé et Cie", "zoe et cie", BEGINNING)
        storage.campaigns.stand(other.id, signed.id, "declined", BEGINNING)
        person = storage.people.ensure(voice("Robin").address, "Robin", BEGINNING)
        storage.representatives.represent(signed.id, person.id, "campaigner", BEGINNING)
        storage.campaigns.close(other.id, BEGINNING)
        return person.id

    person = await stage.database.write(elsewhere)
    await stage.say(maud, "!org merge Chez Zoé = Zoé et Cie", "admin")
    await stage.say(maud, "!confirm", "admin")
    await stage.say(maud, "!org remove Chez Zoé", "admin")
    await stage.say(maud, "!confirm", "admin")

    def speaks(storage: Storage) -> bool:
        (kept,) = {one.kept_id for one in storage.merges.standing()}
        assert storage.campaigns.member(1, kept) is None
        return person in storage.representatives.of(kept)

    assert await stage.database.read(speaks)
