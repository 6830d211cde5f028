"""The measuring stick on XMPP: as bare a bot as slixmpp allows, which says again what it reads."""

from __future__ import annotations

import asyncio
import os
import ssl
import sys
from typing import TYPE_CHECKING

from slixmpp import JID, ClientXMPP

if TYPE_CHECKING:
    from slixmpp.stanza import Message


async def main(jid: str, host: str, port: str, ca_file: str, address: str) -> None:
    """Echo what is said in one room until ended."""
    client = ClientXMPP(jid, os.environ["ECHO_PASSWORD"])
    client.ssl_context = ssl.create_default_context(cafile=ca_file)
    client.register_plugin("xep_0045")
    room, nick = JID(address), "echo"

    def echo(message: Message) -> None:
        if message["mucnick"] != nick:
            client.send_message(mto=room, mbody=message["body"], mtype="groupchat")

    async def start(_: object) -> None:
        client.send_presence()
        await client.plugin["xep_0045"].join_muc_wait(room, nick, maxstanzas=0)
        client.add_event_handler("groupchat_message", echo)
        print("ready", flush=True)

    client.add_event_handler("session_start", start)
    client.connect(host, int(port))
    await client.wait_until("disconnected", timeout=86_400)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
