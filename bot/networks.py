"""From a config to its networks: each as something to connect to, with what to log in with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.transports.matrix import MatrixTransport
from bot.transports.xmpp import XmppTransport
from campaign.chat import MATRIX, XMPP

if TYPE_CHECKING:
    from bot.accounts.credentials import Login
    from bot.config import Config, Matrix, Xmpp
    from bot.transports.base import Transport

KEYS = "keys"
"""Where in the data folder the keys of encrypted rooms are kept: they are in no backup, and none brings them back."""
CHECKING = "TOCSIN-CHECK"
"""The device of a login that is only tried: always the same, so that trying often leaves one; never that of the bot,
which may run."""


def transports(config: Config, *, keys: bool = True) -> dict[str, Transport]:
    """The networks of a config for which there is a login.

    Without the `keys` of encrypted rooms, which the bot alone may touch, to try them. Raises ValueError: an address is
    none, whatever the schema let pass.
    """
    matrix, xmpp = config.settings.matrix, config.settings.xmpp
    found: dict[str, Transport] = {}
    if matrix and MATRIX in config.logins:
        found[MATRIX] = on_matrix(config, matrix, config.logins[MATRIX], keys=keys)
    if xmpp and XMPP in config.logins:
        found[XMPP] = on_xmpp(xmpp, config.logins[XMPP].password)
    return found


def on_matrix(config: Config, matrix: Matrix, login: Login, *, keys: bool) -> MatrixTransport:
    """The account on Matrix."""
    return MatrixTransport(
        matrix.homeserver,
        matrix.user,
        login.password,
        token=login.token,
        ca_file=matrix.ca_file,
        keys=config.settings.bot.data / KEYS if keys else None,
        name=matrix.name or "",
    )


def on_xmpp(xmpp: Xmpp, password: str) -> XmppTransport:
    """The account on XMPP."""
    return XmppTransport(
        xmpp.jid,
        password,
        xmpp.nick,
        host=xmpp.host,
        port=xmpp.port,
        ca_file=xmpp.ca_file,
        tls=xmpp.tls == "on",
    )
