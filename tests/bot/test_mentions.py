"""By which names a network knows the bot: what its events say of them, without a server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import pytest

from bot.transports.matrix.reading import Reader
from bot.transports.matrix.rooms import JoinedRoom
from bot.transports.xmpp import reading
from bot.transports.xmpp.heard import Heard
from bot.transports.xmpp.rooms import MucRoom
from campaign.chat import Said
from commands.command import House
from commands.dialogue import answer
from commands.line import calling

ME = "@tocsin:campagne.example"
PILL = '<a href="https://matrix.to/#/{whom}">{name}</a>'
HOUSE = House(name="rallybot")
"""Called otherwise than its account is: only the network can tell."""


def matrix(body: str, **content: Any) -> Said:
    """What a message in a room means, where the bot calls itself "Le Crieur"."""
    room = JoinedRoom(ME, members={ME: "Le  Crieur", "@ada:ailleurs.example": "Ada"})
    raw = {
        "type": "m.room.message",
        "event_id": "$1",
        "sender": "@ada:ailleurs.example",
        "origin_server_ts": 1_700_000_000_000,
        "content": {"msgtype": "m.text", "body": body, **content},
    }
    event = Reader(ME, "!room:campagne.example", room, live=True).read(raw)
    assert isinstance(event, Said)
    return event


def xmpp(text: str) -> Said:
    """What a message in a room means, where the room gave the bot another nick than it wanted."""
    room = MucRoom("salon@salons.example", nick="tocsin_")
    message = Element("{jabber:client}message", type="groupchat")
    SubElement(message, "{jabber:client}body").text = text
    event = reading._said_or_reacted(
        reading.Room("xmpp", room.jid),
        message,
        Heard(),
        event="1",
        at=datetime.now(UTC),
        live=True,
        sender=reading.Address("xmpp", "ada@ailleurs.example"),
        name="Ada",
        own_name=room.nick,
    )
    assert isinstance(event, Said)
    return event


def called(said: Said) -> str:
    """What is asked of the bot in it; "" if nothing is."""
    line = answer._call(said, HOUSE)
    return line.text if line else ""


MENTIONED = {"m.mentions": {"user_ids": [ME]}}


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("@tocsin:campagne.example status", {}),
        ("@tocsin:campagne.example: status", {}),
        ("tocsin: status", {}),
        ("Le Crieur : status", {}),
        ("le crieur status", {}),
        ("@Le Crieur !status", MENTIONED),
        (
            "Tocsin du collectif status",
            {**MENTIONED, "formatted_body": PILL.format(whom=ME, name="Tocsin du collectif") + " status"},
        ),
        (
            "L'alarme: status",
            {
                "formatted_body": PILL.format(whom="%40tocsin%3Acampagne.example", name="L&#39;alarme")
                + ": status"
            },
        ),
        ("[L'alarme](https://matrix.to/#/@tocsin:campagne.example) status", MENTIONED),
    ],
)
def test_on_matrix_it_answers_to_its_account_its_display_name_and_what_a_client_shows(
    body: str, content: dict[str, Any]
) -> None:
    assert called(matrix(body, **content)) == "status"


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (
            "Ada: status",
            {"formatted_body": PILL.format(whom="@ada:ailleurs.example", name="Ada") + ": status"},
        ),
        ("[Ada](https://matrix.to/#/@ada:ailleurs.example): status", {}),
        ("@tocsin:ailleurs.example: status", {}),
        ("Le Crieur public: status", {}),
    ],
)
def test_on_matrix_a_mention_of_somebody_else_is_none_of_its_business(
    body: str, content: dict[str, Any]
) -> None:
    assert called(matrix(body, **content)) != "status"


def test_a_malformed_page_mentions_nobody() -> None:
    assert called(matrix("status", formatted_body=["no text"])) == ""
    assert called(matrix("x" * 10, formatted_body="<a href=" * 100_000)) == ""


def put_to(said: Said) -> str:
    """The sentence that is put to the bot by its name elsewhere in it; "" if none is."""
    return calling.put_to(said.text, (HOUSE.name, *said.my_names), mentioned=said.mentions_me)


ASKED = "comment on signe ?"


@pytest.mark.parametrize(
    ("body", "content"),
    [
        ("comment on signe ? Le Crieur", MENTIONED),
        ("comment on signe ? @tocsin:campagne.example", MENTIONED),
        ("comment on signe, Le Crieur ?", MENTIONED),
        ("Bonjour Le Crieur comment on signe ?", MENTIONED),
        ("Bonjour Le Crieur, comment on signe ?", {}),
        ("comment on signe ? [Le Crieur](https://matrix.to/#/@tocsin:campagne.example)", MENTIONED),
    ],
)
def test_on_matrix_a_sentence_is_put_to_it_by_its_name_elsewhere_too(
    body: str, content: dict[str, Any]
) -> None:
    assert put_to(matrix(body, **content)) == ASKED


@pytest.mark.parametrize(
    "body", ["on signe avec Le Crieur", "Ada, comment on signe ?", "Bonjour Ada, tocsin marche ?"]
)
def test_on_matrix_it_is_spoken_of(body: str) -> None:
    assert put_to(matrix(body, **MENTIONED)) == ""


@pytest.mark.parametrize(
    "text",
    ["comment on signe ? tocsin_", "comment on signe ? @tocsin_", "comment on signe, tocsin_ ?", "Salut tocsin_ ! comment on signe ?"],
)  # fmt: skip
def test_on_xmpp_a_sentence_is_put_to_it_by_its_nick_elsewhere_too(text: str) -> None:
    assert put_to(xmpp(text)) == ASKED


@pytest.mark.parametrize(
    "text", ["comment on signe avec tocsin_ ?", "tocsin_ est là", "Bonjour tocsinette, on signe ?"]
)
def test_on_xmpp_it_is_spoken_of(text: str) -> None:
    assert put_to(xmpp(text)) == ""


@pytest.mark.parametrize(
    "text", ["tocsin_: status", "Tocsin_ : status", "tocsin_ status", "@tocsin_, !status"]
)
def test_on_xmpp_it_answers_to_the_nick_the_room_gave_it(text: str) -> None:
    assert called(xmpp(text)) == "status"
