"""Taking what somebody says about their name and address, and asking for it once, where it matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from commands.command import Context
    from storage.consents import Kind

KINDS: tuple[Kind, ...] = ("publish", "contact")

TAKEN = {
    ("publish", True): N_("Noted: your name and role may stand beside the signature in what is published."),
    ("publish", False): N_("Noted: your name is not published."),
    ("contact", True): N_("Noted: I may write to you alone, for reminders and notices."),
    ("contact", False): N_("Noted: I write to you alone only to answer you."),
}
"""The answer to each."""
STANDING: dict[tuple[Kind, bool | None], str] = {
    ("publish", True): N_("Your name and role may stand beside the signature in what is published."),
    ("publish", False): N_("Your name is not published."),
    ("publish", None): N_("Your name is not published: you were not asked."),
    ("contact", True): N_("I may write to you alone, for reminders and notices."),
    ("contact", False): N_("I write to you alone only to answer you."),
    ("contact", None): N_("I write to you alone only where you have opened a private chat with me."),
}
"""How it stands with each."""


def take(ctx: Context, kind: Kind, *, given: bool) -> None:
    """Keep what somebody says of their name or address."""
    before = ctx.storage.consents.of(ctx.person.id).get(kind)
    ctx.storage.consents.say(ctx.person.id, kind, ctx.now, given=given)
    ctx.storage.audit.note(
        "consent",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        kind=kind,
        before="" if before is None else "yes" if before else "no",
        after="yes" if given else "no",
    )


def asked(ctx: Context) -> tuple[Text, ...]:
    """Ask, in one line and in private alone, whether the signer may be named; nothing once they have said."""
    if not ctx.private or "publish" in ctx.storage.consents.of(ctx.person.id):
        return ()
    yes = f"{in_language('publish', ctx.language)} {in_language('yes', ctx.language)}"
    return (
        say(
            N_("The organisation's name is published, yours is not. If it may stand beside it: {consent}"),
            consent=Typed("consent", yes),
        ),
    )
