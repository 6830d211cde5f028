"""What happens in polls at the wrong moment: too late, in the wrong order, twice, or in the middle of something else."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from campaign.chat import MATRIX, XMPP, Reacted, Redacted, Room, Said
from campaign.decision import PRESETS, to_data
from commands.ballots import polling
from commands.clock import boarding
from commands.command import Context
from commands.dialogue import forms
from commands.menu import MENU
from commands.reminders import reminding
from tests.commands.stage import PLACES, Stage, opened, voice
from tests.commands.test_ballots import FC, HOUR, NL, Held, opened_poll, shown

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from storage.storage import Storage

MINUTE = timedelta(minutes=1)
AWAY = frozenset({XMPP})


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with opened(tmp_path) as one:
        yield one


async def result(stage: Stage, held: Held) -> str:
    """What the poll comes to by now."""
    return (await stage.database.read(lambda storage: polling.outcome_of(storage, held.poll))).result


async def says(stage: Stage, name: str, text: str, place: str = "campaign") -> list[str]:
    answers = await stage.say(voice(name), text, place)  # type: ignore[arg-type]
    return [line for answer in answers for line in answer.ids]


# --- around the closing


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("Dom", "!objection withdrawn", "campaign"),
        ("Maud", f"!objection integrated {NL}", "admin"),
    ],
)
async def test_once_the_time_is_over_no_objection_is_withdrawn_or_integrated(
    stage: Stage, name: str, text: str, place: str
) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Robin", "consent")
    await held.give("text", "Camille", "objection no word on data")
    closes = held.poll.closes_at
    await stage.tick(closes + HOUR, heard=closes - HOUR, away=AWAY)
    (line, *_) = await says(stage, name, text, place)
    assert "ended on" in line
    await stage.tick(closes + 24 * HOUR, heard=closes - HOUR, away=AWAY)
    assert (await held.now()).outcome == "blocked"


async def test_what_was_withdrawn_in_time_is_though_it_is_read_after_the_closing(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Robin", "consent")
    await held.give("text", "Camille", "objection no word on data")
    closes = held.poll.closes_at
    await stage.tick(closes + HOUR, heard=closes - HOUR, away=AWAY)
    dom, room = voice("Dom"), PLACES[XMPP]["campaign"]
    await stage.take(
        Said(room, "$late", dom.address, "Dom", "!objection withdrawn", closes - HOUR, live=False)
    )
    await stage.tick(closes + 2 * HOUR)
    assert (await held.now()).outcome == "adopted"


async def test_what_is_read_late_withdraws_no_objection_that_was_given_after_it(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Robin", "consent")
    stage.now += HOUR
    await held.give("text", "Camille", "objection no word on data")
    stage.now += 2 * HOUR
    await held.give("text", "Camille", "objection nor on money")
    dom, room = voice("Dom"), PLACES[XMPP]["campaign"]
    said = stage.now - HOUR
    stage.now += HOUR
    await stage.take(Said(room, "$late", dom.address, "Dom", "!objection withdrawn", said, live=False))
    assert await result(stage, held) == "blocked"


async def test_a_poll_that_is_being_counted_is_none_that_may_be_meant(stage: Stage) -> None:
    over = await opened_poll(stage)
    held = await opened_poll(stage, closes_at=over.poll.closes_at + 24 * HOUR)
    closes = over.poll.closes_at
    assert any("Several polls are open" in line for line in await says(stage, "Camille", "!vote concern"))
    await stage.tick(closes + HOUR, heard=closes - HOUR, away=AWAY)
    await says(stage, "Camille", "!vote concern")
    assert (await over.standing(), await held.standing()) == ({}, {NL: "concern"})
    await stage.tick(closes + 25 * HOUR, heard=closes - HOUR, away=AWAY)
    (line,) = await says(stage, "Camille", "!vote consent")
    assert "nothing can be changed any more" in line


async def test_a_poll_that_is_being_counted_is_open_neither_on_the_board_nor_in_a_form(stage: Stage) -> None:
    held = await opened_poll(stage)
    stage.now = held.poll.closes_at - MINUTE
    answers = await offered(stage)
    assert len(answers) == 1 + len(PRESETS["consent"].choices)
    stage.now = held.poll.closes_at
    assert await offered(stage) == []


async def offered(stage: Stage) -> list[str]:
    """The polls on the board, and the answers that a form of a vote offers."""

    def work(storage: Storage) -> list[str]:
        camille = voice("Camille")
        room = storage.rooms.find(MATRIX, PLACES[MATRIX]["campaign"].id)
        assert room is not None
        context = Context(
            storage=storage, house=stage.house, now=stage.now, room=room, place="campaign",
            address=camille.address, name="Camille",
            person=storage.people.ensure(camille.address, "Camille", stage.now), menu=MENU,
        )  # fmt: skip
        (command,) = (one for one in MENU if one.name == "vote")
        (field,) = (one for one in forms.fields(context, command) if one.name == "choice")
        board = boarding._facts(storage, storage.campaigns.get(1), stage.now)
        return [
            *(line.id for line in board if "Poll {number}" in line.id),
            *(key for key, _ in field.options),
        ]

    return await stage.database.write(work)


@pytest.mark.parametrize("counted", [False, True])
async def test_taking_back_too_late_is_not_said_to_undo_the_answer(stage: Stage, *, counted: bool) -> None:
    held = await opened_poll(stage)
    event = held.event("reaction", voice("Camille"), "consent")
    await stage.take(event)
    if counted:
        await stage.tick(held.poll.closes_at)
    stage.now = held.poll.closes_at + HOUR
    (line,) = await says(stage, "Camille", "!vote 1 retract")
    assert "it does not count" not in line
    assert await held.standing() == {NL: "consent"}


async def test_a_signature_by_a_poll_that_closed_early_bears_the_day_on_which_it_closed(stage: Stage) -> None:
    await says(stage, "Maud", "!campaign collective Les Hébergeurs Réunis", "admin")
    early = {**to_data(PRESETS["majority"]), "closes_early": True}
    held = await opened_poll(stage, "majority", rules=early, signs=True)

    def everybody(storage: Storage) -> None:
        for elector, _ in storage.polls.electorate(held.poll.id):
            storage.ballots.cast(
                held.poll.id, elector, standing=True, person_id=1, choice="for", network=MATRIX, event="",
                cast_at=stage.now,
            )  # fmt: skip

    await stage.database.write(everybody)
    await stage.tick(stage.now + HOUR)
    poll = await held.now()
    assert poll.outcome == "adopted"

    def day(storage: Storage) -> date | None:
        campaign = storage.campaigns.get(1)
        assert campaign.collective_id is not None
        signature = storage.signatures.standing(1, campaign.collective_id)
        assert signature is not None
        return signature.mandate_day

    assert await stage.database.read(day) == stage.now.astimezone(ZoneInfo("Europe/Paris")).date()


async def test_an_extension_rings_nobody_at_once_who_was_reminded_a_day_before(stage: Stage) -> None:
    rules = to_data(replace(PRESETS["consent"], extension=timedelta(hours=20), late=timedelta(hours=24)))
    held = await opened_poll(stage, rules=rules, closes_at=stage.now + timedelta(days=7, hours=6))
    closes = held.poll.closes_at
    reminded = await stage.tick(closes - 24 * HOUR + MINUTE)
    assert any("closes on" in line for answer in reminded for line in answer.ids)
    stage.now = closes - HOUR
    await held.give("text", "Camille", "objection no word on data")
    assert (await held.now()).closes_at == closes + 20 * HOUR
    again = await stage.tick(closes - HOUR + MINUTE)
    assert not any("closes on" in line for answer in again for line in answer.ids)


# --- the same again


def hearts(held: Held, keys: tuple[str, ...]) -> Reacted:
    """The whole set of reactions of Robin's, as XMPP tells it."""
    robin = voice("Robin")
    return Reacted(
        PLACES[XMPP]["campaign"], f"$set-{next(held.numbers)}", robin.address, "Robin",
        f"$reaction-of-{held.poll.id}", keys, held.stage.now, whole=True,
    )  # fmt: skip


