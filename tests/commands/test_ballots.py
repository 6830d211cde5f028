"""One ballot per organisation: whatever way, whatever order, whatever a server says of the time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from campaign.ballot import SPOILT, keycap, of_keys, of_reactions
from campaign.chat import MATRIX, XMPP, Address, Balloted, Message, Reacted, Redacted, Room, Said, say
from campaign.decision import PRESETS, to_data
from commands.ballots import polling
from tests.commands.stage import PLACES, Stage, opened, voice
from tests.conversations.play import BEGINNING
from tests.storage.plans import explained

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from campaign.chat import Event
    from storage.polls import Poll
    from storage.storage import Storage
    from tests.commands.stage import Voice

HOUR = timedelta(hours=1)
CHOICES = PRESETS["consent"].choices
NL, FC, JDW = "Nuage Libre", "Le Fil Commun", "Les Jardiniers du Web"
SPEAKS = {"Camille": NL, "Dom": NL, "Robin": FC, "Ines": JDW}
"""Who votes here; Camille and Ines are on Matrix."""


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


@dataclass
class Held:
    """A poll that is open, its text and itself shown in a room of each network."""

    stage: Stage
    poll: Poll
    numbers: Iterator[int]

    def event(self, way: str, who: Voice, choice: str, **more: Any) -> Event:
        """An answer of somebody's, one way or another, as their network tells of it."""
        room = PLACES[who.address.network]["campaign"]
        name, at = f"${way}-{next(self.numbers)}", more.pop("at", self.stage.now)
        if way == "text":
            return Said(room, name, who.address, who.name, f"!vote {self.poll.number} {choice}", at, **more)
        target = f"${way}-of-{self.poll.id}"
        if way == "native":
            return Balloted(
                room, name, who.address, who.name, target, (choice,) if choice else (), at, **more
            )
        keys = (keycap(CHOICES.index(choice) + 1),) if choice in CHOICES else (choice,) if choice else ()
        whole = who.address.network == XMPP
        return Reacted(room, name, who.address, who.name, target, keys, at, whole=whole, **more)

    async def give(self, way: str, name: str, choice: str, **more: Any) -> list[str]:
        """Let somebody answer; return what the bot says."""
        answers = await self.stage.take(self.event(way, voice(name), choice, **more))
        return [line for answer in answers for line in answer.ids]

    async def standing(self) -> dict[str, str]:
        """Organisation → what stands for it."""

        def work(storage: Storage) -> dict[str, str]:
            return {one.organisation: one.choice for one in storage.ballots.standing(self.poll.id)}

        return await self.stage.database.read(work)

    async def now(self) -> Poll:
        """The poll as it is."""
        return await self.stage.database.read(lambda storage: storage.polls.get(self.poll.id))


async def opened_poll(stage: Stage, preset: str = "consent", **edits: Any) -> Held:
    """Open a poll of everybody, and let it be seen on both networks."""

    def work(storage: Storage) -> Poll:
        campaign = storage.campaigns.get(1)
        values: dict[str, Any] = {
            "question": "Shall we?",
            "procedure": preset,
            "rules": to_data(PRESETS[preset]),
            "opened_by": 1,
            "opened_at": stage.now,
            "closes_at": stage.now + timedelta(days=7),
            "zone": campaign.timezone,
        }
        poll = storage.polls.open(1, polling.electorate(storage, campaign), **{**values, **edits})
        for network in (MATRIX, XMPP):
            shown(storage, PLACES[network]["campaign"], f"poll:{poll.id}", f"$reaction-of-{poll.id}")
            shown(storage, PLACES[network]["campaign"], f"poll:{poll.id}", f"$native-of-{poll.id}")
        return poll

    poll = await stage.database.write(work)
    held = Held(stage, poll, count(100 * poll.id))
    await stage.database.read(stage._new)  # what stands in the rooms is not said any more
    return held


