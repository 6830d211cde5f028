"""`tocsin login` on a real Synapse and a real Prosody: what it keeps opens the account, and what is revoked is mended."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, ClassVar

import aiohttp
import pytest

from bot.accounts.login import NotLoggedIn, Terminal, log_in
from bot.config import load
from bot.networks import CHECKING, transports
from bot.transports.base import Start, TransportError
from bot.transports.matrix.homeserver import Homeserver
from campaign.chat import MATRIX
from tests.live.certificates import Authority
from tests.live.sign_on import Provider, browse
from tests.live.synapse import Person, Synapse
from tests.live.town import CHECKOUT, Bot

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.live.prosody import Prosody

pytestmark = pytest.mark.live

BARE = {name: value for name, value in os.environ.items() if not name.startswith("TOCSIN_")}


async def tocsin(*arguments: object, said: str = "") -> tuple[int, str]:
    """Run a command as an operator does, with what it reads from a pipe; its exit code and all it says."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *("-m", "bot", *map(str, arguments)), cwd=CHECKOUT, env=BARE,
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    words, _ = await asyncio.wait_for(process.communicate(f"{said}\n".encode()), 60)
    assert not said or said not in words.decode()
    return process.returncode or 0, words.decode()


def written(folder: Path, networks: str) -> Path:
    (folder / "letter.md").write_text("# Pour les communs\n\nNous demandons la suite.\n")
    config = folder / "config.toml"
    config.write_text(
        f'[bot]\nadmins = ["@maud:example.org", "xmpp:maud@example.org"]\n{networks}\n'
        '[campaigns.c]\ntitle = "C"\nletter = { fr = "letter.md" }\n'
    )
    return config


class Watched(Terminal):
    """Where it is seen whether anybody asks for a password."""

    asked: ClassVar[list[str]] = []

    def secret(self, what: str) -> str:
        self.asked.append(what)
        return "a password"


async def ask(server: Synapse, token: str, path: str, body: object = None) -> tuple[int, dict[str, str]]:
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{server.base_url}/_matrix/client/{path}", json=body or {}) as answer,
    ):
        return answer.status, await answer.json()


async def test_on_matrix_a_password_a_token_and_single_sign_on(
    synapse_server: Synapse, tmp_path: Path
) -> None:
    user, password = await synapse_server.register(f"tocsin-{secrets.token_hex(3)}")
    config = written(tmp_path, f'[matrix]\nhomeserver = "{synapse_server.base_url}"\nuser = "{user}"')
    kept = tmp_path / "data" / "login-matrix.json"

    code, words = await tocsin("login", "matrix", "--stdin", "--config", config, said=password)
    assert code == 0, words
    assert password not in kept.read_text()
    code, words = await tocsin("check", "--config", config)
    assert code == 0, words
    assert "with what `tocsin login matrix` kept" in words

    async with Person(synapse_server.base_url, user, password) as other:
        # What single sign-on ends with: a token that holds once.
        status, given = await ask(synapse_server, other.token, "v1/login/get_token")
        assert status == 200, given
        token = f"http://127.0.0.1:1/x?loginToken={given['login_token']}"
        before = kept.read_text()
        code, words = await tocsin("login", "matrix", "--sso", "--stdin", "--config", config, said=token)
        assert code == 0, words
        assert kept.read_text() != before
        assert (await tocsin("check", "--config", config))[0] == 0
        code, _ = await tocsin("login", "matrix", "--sso", "--stdin", "--config", config, said=token)
        assert code == 1, "it held once"

        bot = Bot(config, {}, tmp_path / "bot.log")
        await bot.start()
        ended, _ = await ask(synapse_server, other.token, "v3/logout/all")
        assert ended == 200
        assert bot.process is not None
        assert await asyncio.wait_for(bot.process.wait(), 60) == 1
        await bot.stop()
        assert "M_UNKNOWN_TOKEN" in bot.said()
        assert "`tocsin login matrix` mends it" in bot.said()

    async with Person(synapse_server.base_url, user, password) as fresh:
        code, words = await tocsin(
            "login", "matrix", "--token", "--stdin", "--config", config, said=fresh.token
        )
        assert code == 0, words
        assert "this bot's alone" in words
        await bot.start()
        assert await bot.stop() == 0


async def test_on_xmpp_a_password_that_was_tried(prosody_server: Prosody, tmp_path: Path) -> None:
    jid, password = prosody_server.register(f"tocsin-{secrets.token_hex(3)}")
    config = written(
        tmp_path,
        f'[xmpp]\njid = "{jid}"\nhost = "{prosody_server.host}"\nport = {prosody_server.port}\n'
        f'ca_file = "{prosody_server.ca_file}"',
    )
    code, words = await tocsin("login", "xmpp", "--stdin", "--config", config, said="not this one")
    assert code == 1
    assert "not accepted" in words
    assert not (tmp_path / "data" / "login-xmpp.json").exists()
    code, words = await tocsin("login", "xmpp", "--stdin", "--config", config, said=password)
    assert code == 0, words
    code, words = await tocsin("check", "--config", config)
    assert code == 0, words
    assert "XMPP: logged in, with what `tocsin login xmpp` kept" in words
    bot = Bot(config, {}, tmp_path / "bot.log")
    await bot.start()
    assert await bot.stop() == 0


