"""`make playground`: the tests' two servers with a campaign, people and the bot, kept up for any client to join."""

from __future__ import annotations

import asyncio
import signal
import tempfile
from datetime import timedelta
from pathlib import Path

from rich.console import Console

from tests.live.prosody import Prosody, ProsodyMissing, prosody
from tests.live.synapse import Synapse, running_synapse
from tests.live.town import ON_MATRIX, ON_XMPP, ORGANISATIONS, Town, town

out = Console(highlight=False)


def _show(here: Town) -> None:
    server = here.prosody
    out.rule("[bold]Tocsin's playground[/bold]")
    out.print(f"[bold green]Matrix[/bold green]  homeserver {here.synapse.base_url}")
    out.print(
        f"  rooms: #collectif-{here.mark}:{here.synapse.server_name} (everybody), {here.office} (the campaigner)"
    )
    for name in ("maud", *ON_MATRIX):
        person = here.matrix[name]
        what = "campaigner" if name == "maud" else f"speaks for {ORGANISATIONS[name]}"
        out.print(f"  {person.user_id}  password [bold]{person.password}[/bold]  {what}")
    out.print(
        f"[bold blue]XMPP[/bold blue]    host {server.host}, port {server.port} (STARTTLS) or {server.direct_tls_port} (TLS)"
    )
    out.print(f"  room: {here.muc} (hides who is in it) · certificate to trust: {server.ca_file}")
    for name in ("maud-x", *ON_XMPP):
        jid = here.xmpp[name].jid
        what = "campaigner" if name == "maud-x" else f"speaks for {ORGANISATIONS[name]}"
        out.print(f"  {jid}  password [bold]{server.accounts[jid]}[/bold]  {what}")
    out.print(f"The bot is {here.bot_id} and {here.bot_jid}; it logs to {here.bot.log}.")
    out.print(
        "Try [bold]!aide[/bold] in a room. On XMPP, say [bold]!lier[/bold] to the bot in private first. Ctrl-C ends it."
    )


async def _stay(synapse: Synapse, server: Prosody, folder: Path) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with town(synapse, server, folder, deadline=timedelta(days=2), reminders=("1d", "2h")) as here:
        await here.bot.start()
        _show(here)
        await stop.wait()
        out.print("Closing …")


def main() -> None:
    """Start both servers, everybody and the bot; end them all on Ctrl-C."""
    with tempfile.TemporaryDirectory(prefix="tocsin-playground-") as folder:
        root = Path(folder)
        root.chmod(0o755)  # Prosody, started by root, gives up its rights and must still reach its files
        for name in ("synapse", "prosody", "bot"):
            (root / name).mkdir()
        try:
            out.print("Starting Synapse and Prosody …")
            with running_synapse(root / "synapse") as synapse, prosody(root / "prosody") as server:
                asyncio.run(_stay(synapse, server, root / "bot"))
        except ProsodyMissing as missing:
            out.print(f"[red]The playground needs Prosody: {missing}[/red]")


if __name__ == "__main__":
    main()
