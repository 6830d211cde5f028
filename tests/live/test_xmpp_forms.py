"""Forms on a real Prosody: signing, voting and the rest by ad-hoc commands, and who gets nowhere with them."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

import pytest
from slixmpp.exceptions import IqError

from campaign.chat import XMPP, Submitted
from tests.live.xmpp_bot import WAIT
from tests.live.xmpp_forms import COMMANDS, step
from tests.live.xmpp_house import plot
from tests.storage.made import rows

if TYPE_CHECKING:
    from bot.transports.xmpp import XmppTransport
    from storage.database import Database
    from tests.live.xmpp_forms import Shown
    from tests.live.xmpp_person import XmppPerson

pytestmark = [pytest.mark.live, pytest.mark.timeout(300)]
__all__ = ["plot"]

DISCO = "http://jabber.org/protocol/disco"


def full(transport: XmppTransport) -> str:
    """The bot's full address, to which queries go."""
    return str(transport._connection.session.client.boundjid.full)


async def told(database: Database, query: str) -> list[tuple[object, ...]]:
    return await database.read(lambda storage: rows(storage, query))


async def count(database: Database, table: str) -> int:
    found = await told(database, f"SELECT count(*) FROM {table}")  # noqa: S608 - a name of ours
    return int(str(found[0][0]))


async def test_a_representative_finds_the_forms_and_signs_by_one(plot):
    robin = plot.robin
    async with plot.running() as (_, transport, database):
        bot = full(transport)
        info = await robin.ask("get", bot, f"<query xmlns='{DISCO}#info'/>")
        identity = info.find(f".//{{{DISCO}#info}}identity")
        assert (identity.get("category"), identity.get("type")) == ("client", "bot")
        assert COMMANDS in {each.get("var") for each in info.iter(f"{{{DISCO}#info}}feature")}
        listed = await robin.ask("get", bot, f"<query xmlns='{DISCO}#items' node='{COMMANDS}'/>")
        nodes = [each.get("node") for each in listed.iter(f"{{{DISCO}#items}}item")]
        assert {"sign", "details", "vote", "status"} <= set(nodes)
        one = await robin.ask("get", bot, f"<query xmlns='{DISCO}#info' node='sign'/>")
        assert one.find(f".//{{{DISCO}#info}}identity").get("type") == "command-node"

        form = await step(robin, bot, "sign")
        assert form.status == "executing", form
        assert form.fields["organisation"] == ["Le Fil Commun"]
        assert form.fields["funded"] == ["direct", "indirect", "none"]
        done = await step(
            robin, bot, "sign", form, organisation="Le Fil Commun", mandate="AG", funded="direct"
        )
        assert (done.status, done.wrong) == ("completed", False)
        assert "Le Fil Commun" in done.words
        signed = await told(database, "SELECT level, network, funded FROM signatures")
        assert signed == [("confirmed", XMPP, "direct")]
        # Handed in again, as after a cut: shown once more, and nothing else.
        written = await count(database, "inbox")
        again = await step(
            robin, bot, "sign", form, organisation="Le Fil Commun", mandate="AG", funded="direct"
        )
        assert again.words == done.words
        assert await count(database, "inbox") == written
        assert await count(database, "signatures") == 1
        # Nobody's address stands in what the event is known by, and nothing was said in the chat besides.
        events = [str(event) for (event,) in await told(database, "SELECT event FROM signatures")]
        assert not any("robin" in event for event in events)
        robin.chat(transport._jid, "!help")
        await robin.hears("!sign")
        assert not [heard for heard in robin.heard if heard.type == "chat" and "Le Fil Commun" in heard.body]