@contextlib.asynccontextmanager
async def signing_on(config: Path, *how: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """`tocsin login matrix --sso` as it waits, and the address it says to open."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *("-m", "bot", "login", "matrix", "--sso", *how, "--config", str(config)), cwd=CHECKOUT,
        env=BARE, stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stderr is not None
    address = ""
    async with asyncio.timeout(60):
        while "redirectUrl=" not in address:
            line = await process.stderr.readline()
            assert line
            address = line.decode().strip()
    try:
        yield process, address
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def sessions(synapse: Synapse, user: str, password: str) -> int:
    """How many sessions an account has, once somebody has logged in to ask."""
    server = Homeserver(synapse.base_url, user, request_timeout=30.0)
    try:
        await server.login(user, password, "")
        return len((await server.call("GET", "devices"))["devices"])
    finally:
        await server.close()


async def test_single_sign_on_through_a_provider_in_a_browser(
    synapse_server: Synapse, tmp_path: Path
) -> None:
    user, _ = await synapse_server.register(f"tocsin-{secrets.token_hex(3)}")
    config = written(tmp_path, f'[matrix]\nhomeserver = "{synapse_server.base_url}"\nuser = "{user}"')
    kept = tmp_path / "data" / "login-matrix.json"
    provider = Provider()
    async with provider.serving(synapse_server.sign_on_port):
        # Somebody else is signed on in that browser: it is their token, and the bot is not them.
        provider.user = f"somebody-{secrets.token_hex(3)}"
        _, password = await synapse_server.register(provider.user)
        before = await sessions(synapse_server, provider.user, password)
        async with signing_on(config, "--stdin") as (process, address):
            pasted = await browse(address)
            _, words = await asyncio.wait_for(process.communicate(f"{pasted}\n".encode()), 60)
            assert process.returncode == 1
            assert f"that is the login of @{provider.user}:" in words.decode()
            assert not (tmp_path / "data").exists(), "made for a login that was none"
        # The one that asks now, and none that nobody knows of.
        assert await sessions(synapse_server, provider.user, password) == before + 1

        provider.user = user.removeprefix("@").partition(":")[0]
        async with signing_on(config) as (process, address):
            async with aiohttp.ClientSession() as browser, browser.get(await browse(address)) as page:
                assert "Tocsin has what it needs" in await page.text()
            _, words = await asyncio.wait_for(process.communicate(), 60)
            assert process.returncode == 0, words
    assert kept.stat().st_mode & 0o777 == 0o600
    code, said = await tocsin("check", "--config", config)
    assert code == 0, said


async def test_an_authority_of_ones_own_on_matrix(synapse_server: Synapse, tmp_path: Path) -> None:
    user, password = await synapse_server.register(f"tocsin-{secrets.token_hex(3)}")
    Authority(tmp_path / "other.pem")

    def configured(url: str, ca_file: Path | None) -> Path:
        trusted = f'ca_file = "{ca_file}"\n' if ca_file else ""
        return written(tmp_path, f'[matrix]\nhomeserver = "{url}"\nuser = "{user}"\n{trusted}')

    async def refused(url: str, ca_file: Path | None) -> tuple[str, str]:
        """What both say that there are to come to the server: the login's own way, and the transport's."""
        config = load(configured(url, ca_file), environment={"TOCSIN_MATRIX_PASSWORD": password})
        watched = Watched(lambda _: None)
        with pytest.raises(NotLoggedIn) as kept_out:
            await asyncio.to_thread(
                log_in, config, MATRIX, "password", terminal=watched, now=datetime.now(UTC)
            )
        with pytest.raises(TransportError) as unreachable:
            async with transports(config, keys=False)[MATRIX].connected(Start(device=CHECKING)):
                pass
        assert not watched.asked, "no password is asked for, let alone sent, where nobody is who they say"
        return str(kept_out.value), str(unreachable.value)

    unknown = f"https://127.0.0.1:{synapse_server.tls_port}"
    for url, ca_file, why in (
        (synapse_server.tls_url, None, "unable to get local issuer certificate"),
        (synapse_server.tls_url, tmp_path / "other.pem", "unable to get local issuer certificate"),
        (unknown, synapse_server.ca_file, "not valid for '127.0.0.1'"),
    ):
        for said in await refused(url, ca_file):
            assert why in said
        assert not (tmp_path / "data").exists()

    config = configured(synapse_server.tls_url, synapse_server.ca_file)
    code, said = await tocsin("login", "matrix", "--stdin", "--config", config, said=password)
    assert code == 0, said
    bot = Bot(config, {}, tmp_path / "bot.log")
    await bot.start()
    assert await bot.stop() == 0
