"""Forms, step by step and person by person: who may hand in what, and what nobody can do with somebody else's."""

from __future__ import annotations

import asyncio
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from bot.forms.desk import LASTS, MOST, MOST_EACH, Desk
from bot.forms.filling import Filling
from bot.texts.wordings import Wordings
from bot.transports.base import Batch, Unreachable
from bot.transports.forms import Holder, TurnedAway
from campaign.chat import XMPP, Address
from commands.menu import MENU
from tests.commands.stage import ADMINS, PLACES, Stage, opened, under_way, voice
from tests.conversations.play import BEGINNING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from bot.transports.forms import Page
    from commands.dialogue.forms import Answered

FORMS = tuple(one for one in MENU if one.form)
FILLED = {
    "organisation": "Le Fil Commun",
    "choice": "1 for",
    "until": "2030-01-15",
    "question": "Is that so?",
    "kind": "publish",
    "given": "yes",
    "language": "en",
    "role": "treasurer",
}
"""What stands in each field that has to be filled in, or that a refusal must not let through."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data of a campaign under way, to be copied."""
    folder = tmp_path_factory.mktemp("prepared")
    with opened(folder) as stage:
        asyncio.run(under_way(stage))
    return folder / "data"


@contextmanager
def at_the_desk(prepared: Path, folder: Path) -> Iterator[tuple[Stage, Desk]]:
    with opened(folder, data=prepared) as stage:

        async def take(batch: Batch) -> Mapping[str, Answered]:
            return (await stage._intake.take(XMPP, batch, lambda _: None)).answered

        wordings = Wordings(stage.house, MENU)
        yield stage, Desk(XMPP, stage.database, wordings, MENU, take=take, now=lambda: BEGINNING)


def holder(address: Address, session: str = "phone") -> Holder:
    return Holder(address, f"{address.id}/{session}")


ROBIN = holder(voice("Robin").address)
"""Speaks for Le Fil Commun."""
OTHERS = {
    "a stranger": holder(voice("Zoe").address),
    "another session of the same account": holder(voice("Robin").address, "laptop"),
    "a representative of another organisation": holder(Address(XMPP, "alex@racines.example")),
    "a campaigner": holder(ADMINS[XMPP]),
    "the same name at another domain": holder(Address(XMPP, "robin@mail.example")),
    "the same account but for case": Holder(
        voice("Robin").address, f"{voice('Robin').address.id.upper()}/phone"
    ),
}


def values(page: Page) -> dict[str, str]:
    needed = {"organisation", "role", "until"}
    return {one.name: FILLED[one.name] for one in page.fields if one.required or one.name in needed}


@pytest.mark.parametrize("form", [one.name for one in FORMS])
async def test_nobody_goes_on_with_a_form_that_is_somebody_elses(
    prepared: Path, tmp_path: Path, form: str
) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        page = await desk.open(ROBIN, form)
        if not page.fields:
            page = await desk.open(ROBIN, "sign")  # it has one step: the session itself is tried
        before = await stage.rows()
        for other in OTHERS.values():
            for step in (None, 0, page.step, page.step + 1):
                with pytest.raises(TurnedAway) as away:
                    await desk.hand_in(other, page.session, step, values(page))
                assert away.value.why == "no such session"
            desk.put_away(other, page.session)
        assert await stage.rows() == before
        assert not (await desk.hand_in(ROBIN, page.session, page.step, values(page))).refused


@pytest.mark.parametrize("who", [name for name in OTHERS if "session" not in name and "case" not in name])
@pytest.mark.parametrize("form", ["sign", "details", "vote", "deciding", "decline", "withdraw"])
async def test_nobody_speaks_for_an_organisation_by_filling_in_its_name(
    prepared: Path, tmp_path: Path, form: str, who: str
) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        page = await desk.open(OTHERS[who], form)
        before = await stage.rows()
        answered = await desk.hand_in(OTHERS[who], page.session, page.step, values(page))
        after = await stage.rows()
        for table in ("people", "addresses", "rooms"):  # whoever says a line in private is met as well
            after[table] = before[table]
        if form == "sign" and not answered.refused:
            # Asked whether they are entitled, and that is all.
            assert [one.name for one in answered.fields] == ["choice"]
            after["prompts"] = before["prompts"]
        else:
            assert answered.refused
        assert after == before


@pytest.mark.parametrize("who", [name for name in OTHERS if "session" not in name and "case" not in name])
async def test_a_question_is_answered_by_nobody_but_whom_it_was_put_to(
    prepared: Path, tmp_path: Path, who: str
) -> None:
    zoe = holder(Address(XMPP, "somebody@mail.example"))
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        page = await desk.open(zoe, "sign")
        asked = await desk.hand_in(zoe, page.session, page.step, {"organisation": "Le Fil Commun"})
        assert [one.name for one in asked.fields] == ["choice"]
        before = await stage.rows()
        for step in (None, asked.step):
            with pytest.raises(TurnedAway):
                await desk.hand_in(OTHERS[who], asked.session, step, {"choice": "1"})
        assert await stage.rows() == before
        # Nor twice by the same, nor by the step before handed in once more.
        assert await desk.hand_in(zoe, page.session, page.step, {"organisation": "Picasoft"}) == asked
        done = await desk.hand_in(zoe, asked.session, asked.step, {"choice": "1"})
        once = await stage.rows()
        assert not done.fields
        for step in (None, page.step, asked.step, done.step):
            assert await desk.hand_in(zoe, asked.session, step, {"choice": "1"}) == done
        assert await stage.rows() == once


