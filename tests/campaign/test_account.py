"""Accounts as people type them are read as the networks know them, or refused."""

from __future__ import annotations

import pytest

from campaign.account import read_account
from campaign.chat import MATRIX, XMPP, Address
from campaign.errors import CampaignError

CAMILLE = Address(MATRIX, "@camille:nuagelibre.example")
ZOE = Address(XMPP, "zoe@mail.example")


@pytest.mark.parametrize(
    ("typed", "account"),
    [
        ("@camille:nuagelibre.example", CAMILLE),
        ("@Camille:NuageLibre.example", CAMILLE),
        ("@camille:nuagelibre.example,", CAMILLE),
        ("@camille:nuagelibre.example:", CAMILLE),
        ("@camille:nuagelibre.example.", CAMILLE),
        ("<@camille:nuagelibre.example>", CAMILLE),
        ("(@camille:nuagelibre.example)", CAMILLE),
        ("@camille:localhost:8448", Address(MATRIX, "@camille:localhost:8448")),
        ("@camille:[::1]:8448", Address(MATRIX, "@camille:[::1]:8448")),
        ("@c.a_m=i/l-l+e:xn--nuage-9ya.example", Address(MATRIX, "@c.a_m=i/l-l+e:xn--nuage-9ya.example")),
        ("zoe@mail.example", ZOE),
        ("xmpp:zoe@mail.example", ZOE),
        ("XMPP:Zoe@mail.example", ZOE),
        ("<zoe@mail.example>", ZOE),
        ("(zoe@mail.example),", ZOE),
        ("zoé@courriel.élan.example", Address(XMPP, "zoé@courriel.élan.example")),
    ],
)
def test_an_account_is_read_whatever_stands_around_it(typed: str, account: Address) -> None:
    assert read_account(typed) == account


@pytest.mark.parametrize(
    "typed",
    [
        "camille",
        "@camille",
        "@camille:",
        "@:nuagelibre.example",
        "@cam ille:nuagelibre.example",
        "@camille:nuage_libre",
        "@camille:nuagelibre..example",
        "@camille:-nuage.example",
        "@camille(bot):nuagelibre.example",
        "@camille,robin:nuagelibre.example",
        "#collectif:nuagelibre.example",
        "!abc:nuagelibre.example",
        "https://matrix.to/#/@camille:nuagelibre.example",
        "mailto:zoe@mail.example",
        "xmpp:zoe@mail.example/phone",
        "salon@salons.example/Zoe",
        "zoe@",
        "@mail.example",
        "zoe@mail.example,robin@mail.example",
        "",
    ],
)
def test_what_can_never_be_an_account_is_refused(typed: str) -> None:
    with pytest.raises(CampaignError, match="is not an account"):
        read_account(typed)