async def test_every_form_of_the_menu_opens_and_what_is_wrong_is_said_in_it(plot):
    robin = plot.robin
    async with plot.running() as (_, transport, database):
        bot = full(transport)
        listed = await robin.ask("get", bot, f"<query xmlns='{DISCO}#items' node='{COMMANDS}'/>")
        for each in listed.iter(f"{{{DISCO}#items}}item"):
            shown = await step(robin, bot, each.get("node"))
            assert shown.status in ("executing", "completed"), (each.get("node"), shown)
            assert shown.instructions or shown.words
        status = await step(robin, bot, "status")
        assert (status.status, status.wrong) == ("completed", False)
        assert "Save it" in status.words
        # A date that is none: said in the form, which keeps what was written.
        form = await step(robin, bot, "deciding")
        wrong = await step(robin, bot, "deciding", form, until="someday maybe", note="assembly")
        assert (wrong.status, wrong.wrong) == ("executing", True)
        assert "someday maybe" in wrong.words
        kept = {
            each.get("var"): each.findtext("{jabber:x:data}value")
            for each in wrong.command.iter("{jabber:x:data}field")
        }
        assert kept["note"] == "assembly"
        empty = await step(robin, bot, "deciding", wrong, until="")
        assert (empty.status, empty.wrong) == ("executing", True)
        day = (datetime.now(UTC) + timedelta(days=30)).date().isoformat()
        done = await step(robin, bot, "deciding", empty, until=day, organisation="Le Fil Commun")
        assert (done.status, done.wrong) == ("completed", False)
        cancelled = await step(robin, bot, "sign", await step(robin, bot, "sign"), action="cancel")
        assert cancelled.status == "canceled"
        assert (await step(robin, bot, "sign", cancelled)).error == "bad-request"
        assert (await step(robin, bot, "poll open")).error == "item-not-found"
        assert await count(database, "signatures") == 0


async def test_a_stranger_is_asked_by_the_form_and_only_declares(xmpp_person, plot):
    zoe = await xmpp_person("zoe")
    async with plot.running() as (_, transport, database):
        bot = full(transport)
        form = await step(zoe, bot, "sign")
        assert form.fields["organisation"] == []
        asked = await step(zoe, bot, "sign", form, organisation="Le Fil Commun")
        assert asked.status == "executing"
        assert "entitled" in asked.instructions
        assert asked.fields == {"choice": ["1", "no"]}
        no = await step(zoe, bot, "sign", asked, choice="no")
        assert (no.status, await count(database, "signatures")) == ("completed", 0)
        asked = await step(zoe, bot, "sign", await step(zoe, bot, "sign"), organisation="Le Fil Comun")
        assert asked.status == "executing"
        assert len(asked.fields["choice"]) > 2
        meant = await step(zoe, bot, "sign", asked, choice="1")
        yes = await step(zoe, bot, "sign", meant, choice="1")
        assert (yes.status, yes.wrong) == ("completed", False)
        assert await told(database, "SELECT level FROM signatures") == [("declared",)]
        # The question's own step, handed in again: no second answer.
        assert (await step(zoe, bot, "sign", meant, choice="1")).words == yes.words
        assert await count(database, "signatures") == 1