@pytest.mark.parametrize("form", ["poll open", "org add", "forgetme", "nothing", "", "sign\n", "SIGN"])
async def test_what_is_no_form_is_none(prepared: Path, tmp_path: Path, form: str) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        before = await stage.rows()
        for who in (ROBIN, holder(ADMINS[XMPP])):
            with pytest.raises(TurnedAway) as away:
                await desk.open(who, form)
            assert away.value.why == "no such form"
        assert await stage.rows() == before


async def test_a_form_that_is_only_looked_at_leaves_nothing(prepared: Path, tmp_path: Path) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        before = await stage.rows()
        nobody = holder(Address(XMPP, "never-met@mail.example"))
        for one in FORMS:
            if one.parameters:
                for who in (nobody, ROBIN):
                    assert (await desk.open(who, one.name)).fields
        assert len(await desk.listed(nobody)) == len(FORMS)
        assert await stage.rows() == before


async def test_a_form_does_not_last(prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        page = await desk.open(ROBIN, "sign")
        before = await stage.rows()
        now = asyncio.get_running_loop().time()
        monkeypatch.setattr("bot.forms.desk.time.monotonic", lambda: now + LASTS + 1)
        with pytest.raises(TurnedAway):
            await desk.hand_in(ROBIN, page.session, page.step, values(page))
        assert await stage.rows() == before


async def test_a_flood_of_forms_makes_room_by_itself(prepared: Path, tmp_path: Path) -> None:
    with at_the_desk(prepared, tmp_path) as (_, desk):
        first = await desk.open(ROBIN, "sign")
        for _ in range(MOST_EACH):
            await desk.open(ROBIN, "details")
        with pytest.raises(TurnedAway):
            await desk.hand_in(ROBIN, first.session, first.step, values(first))
        for number in range(MOST):
            desk._make_room(other := holder(Address(XMPP, f"zoe{number}@mail.example")))
            filling = Filling("", other, FORMS[0], desk._holders, desk._take)
            desk._sessions[f"made {number}"] = type(desk._sessions[next(reversed(desk._sessions))])(
                filling, float("inf")
            )
        assert len(desk._sessions) == MOST


async def test_what_cannot_be_taken_now_can_be_handed_in_again(prepared: Path, tmp_path: Path) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        page = await desk.open(ROBIN, "sign")
        filling = desk._sessions[page.session].filling
        take = filling._take

        async def away(_: Batch) -> Mapping[str, Answered]:
            raise Unreachable("nothing is taken now")

        filling._take = away
        with pytest.raises(TurnedAway) as later:
            await desk.hand_in(ROBIN, page.session, page.step, values(page))
        assert later.value.why == "later"
        filling._take = take
        assert not (await desk.hand_in(ROBIN, page.session, page.step, values(page))).refused
        assert (await stage.rows())["signatures"]


async def test_of_several_campaigns_the_form_asks_first_which_is_meant(
    prepared: Path, tmp_path: Path
) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        other = {"timezone": "Europe/Paris", "language": "en", "reminders": [], "civil_hours": "09:00-20:00"}
        await stage.database.write(
            lambda storage: storage.campaigns.add("other", "The other one", BEGINNING, **other)
        )
        page = await desk.open(ROBIN, "status")
        assert [(one.name, len(one.options), one.required) for one in page.fields] == [("campaign", 2, True)]
        assert "The other one" in [label for _, label in page.fields[0].options]
        before = await stage.rows()
        for wrong in ("", "a third", "OTHER"):
            page = await desk.hand_in(ROBIN, page.session, page.step, {"campaign": wrong})
            assert page.refused
            assert page.fields
        assert await stage.rows() == before
        done = await desk.hand_in(ROBIN, page.session, page.step, {"campaign": "other"})
        assert not done.fields
        assert "The other one" in done.words
        # Whoever is seen in a room of one of them is asked for none.
        seen = Holder(ROBIN.address, ROBIN.exactly, (PLACES[XMPP]["campaign"].id,))
        done = await desk.open(seen, "status")
        assert not done.fields
        assert "The other one" not in done.words
        # Where one has to be filled in besides, that is the next step, of that campaign.
        page = await desk.open(ROBIN, "vote")
        page = await desk.hand_in(ROBIN, page.session, page.step, {"campaign": "other"})
        assert [one.name for one in page.fields] == ["choice", "organisation", "reason"]
        assert (await desk.hand_in(ROBIN, page.session, page.step, {"choice": "1 for"})).refused


async def test_its_people_have_forms_after_the_end_of_their_campaign(prepared: Path, tmp_path: Path) -> None:
    with at_the_desk(prepared, tmp_path) as (stage, desk):
        for line in ("!campaign close", "!confirm"):
            await stage.say(voice("Maud"), line, "admin")
        assert await desk.admits(ROBIN)
        assert not await desk.admits(holder(Address(XMPP, "somebody@mail.example")))
        shown = await desk.open(ROBIN, "status")
        assert not shown.refused
        assert "🏁" in shown.words
        refused = await desk.open(ROBIN, "sign")
        assert refused.refused
        assert not refused.fields