def shown(storage: Storage, room: Room, purpose: str, event: str) -> None:
    """Let a message of the bot's stand in a room as this event."""
    known = storage.rooms.ensure(room.network, room.id)
    row = storage.outbox.put(room.network, Message((say("…"),), purpose=purpose), BEGINNING, room=known.id)
    storage.dispatches.freeze(
        [row],
        key=f"{room.network}{event}",
        network=room.network,
        room_id=known.id,
        payload={"text": "…"},
        private_with=None,
        file_id=None,
        now=BEGINNING,
    )
    storage.dispatches.delivered(f"{room.network}{event}", event, BEGINNING)


# --- what stands


@pytest.mark.parametrize("seed", range(12))
async def test_in_any_order_and_by_any_way_what_was_given_last_stands(stage: Stage, seed: int) -> None:
    chance = random.Random(seed)
    held = await opened_poll(stage)
    stage.now += 100 * HOUR
    given: list[tuple[str, datetime, str, Event]] = []
    for minute in range(24):
        name = chance.choice(list(SPEAKS))
        way = chance.choice(["text", "reaction", *(["native"] if name in ("Camille", "Ines") else [])])
        # What a network has kept for us is told late, and in whatever order; two people may have said it at once.
        at = BEGINNING + timedelta(minutes=minute // 2)
        choice = chance.choice([one for one in CHOICES if one != "objection"])
        event = held.event(way, voice(name), choice, at=at, live=False)
        given.append((SPEAKS[name], at, choice, event))
    chance.shuffle(given)
    reference: dict[str, tuple[datetime, str]] = {}
    for organisation, at, choice, event in given:
        await stage.take(event)
        if organisation not in reference or reference[organisation][0] <= at:
            reference[organisation] = (at, choice)
    assert await held.standing() == {organisation: choice for organisation, (_, choice) in reference.items()}


@pytest.mark.parametrize("way", ["text", "native", "reaction"])
@pytest.mark.parametrize("said", [timedelta(days=-30), timedelta(days=30)])
async def test_live_no_servers_clock_counts(stage: Stage, way: str, said: timedelta) -> None:
    held = await opened_poll(stage)
    stage.now += HOUR
    await held.give("text", "Camille", "concern")
    stage.now += HOUR
    await held.give(way, "Camille", "consent", at=stage.now + said)
    assert await held.standing() == {NL: "consent"}
    stage.now += HOUR
    await held.give("text", "Camille", "abstain")
    assert await held.standing() == {NL: "abstain"}
    # After the closing a time before it does not help.
    stage.now += timedelta(days=7)
    assert await held.give(way, "Camille", "concern", at=BEGINNING + HOUR)
    assert await held.standing() == {NL: "abstain"}

    def kept(storage: Storage) -> tuple[str, int]:
        rows = storage._connection.exec_driver_sql(
            "SELECT choice, standing FROM ballots ORDER BY id DESC LIMIT 1"
        )
        return tuple(rows.one())

    assert await stage.database.read(kept) == ("concern", 0)


async def test_what_was_given_in_time_counts_though_it_is_read_after_the_closing(stage: Stage) -> None:
    held = await opened_poll(stage)
    stage.now = held.poll.closes_at + HOUR
    await held.give("text", "Robin", "consent", at=held.poll.closes_at - HOUR, live=False)
    await held.give("text", "Ines", "consent", at=held.poll.closes_at, live=False)
    await held.give("native", "Camille", "consent", at=held.poll.closes_at + timedelta(days=40), live=False)
    assert await held.standing() == {FC: "consent"}


async def test_what_is_read_late_replaces_nothing_that_was_given_later(stage: Stage) -> None:
    held = await opened_poll(stage)
    stage.now += 2 * HOUR
    await held.give("native", "Camille", "consent")
    stage.now += HOUR
    lines = await held.give("text", "Dom", "concern", at=BEGINNING + HOUR, live=False)
    assert "another answer since" in lines[0]
    assert await held.standing() == {NL: "consent"}


# --- what is no answer, or none any more


async def test_an_answer_is_taken_back_where_it_was_given(stage: Stage) -> None:
    held = await opened_poll(stage)
    stage.now += 2 * HOUR
    await held.give("native", "Camille", "consent")
    await held.give("native", "Camille", "")
    assert await held.standing() == {}
    await held.give("reaction", "Robin", "concern")
    await held.give("reaction", "Robin", "")
    assert await held.standing() == {}
    # Who undoes a reaction has not taken back what they said otherwise.
    await held.give("text", "Robin", "concern")
    await held.give("reaction", "Robin", "🎉")
    await held.give("reaction", "Robin", "")
    assert await held.standing() == {FC: "concern"}
    # What was taken back comes not back when it is told again late.
    await held.give("text", "Dom", "consent", at=BEGINNING + HOUR, live=False)
    assert NL not in await held.standing()


@pytest.mark.parametrize(("way", "stays"), [("native", False), ("reaction", False), ("text", True)])
async def test_a_deleted_reaction_or_answer_is_taken_back_and_said_and_a_line_is_not(
    stage: Stage, way: str, *, stays: bool
) -> None:
    held = await opened_poll(stage)
    event = held.event(way, voice("Camille"), "consent")
    await stage.take(event)
    lines = [
        line
        for answer in await stage.take(Redacted(event.room, "$gone", event.event, stage.now))
        for line in answer.ids
    ]
    assert await held.standing() == ({NL: "consent"} if stays else {})
    assert any("takes its answer back" in line for line in lines) != stays


async def test_an_answer_is_taken_back_in_its_own_room_and_in_no_other(stage: Stage) -> None:
    held = await opened_poll(stage)
    event = held.event("native", voice("Camille"), "consent")
    await stage.take(event)
    strange = Room(event.room.network, "!strange:evil.example")
    assert not await stage.take(Redacted(strange, "$gone", event.event, stage.now))
    assert await held.standing() == {NL: "consent"}


async def test_a_room_that_takes_anothers_event_for_its_own_takes_nothing_back(stage: Stage) -> None:
    held = await opened_poll(stage)
    event = held.event("native", voice("Camille"), "consent")
    await stage.take(event)
    lying = Room(MATRIX, "!lying:evil.example")

    def listed(storage: Storage) -> None:
        storage.rooms.list_in(1, storage.rooms.ensure(MATRIX, lying.id, state="joined").id, position=9)

    await stage.database.write(listed)
    mallory = Address(MATRIX, "@mallory:evil.example")
    await stage.take(Said(lying, event.event, mallory, "Mallory", "Hello.", stage.now))
    assert not await stage.take(Redacted(lying, "$gone", event.event, stage.now))
    assert await held.standing() == {NL: "consent"}


@pytest.mark.parametrize("way", ["native", "reaction"])
async def test_what_was_deleted_while_nobody_heard_takes_nothing_back_that_was_given_after_it(
    stage: Stage, way: str
) -> None:
    held = await opened_poll(stage)
    event = held.event(way, voice("Camille"), "consent", at=BEGINNING + HOUR, live=False)
    again = held.event(way, voice("Camille"), "abstain", at=BEGINNING + 3 * HOUR, live=False)
    stage.now += 9 * HOUR
    await stage.take(
        event, Redacted(event.room, "$gone", event.event, BEGINNING + 2 * HOUR, live=False), again
    )
    assert await held.standing() == {NL: "abstain"}


async def test_what_is_gone_was_there_before_whatever_its_server_says(stage: Stage) -> None:
    held = await opened_poll(stage)
    event = held.event("native", voice("Camille"), "consent", at=BEGINNING + HOUR, live=False)
    stage.now += 9 * HOUR
    await stage.take(event, Redacted(event.room, "$gone", event.event, BEGINNING, live=False))
    assert await held.standing() == {}


@pytest.mark.parametrize("way", ["text", "native", "reaction"])
async def test_our_clock_set_back_makes_no_later_answer_an_earlier_one(stage: Stage, way: str) -> None:
    held = await opened_poll(stage)
    stage.now += 2 * HOUR
    await held.give("text", "Dom", "concern")
    stage.now -= HOUR  # a restored machine, or a step of NTP
    await held.give(way, "Camille", "consent")
    assert await held.standing() == {NL: "consent"}
    stage.now -= 2 * HOUR  # to before the poll was opened
    await held.give("text", "Dom", "abstain")
    assert await held.standing() == {NL: "abstain"}
    # What is read late still replaces nothing that was given after it.
    stage.now += 3 * HOUR
    await held.give(way, "Camille", "concern", at=held.poll.opened_at, live=False)
    assert await held.standing() == {NL: "abstain"}


async def test_a_spoilt_answer_counts_for_nothing_and_is_said_once(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Camille", "consent")
    (line,) = await held.give("native", "Camille", "pizza")
    assert "spoilt" in line
    assert await held.standing() == {NL: SPOILT}
    counted = await stage.database.read(lambda storage: polling.outcome_of(storage, held.poll))
    assert (counted.answered, counted.result) == (0, "no quorum")


def test_what_keys_and_reactions_mean() -> None:
    assert of_keys((), CHOICES) == ""
    assert of_keys(("consent", "consent"), CHOICES) == "consent"
    assert of_keys(("consent", "concern"), CHOICES) == SPOILT
    assert of_keys(("Consent",), CHOICES) == SPOILT
    assert of_reactions(("😂", "2\u20e3"), CHOICES, "consent") == "concern"
    assert of_reactions(("👍🏿", "1️⃣", "✔️"), CHOICES, "consent") == "consent"
    assert of_reactions(("👍", "3️⃣"), CHOICES, "consent") == SPOILT
    assert of_reactions(("9️⃣", "🔟", "1", "👎"), CHOICES, "consent") is None


# --- who has a voice


async def test_who_has_no_voice_is_told_why_once_and_applause_is_none(stage: Stage) -> None:
    held = await opened_poll(stage)
    assert await held.give("reaction", "Sacha", "👍") == []
    (line,) = await held.give("native", "Sacha", "consent")
    assert "I do not know yet that you speak for one" in line
    assert await held.give("native", "Sacha", "concern") == []
    assert await held.give("reaction", "Sacha", "concern") == []
    assert await held.give("native", "Bob", "consent") == []  # through a bridge
    assert await held.standing() == {}
    other = await opened_poll(stage)
    assert len(await other.give("reaction", "Sacha", "concern")) == 1


async def test_a_crowd_without_a_voice_does_not_fill_the_room(stage: Stage) -> None:
    held = await opened_poll(stage)
    room, target = PLACES[MATRIX]["campaign"], f"$native-of-{held.poll.id}"

    async def told(numbers: range) -> int:
        events = [
            Balloted(
                room,
                f"$stranger-{number}",
                Address(MATRIX, f"@stranger-{number}:mail.example"),
                "",
                target,
                ("consent",),
                stage.now,
            )
            for number in numbers
        ]
        return len(await stage.take(*events))

    assert await told(range(60)) == 5
    stage.now += 2 * HOUR
    assert await told(range(60, 61)) == 1
    assert await held.standing() == {}


async def test_an_organisation_that_came_later_has_no_voice(stage: Stage) -> None:
    held = await opened_poll(stage)

    def leave(storage: Storage) -> None:
        storage._connection.exec_driver_sql(
            "DELETE FROM electors WHERE organisation_id = (SELECT id FROM organisations WHERE name = 'Nuage Libre')"
        )

    await stage.database.write(leave)
    (line,) = await held.give("native", "Camille", "consent")
    assert "its voters were fixed" in line
    assert await held.standing() == {}


async def test_two_people_of_one_organisation_are_both_told(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("native", "Camille", "consent")
    lines = await held.give("reaction", "Dom", "concern")
    assert any("instead of" in line and "colleague" in line for line in lines)
    assert any("that stands now" in line for line in lines)
    assert await held.standing() == {NL: "concern"}
    assert await held.give("native", "Camille", "concern") == []  # they agree


async def test_whose_right_was_revoked_takes_nothing_back(stage: Stage) -> None:
    held = await opened_poll(stage)
    event = held.event("native", voice("Camille"), "consent")
    await stage.take(event)
    await stage.say(voice("Maud"), f"!org revoke @camille:nuagelibre.example {NL}", "admin")
    assert await held.give("native", "Camille", "") == []
    assert await stage.take(Redacted(event.room, "$gone", event.event, stage.now)) == []
    assert await held.standing() == {NL: "consent"}
    assert "I do not know yet" in (await held.give("native", "Camille", "concern"))[0]


async def test_what_a_merge_gave_goes_with_its_undoing(stage: Stage) -> None:
    held = await opened_poll(stage, "majority")

    def leave(storage: Storage) -> None:
        storage._connection.exec_driver_sql(
            "DELETE FROM electors WHERE organisation_id != (SELECT id FROM organisations WHERE name = 'Nuage Libre')"
        )

    await stage.database.write(leave)
    await stage.say(voice("Maud"), f"!org merge {FC} = {NL}", "admin")
    await stage.say(voice("Maud"), "!confirm", "admin")
    await held.give("text", "Robin", "for")
    assert await held.standing() == {FC: "for"}
    await stage.say(voice("Maud"), f"!org unmerge {NL}", "admin")
    assert await held.standing() == {}
    await held.give("text", "Camille", "against")
    await stage.tick(held.poll.closes_at)
    assert (await held.now()).outcome == "rejected"


async def test_a_poll_ends_with_its_campaign(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Camille", "consent")
    asked = await stage.say(voice("Maud"), "!campaign close", "admin")
    assert [line.values["numbers"] for line in asked[0].message.lines if "numbers" in line.values] == ["1"]
    said = await stage.say(voice("Maud"), "!confirm", "admin")
    cancelled = {one.where for one in said if any("is cancelled" in line for line in one.ids)}
    assert cancelled == {PLACES[n]["campaign"].id for n in (MATRIX, XMPP)}
    assert (await held.now()).outcome == "cancelled"
    assert await stage.database.read(lambda storage: storage.shown.open()) == []


async def test_what_is_deleted_in_a_room_of_others_takes_nothing_back(stage: Stage) -> None:
    held = await opened_poll(stage)
    event = held.event("native", voice("Camille"), "consent")
    await stage.take(event)
    assert (
        await stage.take(Redacted(Room(MATRIX, "!else:mail.example"), "$gone", event.event, stage.now)) == []
    )
    assert await held.standing() == {NL: "consent"}


# --- what comes of it


async def test_a_poll_that_cannot_be_counted_holds_up_no_other(stage: Stage) -> None:
    broken, held = await opened_poll(stage, rules={"version": 99}), await opened_poll(stage, "majority")
    await stage.say(voice("Camille"), f"!vote {held.poll.number} for")
    await stage.tick(held.poll.closes_at)
    assert (await broken.now()).closed_at is None
    assert (await held.now()).closed_at is not None


@pytest.mark.parametrize("later", [HOUR, -HOUR])
async def test_the_collective_signs_no_text_that_came_after_the_poll(stage: Stage, later: timedelta) -> None:
    """Nor where our clock was set back in between."""
    maud, collective = voice("Maud"), "Les Hébergeurs Réunis"
    await stage.say(maud, f"!campaign collective {collective}", "admin")
    held = await opened_poll(stage, "majority", signs=True)
    await held.give("text", "Camille", "for")
    (refused,) = await stage.say(maud, "!campaign collective Une Autre", "admin")
    assert "the collective stays until it is over" in refused.ids[0]

    def change(storage: Storage) -> None:
        at = stage.now + later
        storage.letters.add(1, "fr", at, title="Autre", summary="", text="Autre chose.", change="material")

    await stage.database.write(change)
    said = await stage.tick(held.poll.closes_at)
    assert any("does not sign a text it has not voted on" in line for answer in said for line in answer.ids)
    assert (await held.now()).outcome == "adopted"
    assert (await held.now()).signature_id is None
    stage.now += HOUR
    again = await opened_poll(stage, "majority", signs=True)
    await again.give("text", "Camille", "for")
    await stage.tick(again.poll.closes_at)
    assert (await again.now()).signature_id is not None


# --- objections


async def test_an_objection_without_a_reason_is_a_concern_until_a_reply_gives_it(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Robin", "consent")
    answers = await stage.take(held.event("native", voice("Camille"), "objection"))
    (asked,) = [answer for answer in answers if answer.message.purpose.startswith("reason:")]
    await stage.show(asked, "$why")

    async def result() -> str:
        return (await stage.database.read(lambda storage: polling.outcome_of(storage, held.poll))).result

    assert await result() == "adopted"
    lines = [
        one for answer in await stage.say(voice("Sacha"), "no reason", reply_to="$why") for one in answer.ids
    ]
    assert "I do not know yet that you speak for" in lines[0]
    assert await result() == "adopted"
    await stage.say(voice("Camille"), "It says nothing about data", reply_to="$why")
    assert await result() == "blocked"
    await stage.say(voice("Robin"), "!objection withdrawn")
    assert await result() == "blocked"
    await stage.say(voice("Dom"), "!objection withdrawn")
    assert await result() == "adopted"


async def test_whoever_chooses_the_same_again_takes_no_reason_away(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Robin", "consent")
    await held.give("text", "Camille", "objection It says nothing about data")

    async def result() -> str:
        return (await stage.database.read(lambda storage: polling.outcome_of(storage, held.poll))).result

    for way, name in (("native", "Camille"), ("reaction", "Dom"), ("text", "Camille")):
        lines = await held.give(way, name, "objection")
        assert not any("needs a reason" in line for line in lines)
        assert await result() == "blocked"
    # One that was withdrawn is over: the next needs a reason of its own.
    await stage.say(voice("Dom"), "!objection withdrawn")
    lines = await held.give("native", "Camille", "objection")
    assert any("needs a reason" in line for line in lines)
    assert await result() == "adopted"


# --- time


async def test_a_poll_that_was_put_off_says_anew_that_it_waits(stage: Stage) -> None:
    rules = {**to_data(PRESETS["consent"]), "late": 86400, "extension": 3 * 86400}
    held = await opened_poll(stage, rules=rules)
    closes, away = held.poll.closes_at, frozenset({XMPP})
    await stage.tick(closes + HOUR, heard=closes - HOUR, away=away)
    await held.give("text", "Robin", "objection so soon", at=closes - HOUR, live=False)
    again = (await held.now()).closes_at
    assert again > closes
    said = await stage.tick(again + HOUR, heard=again - HOUR, away=away)
    assert any("provisional" in line for answer in said for line in answer.ids)


async def test_a_poll_that_is_over_says_what_it_comes_to_and_waits_a_day_at_most(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Camille", "consent")
    closes = held.poll.closes_at
    away = frozenset({XMPP})
    said = await stage.tick(closes + timedelta(minutes=6), heard=closes - HOUR, away=away)
    assert any("provisional" in line for answer in said for line in answer.ids)
    assert await stage.tick(closes + 23 * HOUR, heard=closes - HOUR, away=away) == []
    await held.give("text", "Robin", "objection so soon", at=closes - HOUR, live=False)
    assert (await held.now()).closed_at is None
    await stage.tick(closes + 24 * HOUR, heard=closes - HOUR, away=away)
    assert (await held.now()).outcome == "blocked"
    await held.give("text", "Robin", "consent", at=closes - HOUR / 2, live=False)
    assert (await held.standing())[FC] == "objection"


async def test_a_poll_closes_early_only_if_its_rule_says_so_and_nobody_is_away(stage: Stage) -> None:
    early = {**to_data(PRESETS["majority"]), "closes_early": True}
    plain, quick = await opened_poll(stage, "majority"), await opened_poll(stage, "majority", rules=early)

    def everybody(storage: Storage) -> None:
        for held in (plain, quick):
            for elector, _ in storage.polls.electorate(held.poll.id):
                storage.ballots.cast(
                    held.poll.id,
                    elector,
                    standing=True,
                    person_id=1,
                    choice="for",
                    network=MATRIX,
                    event="",
                    cast_at=stage.now,
                )

    await stage.database.write(everybody)
    await stage.tick(stage.now + HOUR, away=frozenset({XMPP}))
    assert (await quick.now()).closed_at is None
    await stage.tick(stage.now + HOUR)
    assert (await quick.now()).outcome == "adopted"
    assert (await plain.now()).closed_at is None


@pytest.mark.parametrize("early", [False, True])
async def test_a_tick_reads_no_ballots_of_a_poll_that_somebody_has_not_answered(
    stage: Stage, *, early: bool
) -> None:
    rules = {**to_data(PRESETS["majority"]), "closes_early": early}
    held = await opened_poll(stage, "majority", rules=rules)
    await stage.say(voice("Camille"), f"!vote {held.poll.number} for")
    await stage.tick(stage.now + HOUR)
    with explained() as plans:
        await stage.tick(stage.now + HOUR)
    found = [plan for plan in plans if "ballots" in plan or "electors" in plan]
    if not early:
        assert found == []
    else:
        electors, one = found
        assert electors == "SEARCH electors USING COVERING INDEX sqlite_autoindex_electors_1 (poll_id=?)"
        assert one == "SEARCH ballots USING INDEX uq_ballots_standing (poll_id=? AND organisation_id=?)"


async def test_a_planned_poll_that_begins_late_closes_later_by_as_much(stage: Stage) -> None:
    begins = stage.now + timedelta(days=1)
    values = {"begun": False, "starts_at": begins, "closes_at": begins + timedelta(days=3)}

    def plan(storage: Storage) -> Poll:
        return storage.polls.open(
            1, (), question="Later?", procedure="majority", rules=to_data(PRESETS["majority"]), opened_by=1,
            opened_at=stage.now, zone="Europe/Paris", **values,
        )  # fmt: skip

    held = Held(stage, await stage.database.write(plan), count(1))
    (line,) = await held.give("text", "Camille", "for")
    assert "please answer then" in line
    assert await stage.tick(begins - HOUR) == []
    said = await stage.tick(begins + 5 * HOUR)
    assert {answer.where for answer in said} == {PLACES[n]["campaign"].id for n in (MATRIX, XMPP)}
    poll = await held.now()
    assert poll.begun
    assert poll.closes_at == begins + 5 * HOUR + timedelta(days=3)
    electors = await stage.database.read(lambda storage: storage.polls.electorate(poll.id))
    assert len(electors) == 6


@pytest.mark.parametrize(
    ("said", "counted"),
    [
        ("and yes", "for"),
        ("et oui", "for"),
        ("… yes", "for"),
        ("we are against", "against"),
        ("my answer is 3", "abstain"),
        ("I vote for Nuage Libre", "for"),
        ("I vote for or against", ""),
        ("we are not for it", ""),
        ("and", ""),
        ("my answer", ""),
    ],
)
async def test_what_leads_up_to_an_answer_is_no_part_of_it(tmp_path: Path, said: str, counted: str) -> None:
    with opened(tmp_path) as stage:
        await stage.say(voice("Maud"), "!poll open majority Shall we?", "admin")
        await stage.say(voice("Maud"), "!confirm", "admin")
        await stage.say(voice("Camille"), f"!vote 1 {said}")
        ballots = await stage.database.read(lambda storage: storage.ballots.standing(1))
    assert [one.choice for one in ballots] == ([counted] if counted else [])


@pytest.mark.parametrize(
    ("line", "stands"),
    [
        ("no objection", None), ("i say no objection", None), ("non, objection impossible", "against"),
        ("on est pour ?", None), ("are we for?", None), ("on est pour", "for"), ("pour ?", None),
        ("oui oui", "for"), ("no we cannot", "against"),
        ("no problem", None), ("no, no problem", None), ("pour si le texte change", None),
        ("contre ah non pardon", None), ("pour info", None), ("pour plus tard", None), ("pour on hésite encore", None),
        ("pour Framasoft, contre pour nous", None), ("pour plus de transparence", "for"), ("contre sinon on perd", "against"),
        ("no if they change it", "against"), ("no that is fine", None), ("no budget", None),
        ("no", "against"), ("no way", "against"), ("no: too early", "against"), ("yes, no problem", "for"),
        ("pas de problème", None), ("non, aucun souci", None), ("non pas de souci", None), ("non, rien contre", None),
        ("non, pas le temps", "against"), ("non pas du tout", "against"), ("oui aucun souci", "for"),
        ("pour rien au monde", None), ("pour moi c'est non", None), ("pour l'instant non", None),
        ("oui mais non", None), ("against all odds we are for it", None), ("not against", None),
        ("contre : rien pour les petites", "against"), ("abstention pour l'instant", "abstain"),
    ],
)  # fmt: skip
async def test_neither_a_question_nor_an_answer_that_another_turns_round_is_a_vote(
    stage: Stage, line: str, stands: str | None
) -> None:
    for order in ("!poll open majority Shall we? closes=3 days", "!confirm"):
        await stage.say(voice("Maud"), order, "admin")
    await stage.say(voice("Camille"), f"!vote {line}")

    def given(storage: Storage) -> str | None:
        (poll,) = storage.polls.of_campaign(1)
        return next((one.choice for one in storage.ballots.standing(poll.id)), None)

    assert await stage.database.read(given) == stands


@pytest.mark.parametrize(
    ("line", "said", "stands"),
    [
        ("for for Le Fil Commun", "I do not know yet that you speak for", {}),
        ("pour pour le fil commun, ça nous va", "I do not know yet that you speak for", {}),
        ("against for Picasoft", "I know no organisation called", {}),
        ("pour pour Nuage Libre", "🗳 Poll", {NL: ("for", "")}),
        ("pour pour Nuage Libre car bien", "{line} Reason", {NL: ("for", "car bien")}),
        ("pour pour le climat", "{line} Reason", {NL: ("for", "pour le climat")}),
        (f"for {'it is good ' * 15}", "{line} Reason", {NL: ("for", ("it is good " * 15).strip())}),
        ("for reason=for Picasoft", "{line} Reason", {NL: ("for", "for Picasoft")}),
    ],
)
async def test_who_votes_for_another_than_their_own_is_told_so(
    stage: Stage, line: str, said: str, stands: dict[str, tuple[str, str]]
) -> None:
    held = await opened_poll(stage, "majority")
    (answer, *_) = await held.give("text", "Camille", line)
    assert answer.startswith(said)

    def given(storage: Storage) -> dict[str, tuple[str, str]]:
        return {one.organisation: (one.choice, one.reason) for one in storage.ballots.standing(held.poll.id)}

    assert await stage.database.read(given) == stands


async def test_an_organisation_called_like_a_reason_by_somebody_keeps_nobody_from_giving_that(
    stage: Stage,
) -> None:
    await stage.say(voice("Lou"), "!sign le climat")
    await stage.say(voice("Lou"), "!confirm")
    held = await opened_poll(stage, "majority")
    (answer, *_) = await held.give("text", "Camille", "pour pour le climat")
    assert answer.startswith("{line} Reason")
    (answer, *_) = await held.give("text", "Camille", "pour pour Le Climat")
    assert answer.startswith("I do not know yet that you speak for")
