"""Accounts as people type them: a full Matrix ID or a real XMPP address, never a nick, a room or a web page."""

from __future__ import annotations

import hashlib
import re
import stringprep

from campaign.chat import MATRIX, N_, XMPP, Address, say
from campaign.errors import CampaignError

_LABEL = r"[^\W_](?:[^\W_]|-)*"
_SERVER = rf"{_LABEL}(?:\.{_LABEL})*"
_MATRIX_ID = re.compile(
    rf"@[a-z0-9._=/+-]{{1,254}}:(?:{_SERVER}|\[[0-9a-f:.]+\])(?::\d{{1,5}})?", re.IGNORECASE | re.ASCII
)
_JID = re.compile(rf"[^\s\"&'/:<>@()\[\]{{}},;]{{1,254}}@{_SERVER}")
_HOST = re.compile(rf"(?:{_SERVER}|\[[0-9a-f:.]+\])", re.IGNORECASE)
_WITH_PORT = re.compile(rf"(?P<host>{_HOST.pattern})(?::(?P<port>\d{{1,5}}))?", re.IGNORECASE)
_LAST_PORT = 65535
_AROUND = " \t.,;:!?\"'`<>()[]{}"
"""What a sentence or a mail program puts around an address; none ends with it."""


def read_account(typed: str) -> Address:
    """Read an account: `@name:server`, `name@server` or `xmpp:name@server`, whatever stands around it.

    Capitals are made small: networks give out accounts in small letters, and phones begin with a capital.

    Raises:
        CampaignError: it is neither a full Matrix ID nor an XMPP address, or it comes through a bridge.
    """
    bare = typed.strip(_AROUND)
    if _MATRIX_ID.fullmatch(bare):
        found = Address(MATRIX, bare.casefold())
        if found.is_bridged:
            raise CampaignError(
                say(
                    N_(
                        "{who} comes through a bridge, where anybody can take any name: I take nothing from there. Please write an account on Matrix or XMPP."
                    ),
                    who=bare,
                )
            )
        return found
    jid = re.sub(r"^xmpp:", "", bare, flags=re.IGNORECASE)
    if _JID.fullmatch(jid) and not any(map(_is_unknown_capital, jid)):
        return Address(XMPP, jid.casefold())
    raise CampaignError(
        say(
            N_(
                "“{typed}” is not an account. Please write a full Matrix ID (@name:server) or an XMPP address (name@server)."
            ),
            typed=typed,
        )
    )


def is_jid(typed: str) -> bool:
    """Whether this is a bare XMPP address, of an account or a room: without a resource, and without a port."""
    return _JID.fullmatch(typed) is not None


def is_server(typed: str, *, port: bool = True) -> bool:
    """Whether this can be the name of a server, as it stands behind a name on Matrix: a host, and perhaps a `port`."""
    found = _WITH_PORT.fullmatch(typed)
    return found is not None and (found["port"] is None or (port and 0 < int(found["port"]) <= _LAST_PORT))


def _is_unknown_capital(letter: str) -> bool:
    """Whether a letter is made small in a way that XMPP does not know: what came of it could be somebody else's account.

    So is the capital sharp s, which is two letters by a rule that is newer than those of addresses. Source: RFC 3454.
    """
    return letter.casefold() != letter and stringprep.in_table_a1(letter)


_COST = {"n": 2**14, "r": 8, "p": 1, "dklen": 32}
_KIND = "scrypt"


def fingerprint(account: Address, salt: bytes) -> str:
    """What an account is known again by once it is erased: nobody can read it out, only compare, and slowly.

    scrypt (RFC 7914): some 50 ms each, so that trying every account there may be takes long.
    """
    digest = hashlib.scrypt(f"{account.network}:{account.id}".encode(), salt=salt, **_COST)
    return f"{_KIND}${salt.hex()}${digest.hex()}"


def is_fingerprint_of(kept: str, account: Address) -> bool:
    """Whether an erased account was this one."""
    kind, _, rest = kept.partition("$")
    salt = rest.partition("$")[0]
    return kind == _KIND and kept == fingerprint(account, bytes.fromhex(salt))
