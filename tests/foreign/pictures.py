"""`make pictures`: what the bot says, as people see it on a phone, taken anew from real clients into docs/pictures."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from tests.foreign.client import Client
from tests.foreign.nheko import Nheko, missing
from tests.live.prosody import ProsodyMissing, prosody
from tests.live.synapse import running_synapse
from tests.live.town import CHECKOUT, town

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.live.prosody import Prosody
    from tests.live.synapse import Synapse
    from tests.live.town import Town

out = Console(highlight=False)
PICTURES = CHECKOUT / "docs" / "pictures"
WIDTH, HEIGHT = 390, 1250
"""A phone, a little taller than it is, so that one picture shows a letter, a poll and a status."""


def chromium() -> str:
    """Where Chromium is, or nothing."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or ""


async def a_campaign(here: Town) -> None:
    """What the pictures show: the letter comes, two sign, one poll, and somebody asks how it stands."""
    await here.bot.start()
    camille, maud, robin = here.matrix["camille"], here.matrix["maud"], here.xmpp["robin"]
    await here.hears("camille", "!aide")
    await here.hears("robin", "!aide")
    await here.link("robin")
    await maud.say(here.office, "!relayer")
    for name in ("camille", "robin"):
        await here.hears(name, "Nous demandons la suite.")
    await camille.say(here.room, "!signer")
    await here.hears("camille", "Nuage Libre", "a signé")
    robin.say(here.muc, "!signer")
    await here.hears("robin", "Le Fil Commun", "a signé")
    await maud.say(
        here.office, "!scrutin ouvrir majorité Le collectif signe-t-il la lettre ? clôture=3 jours"
    )
    await here.hears("maud", "!confirmer", room=here.office)
    await maud.say(here.office, "!confirmer")
    for name in ("camille", "robin"):
        await here.hears(name, "Le collectif signe-t-il")
    await camille.say(here.room, "!statut")
    robin.say(here.muc, "!statut")
    for name in ("camille", "robin"):
        await here.hears(name, "⏳")


@contextmanager
def servers() -> Iterator[tuple[Synapse, Prosody, Path]]:
    """Both servers, and an empty folder for the bot."""
    with ExitStack() as stack:
        root = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tocsin-pictures-")))
        root.chmod(0o755)  # Prosody, started by root, gives up its rights and must still reach its files
        for name in ("synapse", "prosody", "bot"):
            (root / name).mkdir()
        synapse = stack.enter_context(running_synapse(root / "synapse"))
        yield synapse, stack.enter_context(prosody(root / "prosody")), root / "bot"


async def of_converse(here: Town, into: Path) -> str:
    """Take the picture of the XMPP room in Converse.js; return which version of what it was."""
    robin = here.xmpp["robin"]
    async with Client("converse.mjs") as converse:
        version = await converse.do(
            "start",
            browser=chromium(),
            websocket=f"wss://127.0.0.1:{here.prosody.http_port}/xmpp-websocket",
            jid=robin.jid,
            password=here.prosody.accounts[robin.jid],
            room=here.muc,
            nick="Robin",
            width=WIDTH,
            height=HEIGHT,
            scale=1.5,
            language="fr",
        )
        try:
            await converse.do("sees", text="⏳")
            wide = await converse.do("too_wide")
            await converse.do("picture", path=str(into))
        finally:
            await converse.do("end")
    if wide:
        raise RuntimeError(f"wider than a phone: {wide}")
    return f"Converse.js in Chromium {version}"


async def of_nheko(here: Town, into: Path) -> str:
    """Take the picture of the Matrix room in nheko; return which version of what it was."""
    camille = here.matrix["camille"]
    async with Nheko(here.folder / "nheko", here.synapse.base_url, camille, WIDTH, HEIGHT) as nheko:
        await nheko.opens_its_room()
        await nheko.picture(into)
        return nheko.version


async def _run(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(*command)
    if await process.wait() != 0:
        raise RuntimeError(f"{command[0]} failed")


async def taken(synapse: Synapse, server: Prosody, folder: Path) -> None:
    """Take every picture for which what it needs is there; say which were not."""
    async with town(synapse, server, folder, deadline=timedelta(days=8)) as here:
        await a_campaign(here)
        for name, take, lacking in (
            (
                "xmpp-converse.png",
                of_converse,
                "" if chromium() and shutil.which("convert") else "Chromium or ImageMagick",
            ),
            ("matrix-nheko.png", of_nheko, missing()),
        ):
            if lacking:
                out.print(f"{name}: not taken: {lacking} is not installed")
                continue
            whole = folder / name
            version = await take(here, whole)
            # Few colours do for a screen of text, and a repository keeps every picture for ever.
            await _run("convert", str(whole), "-strip", "-colors", "160", f"PNG8:{PICTURES / name}")
            out.print(f"{name}: {version}, {(PICTURES / name).stat().st_size // 1000} kB")


def main() -> None:
    """Start both servers, play the campaign, and take the pictures."""
    try:
        PICTURES.mkdir(exist_ok=True)
        with servers() as (synapse, server, folder):
            asyncio.run(taken(synapse, server, folder))
    except ProsodyMissing as error:
        out.print(f"not taken: {error}")


if __name__ == "__main__":
    main()
