"""One decision on both networks at once: every way of voting, over a kill -9 and a closing while the bot is down."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.live.test_campaign import exported_on_matrix
from tests.live.town import ON_MATRIX, ON_XMPP, ORGANISATIONS, town
from tests.live.xmpp_forms import step

if TYPE_CHECKING:
    from pathlib import Path

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.town import Town

pytestmark = [pytest.mark.live, pytest.mark.timeout(600)]

START = "org.matrix.msc3381.poll.start"
RESPONSE = "org.matrix.msc3381.poll.response"
END = "org.matrix.msc3381.poll.end"
COLLECTIVE = "Les Hébergeurs Réunis"
SECOND = "Café du Port"
"""The organisation for which Lou speaks besides their own."""
CHOICES = ("consentement", "réserve", "objection", "abstention")
KEYS = dict(zip(CHOICES, ("consent", "concern", "objection", "abstain"), strict=True))
NUMBERS = {f"{number}\ufe0f\u20e3": key for number, key in enumerate(KEYS.values(), 1)}


@dataclass
class Log:
    """What was seen of the votes by whoever only watched: organisation → the instants and answers, as they came."""

    seen: list[tuple[float, str, str]] = field(default_factory=list)

    def note(self, organisation: str, answer: str) -> None:
        """Keep an answer that was given just now, by the watcher's own clock."""
        self.seen.append((time.time(), organisation, answer))

    def tally(self, until: float) -> dict[str, str]:
        """Organisation → its latest answer before an instant; none for whoever took theirs back."""
        in_order = sorted(self.seen, key=lambda one: one[0])
        latest = {organisation: answer for at, organisation, answer in in_order if at < until}
        return {organisation: answer for organisation, answer in latest.items() if answer}


