"""Whatever somebody types as an account, it is read as the one that networks take it for, or as nobody's."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from slixmpp import JID
from slixmpp.jid import InvalidJID

from campaign.account import read_account
from campaign.chat import MATRIX, XMPP, Address
from campaign.errors import CampaignError

STRANGE = "aAlLkKsSiI09._=/+-\u017f\u212a\u0130\u0131\u00df\u1e9e\u03c2\u03c3\ufb01\uff41\u0451\u0410"
"""Letters that are one another's capitals, or look so, in one alphabet or another."""
names = st.one_of(st.text(STRANGE, min_size=1, max_size=6), st.text(min_size=1, max_size=6))
servers = st.sampled_from(("example.org", "Example.ORG", "e\u212a.example", "\u017f.example"))


def read(typed: str) -> Address | None:
    try:
        return read_account(typed)
    except CampaignError:
        return None


def prepared(typed: str) -> str:
    """The bare address that XMPP takes something for; "" if it can be none."""
    try:
        return str(JID(typed).bare)
    except InvalidJID:
        return ""


@given(name=names, server=servers)
@example(name="Stra\u00dfe", server="example.org")
@example(name="\u212aatie", server="example.org")
def test_on_xmpp_it_is_nobody_elses(name: str, server: str) -> None:
    found = read(f"xmpp:{name}@{server}")
    if found is not None:
        assert found.network == XMPP
        # As servers write it, it is what they make of what was typed; as they never write it, it is nobody's.
        is_somebodys = prepared(found.id) == found.id
        assert not is_somebodys or found.id == prepared(f"{name}@{server}")


@given(name=names, server=servers)
@example(name="Alice", server="example.org")
@example(name="\u212aatie", server="example.org")
@example(name="ali\u017fa", server="example.org")
def test_on_matrix_only_latin_capitals_are_made_small(name: str, server: str) -> None:
    typed = f"@{name}:{server}"
    found = read(typed)
    if found is not None and found.network == MATRIX:
        assert typed.isascii()
        assert found == Address(MATRIX, typed.lower())
