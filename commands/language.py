"""The language of a room, or of one's private chat."""

from __future__ import annotations

from typing import Literal

from campaign.chat import N_
from commands.command import Context, Reply, command, reply


@command(
    "language",
    fr="langue",
    help=N_("Choose the language of our private chat; campaigners choose a room's."),
    example=N_("!language en"),
    needs_campaign=False,
    form=True,
)
def language(ctx: Context, language: Literal["fr", "en"]) -> Reply:
    """Set the language of this chat; in a room only campaigners may."""
    if not ctx.private and not ctx.is_admin:
        return reply(N_("Only campaigners choose the language of a room. In private you choose your own."))
    ctx.storage.rooms.change(ctx.room.id, language=language)
    if ctx.private:
        ctx.storage.people.set_language(ctx.person.id, language)
    else:
        ctx.storage.audit.note(
            "room language",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            before=ctx.room.language or "",
            after=language,
        )
    return reply(N_("I speak English here now."))
