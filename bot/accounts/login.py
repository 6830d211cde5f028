"""`tocsin login`: from a password, an access token or single sign-on to what is kept in the data folder."""

from __future__ import annotations

import asyncio
import getpass
import sys
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from bot.accounts import devices
from bot.accounts.credentials import keep
from bot.accounts.single_sign_on import token_from_browser
from bot.config import wanted
from bot.files.opening import house_of
from bot.networks import CHECKING, KEYS, on_xmpp
from bot.transports.base import LoginRefused, Start, TransportError
from bot.transports.matrix.homeserver import Homeserver
from bot.transports.tls import trusting
from campaign.chat import MATRIX, NETWORKS, XMPP
from storage.opening import FILE, open_database

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.accounts.credentials import Wanted
    from bot.config import Config, Matrix, Xmpp

How: TypeAlias = Literal["password", "token", "sso"]

_PATIENCE = 30.0


class NotLoggedIn(Exception):
    """Nothing was kept; the text says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Terminal:
    """Where secrets are asked for: without echo, or from a pipe."""

    tell: Callable[[str], None]
    piped: bool = False
    """Whether to read them from the standard input."""

    def secret(self, what: str) -> str:
        """Ask for a secret. Raises NotLoggedIn if nothing is said, or if it would be seen."""
        if self.piped:
            said = sys.stdin.readline()
        elif sys.stdin.isatty():
            said = getpass.getpass(f"{what}: ")
        else:
            raise NotLoggedIn("there is no terminal to ask on: pipe it in, with --stdin")
        if not said.strip():
            raise NotLoggedIn("nothing was said, and nothing is changed")
        return said.strip("\r\n") if what.startswith("password") else said.strip()


def log_in(config: Config, network: str, how: How, *, terminal: Terminal, now: datetime) -> str:
    """Log in, and keep what `tocsin run` needs for it; return what was done. The caller holds the folder's lock.

    Raises:
        NotLoggedIn: the login is refused or the server not there; nothing was kept, and no database made.
        StorageError: the database cannot be used, or made.
        OSError: what was given cannot be kept.

    """
    sought = wanted(config, network)
    if sought is None:
        raise NotLoggedIn(f"the config has no [{network}] section")
    if network == XMPP and how != "password":
        raise NotLoggedIn("XMPP knows passwords alone: `tocsin login xmpp`")
    xmpp = config.settings.xmpp
    try:
        if network == MATRIX:
            return asyncio.run(_matrix(config, sought, how, terminal=terminal, now=now))
        if xmpp is not None:
            return asyncio.run(_xmpp(config, xmpp, sought, terminal))
    except LoginRefused as refused:
        raise NotLoggedIn(f"{NETWORKS[network]}: login refused: {refused}") from refused
    except TransportError as trouble:
        raise NotLoggedIn(f"{NETWORKS[network]}: cannot be reached: {trouble or 'no answer'}") from trouble
    raise NotLoggedIn(f"there is no network {network}")


async def _matrix(config: Config, sought: Wanted, how: How, *, terminal: Terminal, now: datetime) -> str:
    """Log in as the device this installation is; by a token that was given, as the one it is of."""
    matrix, house, folder = config.settings.matrix, house_of(config), config.settings.bot.data
    if matrix is None:
        raise NotLoggedIn("the config has no [matrix] section")
    with ExitStack() as opened:
        database = opened.enter_context(closing(open_database(folder))) if (folder / FILE).exists() else None
        server = Homeserver(
            matrix.homeserver,
            matrix.user,
            request_timeout=_PATIENCE,
            tls=trusting(matrix.ca_file) if matrix.ca_file else None,
        )

        async def device() -> str:
            if database is None:
                return devices.fresh()
            return await database.write(
                lambda storage: devices.of_account(storage, house, MATRIX, matrix.user, now)
            )

        try:
            await _as_asked(server, matrix, how, device, terminal)
            token, ours = server.session
            if server.user_id != matrix.user:
                if how != "token":  # that one is somebody's session already
                    with suppress(TransportError):
                        await server.logout()
                raise NotLoggedIn(
                    f"that is the login of {server.user_id}, but the config says user = {matrix.user!r}"
                )
            if not ours:
                raise NotLoggedIn(
                    "that access token is of no device: a bridge's, perhaps. Log in by password"
                )
            if how == "token" and not (folder / KEYS / f"{ours}.db").exists():
                await _is_unused(server, ours)
        finally:
            await server.close()
        if database is None:  # only now: a login that fails is to leave nothing behind
            database = opened.enter_context(closing(open_database(folder)))
        await database.write(
            lambda storage: devices.become(storage, house, MATRIX, matrix.user, device=ours, now=now)
        )
        path = keep(folder, sought, token=token, device=ours)
    done = f"Matrix: logged in as {matrix.user}, device {ours}; kept in {path}"
    if how == "token":
        done += (
            f"\nThis token and its device {ours} are this bot's alone from now on: no client may go on using them, "
            "and whoever ends that session (in a client's list of sessions) stops the bot."
        )
    return done


async def _as_asked(
    server: Homeserver, matrix: Matrix, how: How, device: Callable[[], Awaitable[str]], terminal: Terminal
) -> None:
    """Begin a session in the way that was asked for."""
    if how == "token":
        await server.resume(terminal.secret(f"access token of {matrix.user}"), "")
        return
    await _offers(server, "m.login.token" if how == "sso" else "m.login.password", matrix)
    if how == "sso":
        token = await token_from_browser(matrix.homeserver, terminal.tell, piped=terminal.piped)
        if not token:
            raise NotLoggedIn("no token came, and nothing is changed")
        await server.login_once(token, await device())
    else:
        await server.login(matrix.user, terminal.secret(f"password of {matrix.user}"), await device())


async def _is_unused(server: Homeserver, device: str) -> None:
    """Make sure that no client has put keys of its own on a device: encrypted rooms would be closed to the bot."""
    answer = await server.call("POST", "keys", "query", body={"device_keys": {server.user_id: [device]}})
    keys = answer.get("device_keys")
    theirs = keys.get(server.user_id) if isinstance(keys, dict) else None
    if isinstance(theirs, dict) and device in theirs:
        raise NotLoggedIn(
            f"a client has used the session of that token ({device}), and its keys for encrypted rooms are there: "
            "log in by password or --sso, or give the token of a session that nothing has used"
        )


async def _offers(server: Homeserver, flow: str, matrix: Matrix) -> None:
    """Make sure that the server takes such logins. Raises NotLoggedIn, which names what it takes instead."""
    answer = await server.call("GET", "login")
    flows = answer.get("flows")
    offered = {one.get("type") for one in (flows if isinstance(flows, list) else []) if isinstance(one, dict)}
    if flow in offered:
        return
    ways = {"m.login.password": "tocsin login matrix", "m.login.sso": "tocsin login matrix --sso"}
    instead = [f"`{way}`" for kind, way in ways.items() if kind in offered]
    raise NotLoggedIn(
        f"{matrix.homeserver} does not take that: use {' or '.join([*instead, '`tocsin login matrix --token`'])}"
    )


async def _xmpp(config: Config, xmpp: Xmpp, sought: Wanted, terminal: Terminal) -> str:
    """Try a password, and keep it: of what SCRAM makes of it nothing lighter would do for every server."""
    password = terminal.secret(f"password of {xmpp.jid}")
    async with on_xmpp(xmpp, password).connected(Start(device=CHECKING)):
        pass
    path = keep(config.settings.bot.data, sought, password=password)
    return f"XMPP: logged in as {xmpp.jid}; kept in {path}"


def comes_before(config: Config, network: str, environment: dict[str, str]) -> str:
    """Say what the bot would use in the place of what `tocsin login` keeps; empty if nothing is in its way."""
    sought = wanted(config, network)
    if sought is None:
        return ""
    if environment.get(sought.variable):
        return f"{sought.variable} is set here: where it is, the bot uses that instead"
    if sought.password_file is not None:
        return (
            f"{network}.password_file stands in the config: the bot uses that instead, until you take it out"
        )
    return ""