async def test_who_gets_nowhere_with_a_form(xmpp_person, plot):
    room, robin = plot.room, plot.robin
    mallory = await xmpp_person("mallory")
    robins_other = await xmpp_person("robin", resource="laptop")
    sam = await xmpp_person("sam")
    await mallory.join_room(room, "robin@tocsin.test")
    async with plot.running(more=f"Serveur du Coin,,,xmpp:{sam.jid}\n") as (_, transport, database):
        bot = full(transport)
        desk = transport._desk

        async def step_of(form: Shown, *who: XmppPerson, **values: str) -> None:
            """Whoever else goes on with a form is told that it is not valid, and nothing is written."""
            for one in who:
                for action in ("complete", "execute", "next"):
                    denied = await step(one, bot, form.command.get("node"), form, action=action, **values)
                    assert (denied.error, "not valid" in denied.words) == ("bad-request", True), one.jid
                assert (await step(one, bot, "sign", form, action="cancel")).status == "canceled"

        before = await count(database, "people")
        # The first step: another address, another session of the same one, and from behind a nick.
        form = await step(robin, bot, "sign")
        await step_of(form, mallory, robins_other, sam, organisation="Le Fil Commun")
        nick = f"{room}/tocsin"
        for after in (None, form):
            behind = await step(mallory, nick, "sign", after, organisation="Le Fil Commun")
            assert behind.error == "forbidden"
            assert transport._jid in behind.words
        assert (await step(robin, nick, "sign", form, organisation="Le Fil Commun")).error == "forbidden"
        # Who speaks for another organisation is not offered this one, and not taken at their word.
        of_sam = await step(sam, bot, "sign")
        assert of_sam.fields["organisation"] == ["Serveur du Coin"]
        refused = await step(sam, bot, "sign", of_sam, organisation="Le Fil Commun")
        assert (refused.status, refused.wrong) == ("executing", True)
        # Forged sessions, steps and values. Prosody reads eight thousand bytes at a time, and with Debian's XML parser it
        # puts off what is half of a longer tag: tests/bot/xmpp/test_stream.py has longer ones for the bot.
        for forged in ("", "x" * 6_000, form.session + "\n", form.session.upper()):
            command = (
                f"<command xmlns='{COMMANDS}' node='sign' sessionid={quoteattr(forged)} action='complete'/>"
            )
            with contextlib.suppress(IqError):
                answer = await mallory.ask("set", bot, command)
                assert (
                    answer.find(f"{{{COMMANDS}}}command").get("status") == "executing"
                )  # a new form, not his
        assert await count(database, "people") == before
        assert await count(database, "signatures") == 0
        assert await count(database, "inbox") == 0 or not await told(
            database, "SELECT 1 FROM inbox WHERE event LIKE 'form:%'"
        )
        # The second step: a question that was put to one is answered by nobody else.
        asked = await step(
            mallory, bot, "sign", await step(mallory, bot, "sign"), organisation="Le Fil Commun"
        )
        assert asked.fields == {"choice": ["1", "no"]}
        await step_of(asked, robin, robins_other, sam, choice="1")
        assert await count(database, "signatures") == 0
        wrong = await step(mallory, bot, "sign", asked, choice="2")
        assert (wrong.status, wrong.wrong) == ("executing", True)
        # A form that was forgotten meanwhile, the first step and the second.
        for session in desk._sessions.values():
            session.ends = 0.0
        await step_of(form, robin, organisation="Le Fil Commun")
        await step_of(wrong, mallory, choice="1")
        assert await count(database, "signatures") == 0
        # What was left of them all harmed nobody.
        done = await step(robin, bot, "sign", await step(robin, bot, "sign"), organisation="Le Fil Commun")
        assert (done.status, done.wrong) == ("completed", False)
        assert await told(database, "SELECT level FROM signatures") == [("confirmed",)]


async def test_two_at_once_are_one_and_a_cut_in_between_is_none_too_many(plot):
    robin = plot.robin
    async with plot.running(more="") as (app, transport, database):
        bot = full(transport)
        form = await step(robin, bot, "ask")
        both = await asyncio.gather(
            *(step(robin, bot, "ask", form, question="Where does the money go?") for _ in range(5))
        )
        assert {one.words for one in both} == {both[0].words}
        assert await count(database, "questions") == 1
        form = await step(robin, bot, "ask")
        # The answer is lost with the connection; the bot takes what was handed in all the same, once.
        taking = asyncio.Event()
        take = app.intake.take

        async def cut(*given: Any, **named: Any) -> Any:
            taken = await take(*given, **named)
            if given[1].events and isinstance(given[1].events[0], Submitted):
                transport._connection.session.break_off("cut by the test")
                taking.set()
            return taken

        back = asyncio.Event()
        states: list[str] = []
        supervisor = app.supervisors[XMPP]
        stand = supervisor._stand

        def stands(state: Any, why: str = "") -> None:
            stand(state, why)
            states.append(state)
            if states[-2:] == ["catching up", "caught up"]:
                back.set()

        supervisor._stand = stands
        app.intake.take = cut
        lost = asyncio.ensure_future(step(robin, bot, "ask", form, question="And the roadmap?"))
        await asyncio.wait_for(taking.wait(), WAIT)
        app.intake.take = take
        lost.cancel()
        await asyncio.gather(lost, return_exceptions=True)
        await asyncio.wait_for(back.wait(), WAIT)
        shown = await step(robin, bot, "ask", form, question="And the roadmap?")
        assert shown.status == "completed", shown
        assert not shown.wrong
        assert await count(database, "questions") == 2