async def test_an_objection_that_is_read_long_after_the_closing_leaves_the_whole_time_to_integrate_it(
    stage: Stage,
) -> None:
    days = timedelta(days=2)
    rules = replace(PRESETS["consent"], late=timedelta(hours=24), extension=days)
    held = await opened_poll(stage, rules=to_data(rules))
    await held.give("text", "Robin", "consent")
    stage.now = held.poll.closes_at + timedelta(days=5)  # nobody ran the bot
    said = await held.give(
        "text", "Camille", "objection no word on data", at=held.poll.closes_at - HOUR, live=False
    )
    assert any("puts the closing off" in line for line in said)
    assert (await held.now()).closes_at == stage.now + days
    await stage.tick(stage.now + MINUTE)
    assert (await held.now()).closed_at is None
    await says(stage, "Maud", f"!objection integrated {NL}", "admin")
    await stage.tick(stage.now + days)
    assert (await held.now()).outcome == "adopted"


async def test_a_heart_beside_an_objection_that_was_integrated_does_not_raise_it_again(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Camille", "consent")
    asked = await stage.take(hearts(held, ("3️⃣",)))
    (why,) = [answer for answer in asked if answer.message.purpose.startswith("reason:")]
    await stage.show(why, "$why")
    await stage.say(voice("Robin"), "no word on data", reply_to="$why")
    assert await result(stage, held) == "blocked"
    await says(stage, "Maud", f"!objection integrated {FC}", "admin")
    assert await result(stage, held) == "adopted"
    assert await stage.take(hearts(held, ("3️⃣", "❤️"))) == []
    found = await stage.database.read(lambda storage: polling.outcome_of(storage, held.poll))
    assert (found.result, found.resolved) == ("adopted", 1)


@pytest.mark.parametrize(
    ("way", "name"), [("reaction", "Robin"), ("reaction", "Camille"), ("native", "Camille")]
)
@pytest.mark.parametrize("deleted", [False, True])
async def test_whoever_undoes_an_objection_takes_it_back_with_the_reason_they_gave_in_reply(
    stage: Stage, way: str, name: str, *, deleted: bool
) -> None:
    held = await opened_poll(stage)
    event = held.event(way, voice(name), "objection")
    (why,) = [one for one in await stage.take(event) if one.message.purpose.startswith("reason:")]
    await stage.show(why, "$why")
    await stage.say(voice(name), "no word on data", reply_to="$why")
    assert await result(stage, held) == "blocked"
    if deleted:
        await stage.take(Redacted(event.room, "$gone", event.event, stage.now))
    elif (way, name) != ("reaction", "Camille"):  # on Matrix a reaction is only ever deleted
        await held.give(way, name, "")
    else:
        return
    assert await held.standing() == {}


async def test_a_number_said_after_a_word_is_an_answer_of_its_own(stage: Stage) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Robin", "consent")
    await stage.take(hearts(held, ("1️⃣",)))
    await stage.take(hearts(held, ("1️⃣", "❤️")))
    assert await held.standing() == {FC: "consent"}
    await stage.take(hearts(held, ("❤️",)))
    assert await held.standing() == {}


@pytest.mark.parametrize("way", ["reaction", "native", "text"])
async def test_an_objection_that_was_there_before_is_no_late_one(stage: Stage, way: str) -> None:
    rules = to_data(replace(PRESETS["consent"], extension=timedelta(days=2), late=timedelta(hours=24)))
    held = await opened_poll(stage, rules=rules)
    await held.give("text", "Camille", "objection no word on data")
    stage.now = held.poll.closes_at - HOUR
    await held.give(way, "Camille", "objection")
    assert (await held.now()).closes_at == held.poll.closes_at
    # A new one of theirs is late.
    await says(stage, "Camille", "!objection withdrawn")
    await held.give("text", "Camille", "objection nor on money")
    assert (await held.now()).closes_at > held.poll.closes_at


async def test_a_number_on_a_private_reminder_is_taken_back_there_and_not_in_a_room(stage: Stage) -> None:
    held = await opened_poll(stage)
    alone = Room(XMPP, voice("Robin").address.id)
    await stage.say(voice("Robin"), "!status", "private")
    await stage.database.write(lambda storage: shown(storage, alone, f"poll:{held.poll.id}", "$alone"))
    await stage.take(replace(hearts(held, ("2️⃣",)), room=alone, target="$alone"))
    assert await held.standing() == {FC: "concern"}
    await stage.take(hearts(held, ("❤️",)))
    assert await held.standing() == {FC: "concern"}
    await stage.take(replace(hearts(held, ()), room=alone, target="$alone"))
    assert await held.standing() == {}


@pytest.mark.parametrize("keys", [("❤️",), ()])
async def test_what_is_no_answer_on_another_rooms_copy_takes_nothing_back(
    stage: Stage, keys: tuple[str, ...]
) -> None:
    held = await opened_poll(stage)
    elsewhere = Room(XMPP, "autre@salons.example")

    def second_room(storage: Storage) -> None:
        storage.rooms.list_in(1, storage.rooms.ensure(XMPP, elsewhere.id, state="joined").id, position=9)
        shown(storage, elsewhere, f"poll:{held.poll.id}", "$copy")

    await stage.database.write(second_room)
    await stage.take(hearts(held, ("2️⃣",)))
    await stage.take(replace(hearts(held, keys), room=elsewhere, target="$copy"))
    assert await held.standing() == {FC: "concern"}
    await stage.take(hearts(held, keys))
    assert await held.standing() == {}


# --- in another order


async def test_an_answer_that_was_taken_back_before_it_was_read_does_not_come_back(stage: Stage) -> None:
    held = await opened_poll(stage)
    stage.now += HOUR
    assert await held.give("native", "Camille", "") == []
    await held.give("native", "Camille", "consent", at=stage.now - MINUTE, live=False)
    assert await held.standing() == {}


@pytest.mark.parametrize("way", ["native", "reaction"])
@pytest.mark.parametrize("deleted", [False, True])
@pytest.mark.parametrize(("dom_said", "stands"), [(10, False), (30, True)])
async def test_a_take_back_that_is_read_first_ends_no_later_answer_of_a_colleague(
    stage: Stage, way: str, dom_said: int, *, deleted: bool, stands: bool
) -> None:
    held = await opened_poll(stage)
    name, other = ("Camille", "Dom") if way == "native" or deleted else ("Dom", "Camille")
    start = stage.now
    stage.now += 20 * MINUTE
    event = held.event(way, voice(name), "consent")
    await stage.take(event)
    stage.now += 20 * MINUTE
    if deleted:
        await stage.take(Redacted(event.room, "$gone", event.event, stage.now))
    else:
        await held.give(way, name, "")
    assert await held.standing() == {}
    stage.now += MINUTE
    await held.give("text", other, "concern", at=start + dom_said * MINUTE, live=False)
    assert await held.standing() == ({NL: "concern"} if stands else {})


async def test_who_takes_back_what_was_not_read_yet_takes_back_no_answer_of_a_colleague(stage: Stage) -> None:
    held = await opened_poll(stage)
    stage.now += HOUR
    assert await held.give("native", "Camille", "") == []
    await held.give("text", "Dom", "concern", at=stage.now - MINUTE, live=False)
    assert await held.standing() == {NL: "concern"}
    await held.give("native", "Camille", "consent", at=stage.now - 2 * MINUTE, live=False)
    assert await held.standing() == {NL: "concern"}


@pytest.mark.parametrize(("way", "stands"), [("text", True), ("reaction", False)])
async def test_an_undone_reaction_ends_nothing_that_was_said_after_it_in_words(
    stage: Stage, way: str, *, stands: bool
) -> None:
    held = await opened_poll(stage)
    await stage.take(hearts(held, ("1️⃣",)))
    stage.now += HOUR
    await stage.take(hearts(held, ()))
    await held.give(way, "Robin", "concern", at=stage.now - MINUTE, live=False)
    assert await held.standing() == ({FC: "concern"} if stands else {})


async def test_who_says_that_the_organisation_has_no_answer_any_more_ends_a_colleagues_too(
    stage: Stage,
) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Camille", "consent")
    stage.now += HOUR
    await held.give("text", "Camille", "retract")
    await held.give("text", "Dom", "concern", at=stage.now - MINUTE, live=False)
    assert await held.standing() == {}


async def test_of_one_persons_answers_the_later_one_stands_though_the_first_was_received_late(
    stage: Stage,
) -> None:
    held = await opened_poll(stage)
    stage.now += HOUR
    first = stage.now
    stage.now += timedelta(seconds=40)  # so long did the first one take
    await held.give("native", "Camille", "consent", at=first)
    # A recount finds what no sync has told.
    stage.now += HOUR
    await held.give("native", "Camille", "concern", at=first + timedelta(seconds=20), live=False)
    assert await held.standing() == {NL: "concern"}


async def test_an_answer_stands_though_the_other_half_of_the_organisation_took_its_own_back(
    stage: Stage,
) -> None:
    held = await opened_poll(stage)
    await held.give("text", "Robin", "consent")
    stage.now += MINUTE
    await held.give("native", "Camille", "concern")
    stage.now += MINUTE
    await held.give("native", "Camille", "")
    await says(stage, "Maud", f"!org merge {FC} = {NL}", "admin")
    await says(stage, "Maud", "!confirm", "admin")
    assert await held.standing() == {FC: "consent"}
    await says(stage, "Maud", f"!org unmerge {NL}", "admin")
    assert await held.standing() == {FC: "consent"}


# --- where the answer is given


async def test_a_reminder_of_a_poll_can_be_answered_where_it_says_so(stage: Stage) -> None:
    held = await opened_poll(stage)
    reminded = await stage.tick(held.poll.closes_at - 24 * HOUR + MINUTE)
    there = {answer.where: answer for answer in reminded}
    for network, name, key in ((MATRIX, "Camille", "1️⃣"), (XMPP, "Robin", "2️⃣")):
        room = PLACES[network]["campaign"]
        if room.id not in there:
            continue
        await stage.show(there[room.id], f"$reminder-{network}")
        await stage.react(voice(name), key, f"$reminder-{network}")
    assert await held.standing() == {NL: "consent"}
    await stage.say(voice("Ines"), "2", reply_to=f"$reminder-{MATRIX}")
    assert (await held.standing())["Les Jardiniers du Web"] == "concern"


@pytest.mark.parametrize("key", ["👍", "✅", "❤️"])
@pytest.mark.parametrize("whole", [False, True])
async def test_what_is_no_number_on_a_reminder_answers_nothing_and_takes_nothing_back(
    stage: Stage, key: str, *, whole: bool
) -> None:
    held = await opened_poll(stage)
    await stage.take(held.event("reaction", voice("Camille"), "objection"))
    before = await held.standing()
    assert list(before) == [NL]
    reminded = await stage.tick(held.poll.closes_at - 24 * HOUR + MINUTE)
    room = PLACES[MATRIX]["campaign"]
    (reminder,) = (one for one in reminded if one.where == room.id)
    await stage.show(reminder, "$reminder")
    for name in ("Camille", "Ines"):
        who = voice(name)
        await stage.take(
            Reacted(room, f"$noted-{name}", who.address, name, "$reminder", (key,), stage.now, whole=whole)
        )
    assert await held.standing() == before, "it thanks for being reminded"


async def test_a_number_on_a_reminder_is_taken_back_with_it(stage: Stage) -> None:
    held = await opened_poll(stage)
    reminded = await stage.tick(held.poll.closes_at - 24 * HOUR + MINUTE)
    room, who = PLACES[MATRIX]["campaign"], voice("Camille")
    (reminder,) = (one for one in reminded if one.where == room.id)
    await stage.show(reminder, "$reminder")
    for event, keys in (("$one", ("👍", "1️⃣")), ("$none", ())):
        await stage.take(
            Reacted(room, event, who.address, "Camille", "$reminder", keys, stage.now, whole=True)
        )
        assert await held.standing() == ({NL: "consent"} if keys else {})


@pytest.mark.parametrize("key", ["❤️", "1️⃣"])
async def test_what_is_taken_from_a_reminder_leaves_the_number_on_the_poll(stage: Stage, key: str) -> None:
    held = await opened_poll(stage)
    room, who = PLACES[XMPP]["campaign"], voice("Robin")
    purpose = f"{reminding.OF_POLL}{polling.POLL}:{held.poll.id}"
    await stage.database.write(lambda storage: shown(storage, room, purpose, "$reminder"))

    async def react(target: str, *keys: str) -> dict[str, str]:
        event = f"$reaction-{next(held.numbers)}"
        await stage.take(Reacted(room, event, who.address, "Robin", target, keys, stage.now, whole=True))
        return await held.standing()

    on_the_poll = f"$reaction-of-{held.poll.id}"
    assert await react(on_the_poll, "1️⃣") == {FC: "consent"}
    assert await react("$reminder", key) == {FC: "consent"}
    assert await react("$reminder") == {FC: "consent"}, "it still stands on the poll itself"
    assert await react("$reminder", "2️⃣") == {FC: "concern"}
    assert await react(on_the_poll) == {FC: "concern"}, "what stands was said on the reminder"
    assert await react("$reminder") == {}


async def test_a_number_that_an_older_version_took_is_taken_back_from_any_message_of_the_poll(
    stage: Stage,
) -> None:
    held = await opened_poll(stage)
    await stage.take(held.event("reaction", voice("Robin"), "consent"))
    await stage.database.write(
        lambda storage: storage.ballots._connection.execute(text("UPDATE ballots SET target = ''"))
    )
    await stage.take(held.event("reaction", voice("Robin"), ""))
    assert await held.standing() == {}
