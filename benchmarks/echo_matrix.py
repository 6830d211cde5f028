"""The measuring stick on Matrix: as bare a bot as matrix-nio allows, which says again what it reads.

`like-ours` gives its answers the form of Tocsin's (a mention, a reply, HTML), which costs the server time of its own.
"""

from __future__ import annotations

import asyncio
import html
import os
import sys

from nio import AsyncClient, AsyncClientConfig, LoginError, MatrixRoom, RoomMessageText

MORE_AT_ONCE = {"room": {"timeline": {"limit": 1000}}}
"""By default ten lines of a room come at once, and what is before them is never asked for: it would stay unanswered."""


async def main(homeserver: str, user: str, form: str, *rooms: str) -> None:
    """Echo what is said in these rooms until ended."""
    client = AsyncClient(homeserver, user, config=AsyncClientConfig(encryption_enabled=False))
    answer = await client.login(os.environ["ECHO_PASSWORD"])
    if isinstance(answer, LoginError):
        raise SystemExit(answer.message)
    for room_id in rooms:
        await client.join(room_id)
    await client.sync(full_state=True)

    async def echo(room: MatrixRoom, event: RoomMessageText) -> None:
        if event.sender != client.user_id:
            content: dict[str, object] = {"msgtype": "m.notice", "body": event.body}
            if form == "like-ours":
                content |= {
                    "format": "org.matrix.custom.html",
                    "formatted_body": f"<p>{html.escape(event.body)}</p>",
                    "m.mentions": {"user_ids": [event.sender]},
                    "m.relates_to": {"m.in_reply_to": {"event_id": event.event_id}},
                }
            await client.room_send(room.room_id, "m.room.message", content)

    client.add_event_callback(echo, RoomMessageText)
    print("ready", flush=True)
    await client.sync_forever(timeout=30_000, sync_filter=MORE_AT_ONCE)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