async def test_a_vote_by_form(xmpp_person, plot):
    robin = plot.robin
    boss = await xmpp_person("boss")
    zoe = await xmpp_person("zoe")
    async with plot.running() as (_, transport, database):
        bot = full(transport)
        none = await step(robin, bot, "vote", await step(robin, bot, "vote"), choice="for")
        assert none.wrong
        boss.chat(transport._jid, "!poll open majority Shall we sign? closes=3d")
        await boss.hears("!confirm")
        boss.chat(transport._jid, "!confirm")
        await robin.hears("Shall we sign?")
        form = await step(robin, bot, "vote")
        assert form.fields["choice"] == ["1 for", "1 against", "1 abstain"]
        voted = await step(robin, bot, "vote", form, choice="1 for", reason="It must be")
        assert (voted.status, voted.wrong) == ("completed", False)
        assert await told(database, "SELECT choice, reason FROM ballots") == [("for", "It must be")]
        changed = await step(robin, bot, "vote", await step(robin, bot, "vote"), choice="1 against")
        assert not changed.wrong
        stranger = await step(
            zoe, bot, "vote", await step(zoe, bot, "vote"), choice="1 for", organisation="Picasoft"
        )
        assert stranger.wrong
        assert await told(database, "SELECT choice FROM ballots WHERE standing") == [("against",)]


HOSTILE = (
    "<command xmlns='{c}'/>",
    "<command xmlns='{c}' node='sign' action='prev'/>",
    "<command xmlns='{c}' node='sign' action='&#x202e;'/>",
    "<command xmlns='{c}' node='sign' sessionid='{session}' action='prev'/>",
    "<command xmlns='{c}' node='status' sessionid='{session}' action='complete'><x xmlns='jabber:x:data'/></command>",
    "<command xmlns='{c}' node='sign' sessionid='{session}'><x xmlns='jabber:x:data' type='submit'><field/></x></command>",
    "<command xmlns='{c}' node='sign'><x xmlns='jabber:x:data' type='form'><field var='organisation'/></x></command>",
    "<command xmlns='{c}' node='" + "x" * 5000 + "'/>",
    "<query xmlns='http://jabber.org/protocol/disco#info' node='" + "y" * 5000 + "'/>",
    "<query xmlns='http://jabber.org/protocol/disco#items' node='../..'/>",
    "<query xmlns='urn:xmpp:mam:2'/>",
    "<pubsub xmlns='http://jabber.org/protocol/pubsub'><items node='urn:xmpp:bookmarks:1'/></pubsub>",
)
"""Queries of no good: each is answered, and none is of any effect."""


async def test_hostile_queries_are_answered_and_the_next_form_counts(xmpp_person, plot):
    robin = plot.robin
    mallory = await xmpp_person("mallory")
    async with plot.running(more="") as (_, transport, database):
        bot = full(transport)
        form = await step(robin, bot, "sign")
        for query in HOSTILE:
            for kind in ("get", "set"):
                with contextlib.suppress(IqError):  # an answer, whatever it is
                    await mallory.ask(kind, bot, query.format(c=COMMANDS, session=form.session))
        fields = "".join(f"<field var='f{n}'><value>{'z' * 500}</value></field>" for n in range(200))
        large = f"<x xmlns='jabber:x:data' type='submit'>{fields}</x>"
        with contextlib.suppress(IqError):
            await mallory.ask("set", bot, f"<command xmlns='{COMMANDS}' node='sign'>{large}</command>")
        # A flood of them: some are told to wait, and nobody else has to.
        flood = [asyncio.ensure_future(step(mallory, bot, "sign")) for _ in range(100)]
        done = await step(robin, bot, "sign", form, organisation="Le Fil Commun")
        assert (done.status, done.wrong) == ("completed", False)
        answers = await asyncio.gather(*flood)
        assert {one.error for one in answers} <= {"", "resource-constraint"}
        assert any(one.status == "executing" for one in answers)
        assert await count(database, "signatures") == 1
