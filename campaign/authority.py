"""What an account proves by itself: on an organisation's own server sit its own people, on a public one sits anybody."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import idna
from publicsuffixlist import PublicSuffixList

from campaign.chat import MATRIX, XMPP
from campaign.organisation import domain_of
from campaign.providers import PUBLIC_PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from campaign.chat import Address

__all__ = ["PUBLIC_PROVIDERS", "ascii_domain", "is_proven", "looks_like_one_human", "stored_forms"]

_OF_THE_WEB = frozenset(("www", "www2", "web", "site", "blog", "home", "accueil"))
"""First labels of a site that leave no doubt whose the domain behind them is."""
_OF_A_SERVER = {
    MATRIX: frozenset(("matrix", "synapse", "chat", "im", "element", "tchat")),
    XMPP: frozenset(("xmpp", "jabber", "chat", "im", "tchat")),
}
"""First labels of a server that leave no doubt whose the domain behind them is.

No others: a collective gives its members names below its own (`member1.collective.example`), a gateway to another
network sits below the domain of whoever runs it (`irc.`, on XMPP `matrix.`), and neither speaks for that domain.
"""
_GHOST = re.compile(
    r"_|(?:bluesky|discord|email|facebook|gmessages|googlechat|groupme|gvoice|imessage|instagram|irc|line|linkedin"
    r"|meta|mattermost|rocketchat|signal|skype|slack|sms|steam|telegram|twitter|vk|webhook|whatsapp|xmpp|zulip)_"
    r"|\d+$",
    re.IGNORECASE,
)
"""How local parts on Matrix begin that bridges hand out, by their makers' defaults; digits alone are a guest's."""
_GATEWAY = re.compile(r"[%\\]")
"""What an XMPP gateway puts into an address to name somebody of another network."""
_FRONT_PAGE = re.compile(
    r"/?(?:[a-z]{2}(?:[-_][a-z]{2})?(?:/|$))?(?:(?:index|accueil|home)(?:\.\w+)?/?)?", re.IGNORECASE
)


def is_proven(accounts: Iterable[Address], website: str, domain: str, public: Collection[str]) -> bool:
    """Say whether one of these accounts is on the organisation's own server: its domain, or one that serves it.

    `website` and `domain` are as the organisation's file or a campaigner gave them; a domain that is only the host of
    a page below its front page is somebody else's house. `public` are the servers where anybody can have an account,
    as `ascii_domain` writes them. Occupants of anonymous rooms, bridged and guest accounts prove nothing.
    """
    own = _own(website, domain)
    return bool(own) and any(own & _servers_of(account, public) for account in accounts)


def stored_forms(accounts: Iterable[Address], public: Collection[str]) -> frozenset[str]:
    """Every form in which a domain may be kept that one of these accounts may prove; `is_proven` has the last word."""
    proven = {domain for account in accounts for domain in _servers_of(account, public)}
    both = proven | {idna.decode(domain) for domain in proven if "xn--" in domain}
    return frozenset(both | {f"{label}.{domain}" for domain in both for label in _OF_THE_WEB})


@lru_cache(maxsize=1024)
def ascii_domain(host: str) -> str:
    """Bring a domain to the one form for comparing: small letters, A-labels, no dot at its end. Empty if it is none.

    Source: RFC 5891 and UTS 46, not transitional: `straße.example` is not `strasse.example`.
    """
    host = host.strip().removesuffix(".")
    try:
        form = idna.encode(host, uts46=True, transitional=False).decode("ascii").lower()
    except UnicodeError:
        return ""
    return "" if "." not in form or form.rpartition(".")[2].isdecimal() else form


def looks_like_one_human(some: Iterable[Address], others: Iterable[Address]) -> bool:
    """Say whether two people may be one who has not said so: an account of each has the same name before its server.

    For where two humans are asked for: better a colleague's word too few than one's own word counted twice.
    """
    return not _local_parts(some).isdisjoint(_local_parts(others))


# --- whose domain --------------------------------------------------------------------------------------------------


def _own(website: str, domain: str) -> frozenset[str]:
    """The domains that are an organisation's own."""
    if website and domain_of(website) == domain and not _is_front_page(website):
        return frozenset()
    form = ascii_domain(domain)
    return frozenset(one for one in (form, _behind(form, _OF_THE_WEB)) if one and not _is_suffix(one))


def _is_front_page(website: str) -> bool:
    try:
        parts = urlsplit(website)
    except ValueError:
        return False
    return not parts.query and not parts.fragment and _FRONT_PAGE.fullmatch(parts.path) is not None


def _servers_of(account: Address, public: Collection[str]) -> frozenset[str]:
    """The domains whose people an account is one of."""
    host = ascii_domain(host_of(account))
    if not host or _is_public(host, public):
        return frozenset()
    served = _behind(host, _OF_A_SERVER.get(account.network, frozenset()))
    return frozenset(one for one in (host, served) if one and not _is_suffix(one))


def host_of(account: Address) -> str:
    """The server's name of a real account, without its port; empty for whoever no server vouches for."""
    if not account.is_account or account.is_bridged:
        return ""
    if account.network == MATRIX:
        local, _, server = account.id.removeprefix("@").partition(":")
        if not account.id.startswith("@") or _GHOST.match(local):
            return ""
        return re.sub(r":\d{1,5}$", "", server)
    local, _, server = account.id.partition("@")
    return "" if not local or _GATEWAY.search(local) else server


def _local_parts(accounts: Iterable[Address]) -> set[str]:
    return {
        re.split("[:@]", account.id.removeprefix("@"), maxsplit=1)[0].casefold()
        for account in accounts
        if account.is_account
    }


def _behind(host: str, labels: Collection[str]) -> str:
    """The domain behind a first label of these; empty if it begins with none."""
    first, _, rest = host.partition(".")
    return rest if first in labels and "." in rest else ""


def _is_public(host: str, public: Collection[str]) -> bool:
    """Whether a host is one of these, or below one."""
    labels = host.split(".")
    return any(".".join(labels[start:]) in public for start in range(len(labels)))


@lru_cache(maxsize=4096)
def _is_suffix(domain: str) -> bool:
    """Whether anybody may register a name directly below a domain: `org.uk`, `asso.fr`, `github.io`.

    Source: https://publicsuffix.org, as it stood when the library was released; nothing is fetched.
    """
    return bool(_suffixes().is_public(domain))


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()
