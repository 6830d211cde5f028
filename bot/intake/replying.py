"""Where what a command says goes: to the room, to the person alone, into their form, or to people who did not ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import MATRIX, N_, Message, Said, say
from commands import tell
from commands.dialogue import forms, picking
from commands.organisations import asking
from commands.places import bridging

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.chat import Balloted, File, Reacted, Text
    from commands.command import Context, Elsewhere, House, Reply
    from storage.storage import Storage

LONG = 8
"""Lines above which an answer in a room goes into a thread."""


def in_chat(context: Context, reply: Reply, event: Said | Reacted | Balloted, now: datetime) -> None:
    """Put what a command says in the outbox: here, to the person alone, and elsewhere."""
    room = context.room
    # An answer to a poll, or a reaction, is nothing one can answer: that is what it is given to.
    answered = event.event if isinstance(event, Said) else event.target
    purpose = reply.purpose
    if reply.choices:
        purpose = f"prompt:{_ask(context, reply)}"
    lines, alone = reply.lines, reply.private
    if context.private:
        lines, alone = (*lines, *alone), ()
    reaches_alone = context.private or context.address.is_account
    if (alone or reply.file) and not reaches_alone and context.place != "admin":
        lines = (
            *lines,
            say(N_("I cannot write to you alone here: open a private chat with me and ask there.")),
        )
        alone = ()
    file_here = reply.file if context.private or context.place == "admin" else None
    round_, told = bridging.goes_round(context.storage, context.house, context, lines or alone, now)
    if round_:
        elsewhere(context.storage, context.house, (*told.elsewhere, *reply.elsewhere), now)
        return
    if lines or file_here:
        message = Message(
            lines,
            to=context.address if reply.quotes else None,
            to_name=context.name if reply.quotes else "",
            purpose=purpose,
            private=context.private,
        )
        context.storage.outbox.put(
            room.network,
            message,
            now,
            room=room.id,
            address=context.person.address_id if context.private else None,
            file=file_here,
            reply_to=answered if reply.quotes and room.address == event.room.id else "",
            thread=context.thread or (event.event if _goes_aside(context, event, message) else ""),
            asker=context.person.id,
        )
    file_alone = reply.file if file_here is None else None
    if (alone or file_alone) and reaches_alone:
        _put_alone(context, alone, file_alone, now)
    elsewhere(context.storage, context.house, reply.elsewhere, now)


def in_form(context: Context, reply: Reply, now: datetime) -> forms.Answered:
    """Give what a command says to whoever holds the form; only a file needs a chat, and goes to theirs."""
    question = _ask(context, reply) if reply.choices else 0
    lines = (*reply.lines, *reply.private)
    if reply.file:
        lines = (*lines, say(N_("You get the file in our private chat.")))
        _put_alone(context, (), reply.file, now)
    elsewhere(context.storage, context.house, reply.elsewhere, now)
    choices = forms.choices_of(reply.choices)
    return forms.Answered(lines, context.language, question=question, choices=choices)


def elsewhere(storage: Storage, house: House, told: Sequence[Elsewhere], now: datetime) -> None:
    """Put in the outbox what is said to people who did not ask: once, where a bridge joins the rooms they are in."""
    tell.put(storage, bridging.one_side(storage, house, told), now)


def _put_alone(context: Context, lines: tuple[Text, ...], file: File | None, now: datetime) -> None:
    context.storage.outbox.put(
        context.room.network,
        Message(lines, private=True),
        now,
        address=context.person.address_id,
        file=file,
        asker=context.person.id,
    )


def _ask(context: Context, reply: Reply) -> int:
    """Remember a question, and what each answer to it would run; return its id."""
    choices = [
        {
            "command": choice.command,
            "arguments": asking.kept(choice.arguments),
            "campaign": choice.campaign,
            "confirmed": choice.confirmed,
        }
        for choice in reply.choices
    ]
    # It waits from when it is asked: what it answers may have been said long ago, while nobody heard it.
    at = context.received_at
    return context.storage.prompts.ask(
        context.person.id, context.room.id, choices, at, at + picking.QUESTIONS_LAST
    )


def _goes_aside(context: Context, event: Said | Reacted | Balloted, message: Message) -> bool:
    """Whether an answer is so long that in a room it goes into a thread of its own, under what was asked.

    Only Matrix clients show threads apart. What waits for an answer itself stays where that is looked for.
    """
    shown_apart = context.room.network == MATRIX and isinstance(event, Said) and not context.private
    return shown_apart and bool(message.to) and not message.purpose and len(message.lines) > LONG
