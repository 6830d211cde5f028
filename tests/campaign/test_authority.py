"""What an account proves, and the many that prove nothing."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from campaign.authority import (
    PUBLIC_PROVIDERS,
    ascii_domain,
    is_proven,
    looks_like_one_human,
    stored_forms,
)
from campaign.chat import MATRIX, XMPP, Address
from campaign.organisation import domain_of, tidy_url


def on_matrix(typed: str) -> Address:
    return Address(MATRIX, typed)


def on_xmpp(typed: str) -> Address:
    return Address(XMPP, typed)


def proven(account: Address, website: str) -> bool:
    """Whether it is, also by the way that organisations are looked up."""
    site = tidy_url(website)
    found = is_proven([account], site, domain_of(site), PUBLIC_PROVIDERS)
    if found:
        assert domain_of(site) in stored_forms([account], PUBLIC_PROVIDERS)
    return found


@pytest.mark.parametrize(
    ("account", "website"),
    [
        (on_matrix("@adrien:deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_xmpp("adrien@deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_matrix("@adrien:deuxfleurs.example"), "www.deuxfleurs.example"),
        (on_matrix("@adrien:Deuxfleurs.Example"), "https://DEUXFLEURS.example/"),
        (on_matrix("@adrien:deuxfleurs.example:8448"), "https://deuxfleurs.example"),
        (on_matrix("@adrien:deuxfleurs.example"), "https://deuxfleurs.example:8443/fr/"),
        (on_matrix("@adrien:deuxfleurs.example"), "https://deuxfleurs.example/fr-FR/index.html"),
        (on_matrix("@adrien:matrix.deuxfleurs.example"), "https://www.deuxfleurs.example"),
        (on_xmpp("adrien@jabber.deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_xmpp("adrien@deuxfleurs.example."), "https://deuxfleurs.example"),
        (on_matrix("@adrien:deuxfleurs.example"), "https://blog.deuxfleurs.example"),
        (on_matrix("@maya:xn--caf-libre-d4a.example"), "https://café-libre.example"),
        (on_xmpp("maya@café-libre.example"), "https://xn--caf-libre-d4a.example"),
        (on_xmpp("maya@café-libre.example"), "https://www.CAFÉ-libre.example"),
        (on_matrix("@ana:asso.github.io"), "https://asso.github.io"),
        (on_matrix("@ana:asso.org.uk"), "https://asso.org.uk"),
        (on_matrix("@ana:member1.collective.example"), "https://member1.collective.example"),
    ],
    ids=str,
)
def test_on_its_own_server_sit_its_own_people(account: Address, website: str) -> None:
    assert proven(account, website)


@pytest.mark.parametrize(
    ("account", "website"),
    [
        # another house, however alike
        (on_matrix("@adrien:deuxfleurs.example.evil.example"), "https://deuxfleurs.example"),
        (on_matrix("@adrien:evildeuxfleurs.example"), "https://deuxfleurs.example"),
        (on_matrix("@deuxfleurs.example:evil.example"), "https://deuxfleurs.example"),
        (on_xmpp("deuxfleurs.example@evil.example"), "https://deuxfleurs.example"),
        (on_matrix("@adrien:deuxfleurs.org"), "https://deuxfleurs.example"),
        (on_matrix("@adrien:strasse.example"), "https://straße.example"),
        (on_matrix("@adrien:аррӏе.example"), "https://apple.example"),
        # below, and above
        (on_matrix("@ana:member1.collective.example"), "https://collective.example"),
        (on_matrix("@ana:collective.example"), "https://member1.collective.example"),
        (on_xmpp("ana@irc.collective.example"), "https://collective.example"),
        (on_xmpp("ana@matrix.collective.example"), "https://collective.example"),
        (on_matrix("@ana:matrix.member1.collective.example"), "https://collective.example"),
        # a page in somebody else's house
        (on_matrix("@ana:collective.example"), "https://collective.example/members/asso"),
        (on_matrix("@ana:collective.example"), "https://collective.example/~asso"),
        (on_matrix("@ana:collective.example"), "https://collective.example/?asso"),
        (on_matrix("@ana:collective.example"), "https://collective.example/#/asso"),
        # where anybody can register a name
        (on_matrix("@ana:org.uk"), "https://org.uk"),
        (on_matrix("@ana:github.io"), "https://blog.github.io"),
        (on_matrix("@ana:matrix.asso.fr"), "https://web.asso.fr"),
        (on_matrix("@ana:other.github.io"), "https://asso.github.io"),
        (on_matrix("@ana:frama.site"), "https://asso.frama.site"),
        # where anybody can have an account
        (on_matrix("@ana:matrix.org"), "https://matrix.org"),
        (on_xmpp("ana@jabber.fr"), "https://jabber.fr"),
        (on_xmpp("ana@gmail.com"), "https://www.gmail.com"),
        (on_matrix("@ana:chat.tchncs.de"), "https://tchncs.de"),
        # nobody's account
        (on_matrix("@_irc_ana:deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_matrix("@telegram_4711:deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_matrix("@4711:deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_xmpp("ana%irc.example@deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_xmpp("deuxfleurs.example"), "https://deuxfleurs.example"),
        (on_matrix("ana:deuxfleurs.example"), "https://deuxfleurs.example"),
        (Address(XMPP, "ana@deuxfleurs.example", "room@rooms.example"), "https://deuxfleurs.example"),
    ],
    ids=str,
)
def test_anybody_else_proves_nothing(account: Address, website: str) -> None:
    assert not proven(account, website)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]:8448", "localhost", "", "a b.example", "-x.example", "x..y"]
)
def test_what_is_no_domain_is_nobodys(host: str) -> None:
    assert not is_proven([on_matrix(f"@ana:{host}")], "", host, ())


def test_a_domain_may_be_given_without_a_website_or_beside_it() -> None:
    ana = [on_matrix("@ana:asso.example")]
    assert is_proven(ana, "", "asso.example", PUBLIC_PROVIDERS)
    assert is_proven(ana, "https://collective.example/members/asso", "asso.example", PUBLIC_PROVIDERS)
    assert not is_proven(ana, "https://asso.example", "", PUBLIC_PROVIDERS)


def test_a_server_that_gives_accounts_to_anybody_can_be_named() -> None:
    ana = [on_matrix("@ana:hoster.example")]
    assert is_proven(ana, "https://hoster.example", "hoster.example", ())
    assert not is_proven(ana, "https://hoster.example", "hoster.example", {"hoster.example"})
    assert not is_proven([on_matrix("@ana:matrix.hoster.example")], "", "hoster.example", {"hoster.example"})


def test_one_account_of_several_is_enough() -> None:
    accounts = [
        on_matrix("@ana:matrix.org"),
        Address(XMPP, "occupant", "r@rooms.example"),
        on_xmpp("a@asso.example"),
    ]
    assert is_proven(accounts, "", "asso.example", PUBLIC_PROVIDERS)
    assert not is_proven(accounts[:2], "", "asso.example", PUBLIC_PROVIDERS)


def test_every_public_provider_is_written_as_it_is_compared() -> None:
    assert [one for one in PUBLIC_PROVIDERS if ascii_domain(one) != one] == []
    assert len(PUBLIC_PROVIDERS) > 150


@given(st.text(), st.text(), st.text())
def test_nothing_typed_raises(local: str, host: str, website: str) -> None:
    accounts = [on_matrix(f"@{local}:{host}"), on_xmpp(f"{local}@{host}"), on_matrix(local), on_xmpp(host)]
    is_proven(accounts, website, host, PUBLIC_PROVIDERS)
    stored_forms(accounts, PUBLIC_PROVIDERS)
    looks_like_one_human(accounts, accounts)


@given(st.text())
def test_the_form_of_a_domain_is_its_own_form(host: str) -> None:
    form = ascii_domain(host)
    assert not form or ascii_domain(form) == form


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (on_matrix("@ana:a.example"), on_xmpp("ana@b.example"), True),
        (on_matrix("@ana:a.example"), on_xmpp("Ana@a.example"), True),
        (on_matrix("@ana:a.example"), on_matrix("@bo:a.example"), False),
        (on_matrix("@ana:a.example"), Address(XMPP, "ana", "r@rooms.example"), False),
    ],
)
def test_two_accounts_of_one_name_may_be_one_human(one: Address, other: Address, *, same: bool) -> None:
    assert looks_like_one_human([one], [other]) is same