@dataclass
class Votes:
    """Lets people vote in the town, each their own way, and keeps what a watcher would see of it."""

    here: Town
    rooms: dict[str, str]
    """Somebody on Matrix → the room in which they are."""
    polls: dict[str, str] = field(default_factory=dict)
    """Room → the event of the poll that is shown there."""
    text: str = ""
    """The stanza-id of the poll's text on XMPP."""
    log: Log = field(default_factory=Log)

    async def native(self, name: str, *keys: str) -> None:
        """In the poll as Matrix shows it; without keys, taken back."""
        room = self.rooms[name]
        relation = {"rel_type": "m.reference", "event_id": self.polls[room]}
        content = {"m.relates_to": relation, RESPONSE: {"answers": list(keys)}}
        await self.here.matrix[name].send(room, content, kind=RESPONSE)
        self.log.note(ORGANISATIONS[name], keys[0] if len(keys) == 1 else "")

    async def line(self, name: str, words: str, *, organisation: str = "", forged: bool = False) -> None:
        """By a line of text; `forged`: with a server's time of a year ago in it."""
        text = f"!voter {words}"
        if name in self.here.matrix:
            await self.here.matrix[name].say(self.rooms[name], text)
        else:
            stamp = (datetime.now(UTC) - timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
            delay = f"<delay xmlns='urn:xmpp:delay' from='{self.here.xmpp[name].jid}' stamp='{stamp}'/>"
            self.here.xmpp[name].say(self.here.muc, text, extra=delay if forged else "")
        answer = next(key for word, key in KEYS.items() if word in words)
        self.log.note(organisation or ORGANISATIONS[name], answer)

    def react(self, name: str, *keys: str) -> None:
        """By reactions on XMPP, the whole set at once."""
        self.here.xmpp[name].react(self.here.muc, self.text, *keys)
        known = {NUMBERS[key] for key in keys if key in NUMBERS}
        self.log.note(ORGANISATIONS[name], known.pop() if len(known) == 1 else "")

    async def form(self, name: str, key: str) -> None:
        """By a form on XMPP."""
        person, bot = self.here.xmpp[name], self.here.bot_jid
        to = await resource_of(self.here, name, bot)
        shown = await step(person, to, "vote", await step(person, to, "vote"), choice=f"1 {key}")
        assert not shown.wrong, shown.words
        self.log.note(ORGANISATIONS[name], key)


async def resource_of(here: Town, name: str, bot: str) -> str:
    """The full address of the bot: forms are asked of that, and a message of its own shows it."""
    person = here.xmpp[name]
    heard = await person.wait_for(lambda each: each.sender.startswith(f"{bot}/"))
    return heard.sender


async def stands(here: Town, organisation: str, choice: str) -> None:
    """Wait until the bot's own book has an answer: what it does not say aloud."""
    path = here.folder / "data" / "tocsin.db"
    query = "SELECT name, choice FROM ballots JOIN organisations ON organisations.id = organisation_id WHERE standing"
    book: dict[str, str] = {}
    for _ in range(900):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
            book = dict(connection.execute(query).fetchall())
        if book.get(organisation) == choice:
            return
        await asyncio.sleep(0.1)
    raise TimeoutError(f"{organisation} has not {choice} in {book}")


def everybody(here: Town) -> str:
    """The organisations' file: Lou speaks for two, so that there are ten."""
    accounts = {name: person.user_id for name, person in here.matrix.items()}
    accounts |= {name: f"xmpp:{person.jid}" for name, person in here.xmpp.items()}
    lines = [f"{organisation},,,{accounts.get(name, '')}" for name, organisation in ORGANISATIONS.items()]
    return "\n".join(["name,aliases,website,representatives", *lines, f"{SECOND},,,{accounts['lou']}", ""])


async def a_second_room(here: Town) -> str:
    """One more room of the campaign on Matrix, to which the bot is invited by the campaigner."""
    maud = here.matrix["maud"]
    others = (here.matrix["noor"].user_id, here.matrix["lea"].user_id)
    room = await maud.create_room(name="Les autres", invite=(here.bot_id, *others))
    for name in ("noor", "lea"):
        await here.matrix[name].join(room)
    await maud.sees_join(room, here.bot_id)
    return room


async def the_poll_opens(here: Town, votes: Votes) -> None:
    """The campaigner opens it in two steps; it is shown in both rooms of Matrix, its text on XMPP too."""
    maud = here.matrix["maud"]
    await maud.say(
        here.office, f"!scrutin ouvrir consentement {COLLECTIVE} : on signe ? cloture=20 minutes signe=oui"
    )
    await here.hears("maud", "on signe ?", "!confirmer", room=here.office)
    await maud.say(here.office, "!confirmer")
    for room in set(votes.rooms.values()):
        shown = await maud.wait_for(
            lambda event, room=room: (
                event["type"] == START and event["room_id"] == room and event["sender"] == here.bot_id
            ),
            60,
        )
        assert [one["id"] for one in shown["content"][START]["answers"]] == list(KEYS.values())
        votes.polls[room] = shown["event_id"]
    watcher = here.xmpp["maud-x"]
    heard = await watcher.wait_for(lambda each: each.room == here.muc and "Scrutin 1" in each.body, 60)
    votes.text = heard.stanza_id(here.muc)


async def first_votes(here: Town, votes: Votes) -> None:
    """Every way there is, with changes, a retraction, a spoilt answer and a forged time."""
    await votes.native("camille", "consent")
    await stands(here, ORGANISATIONS["camille"], "consent")
    await votes.native("ines", "objection")
    await here.hears("ines", ORGANISATIONS["ines"], "Pourquoi")
    asked = await here.matrix["ines"].wait_for(
        lambda event: "Pourquoi" in str(event["content"].get("body", "")) and event["sender"] == here.bot_id
    )
    await here.matrix["ines"].reply(here.room, asked["event_id"], "Rien sur les données")
    await here.hears("camille", ORGANISATIONS["ines"], "objection")
    await votes.native("noor", "concern")
    await votes.native("noor", "consent")
    await stands(here, ORGANISATIONS["noor"], "consent")
    await votes.line("lea", "abstention")
    await here.hears("lea", ORGANISATIONS["lea"], "abstention")
    await votes.native("lea", "consent", "concern")
    await here.hears("lea", ORGANISATIONS["lea"], "nulle")
    await votes.native("lea")

    await votes.line("robin", "consentement")
    await here.hears("robin", ORGANISATIONS["robin"], "consentement")
    await votes.line("robin", "réserve un peu court", forged=True)
    await here.hears("robin", ORGANISATIONS["robin"], "répond", "réserve")
    votes.react("alex", "1\ufe0f\u20e3", "😂")
    await stands(here, ORGANISATIONS["alex"], "consent")
    await votes.form("sam", "consent")
    await votes.line("lou", f"abstention {SECOND}", organisation=SECOND)
    await here.hears("lou", SECOND, "abstention")


async def votes_while_it_is_dead(here: Town, votes: Votes) -> None:
    """Killed in the middle; three change their minds meanwhile, and one organisation answers first."""
    await here.bot.stop(signal.SIGKILL)
    await votes.native("camille", "abstain")
    votes.react("alex", "2\ufe0f\u20e3")
    await votes.line("lou", f"consentement {ORGANISATIONS['lou']}")
    await here.bot.start()
    for name, key in (("camille", "abstain"), ("alex", "concern"), ("lou", "consent")):
        await stands(here, ORGANISATIONS[name], key)


async def it_is_down_at_the_closing(here: Town, votes: Votes) -> float:
    """Down when the poll closes: one changes before, two answer after. Return when it closed."""
    await here.bot.stop()
    closes = datetime.now(UTC) + timedelta(seconds=6)
    # Nobody can wait twenty minutes: while the bot is down, its poll closes in a few seconds.
    with closing(sqlite3.connect(here.folder / "data" / "tocsin.db")) as book, book:
        book.execute("UPDATE polls SET closes_at = ?", (f"{closes:%Y-%m-%d %H:%M:%S.%f}",))
    await votes.native("noor", "concern")
    await votes.line("sam", "abstention")
    await asyncio.sleep(max(0, closes.timestamp() - time.time()) + 1)
    await votes.native("lea", "objection")
    await votes.line("robin", "objection trop tard", forged=True)
    await here.bot.start()
    return closes.timestamp()


def outcome(tally: dict[str, str]) -> str:
    """What is said of the numbers, by the watcher's own count. The one objection in time was integrated."""
    counted = {key: list(tally.values()).count(key) for key in KEYS.values()}
    counted["objection"] -= 1
    return ", ".join(f"{word} {counted[key]}" for word, key in list(KEYS.items())[:3]) + (
        f" et abstention {counted['abstain']}"
    )


async def the_collective_has_signed(here: Town) -> dict[str, Any]:
    """Its row in the list that a campaigner asks for."""
    listed = await exported_on_matrix(here, await here.matrix_private("maud"))
    (row,) = [one for one in listed if one["organisation"] == COLLECTIVE]
    assert [one["organisation"] for one in listed if one["collective"]] == [COLLECTIVE]
    return row


async def test_a_decision_on_both_networks(
    synapse_server: Synapse, prosody_server: Prosody, tmp_path: Path
) -> None:
    async with town(
        synapse_server, prosody_server, tmp_path, settings=f'collective = "{COLLECTIVE}"'
    ) as here:
        (here.folder / "organisations.csv").write_text(everybody(here))
        await here.bot.start()
        for name in ON_XMPP:
            await here.link(name)
        second = await a_second_room(here)
        votes = Votes(here, {name: second if name in ("noor", "lea") else here.room for name in ON_MATRIX})
        await the_poll_opens(here, votes)
        await first_votes(here, votes)
        await here.matrix["maud"].say(here.office, f"!objection integree {ORGANISATIONS['ines']}")
        await here.hears("robin", ORGANISATIONS["ines"], "intégrée")
        await votes_while_it_is_dead(here, votes)
        closed_at = await it_is_down_at_the_closing(here, votes)

        tally = votes.log.tally(closed_at)
        assert len(tally) == 8, tally  # Léa's was taken back, and nobody speaks for the silent one
        for name in ("camille", "noor", "robin"):
            said = await here.hears(name, "Scrutin 1", "adopté.", timeout=90)
            assert outcome(tally) in said
            assert f"*{COLLECTIVE}* signe" in said or f"{COLLECTIVE} signe" in said
            assert "Rien sur les données" in said
        for room, poll in votes.polls.items():
            ended = await here.matrix["maud"].wait_for(
                lambda event, room=room: event["type"] == END and event["room_id"] == room, 60
            )
            assert ended["content"]["m.relates_to"]["event_id"] == poll
        row = await the_collective_has_signed(here)
        assert (row["level"], row["standing"], row["mandate"]["kind"]) == (
            "verified",
            "signed",
            "collective poll",
        )
        # Said once in each room, whatever happened to the bot.
        for room in votes.polls:
            texts = await here.matrix["maud"].texts(room, sender=here.bot_id)
            assert sum("adopté." in text for text in texts) == 1
        heard = [each.body for each in here.xmpp["maud-x"].heard if each.room == here.muc]
        assert sum("adopté." in body for body in heard) == 1
