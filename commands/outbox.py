"""Messages that did not arrive, or may not have: listed, sent once more, or left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Moment, Text, Typed, say, say_many
from campaign.errors import CampaignError
from commands.command import Choice, Context, Reply, command, reply
from commands.trouble.undelivered import place

if TYPE_CHECKING:
    from storage.undelivered import Undelivered

MOST = 15
"""How many are listed: the newest."""
FIRST_WORDS = 60
"""Characters of a message that are shown, to know it again."""


@command(
    "outbox",
    fr="envois",
    help=N_("List my messages that did not arrive, or may not have, and how many wait to leave."),
    example=N_("!outbox"),
    admin=True,
    needs_campaign=False,
)
def outbox(ctx: Context) -> Reply:
    """List number, room, when and why, the newest first; what was to be said only among campaigners."""
    storage = ctx.storage
    found, count = storage.undelivered.undecided(MOST)
    waits = storage.undelivered.waiting()
    waiting = (
        say_many(*NN_("{count} message waits to leave.", "{count} messages wait to leave."), waits)
        if waits
        else say(N_("Nothing waits to leave."))
    )
    if not found:
        return Reply((say(N_("Everything I sent has arrived.")), waiting))
    lines: list[Text] = [
        say_many(
            *NN_(
                "**{count} message did not arrive, or may not have:**",
                "**{count} messages did not arrive, or may not have:**",
            ),
            count,
        )
    ]
    lines += [_line(ctx, one) for one in found]
    if count > len(found):
        lines.append(
            say_many(*NN_("… and {count} older one", "… and {count} older ones"), count - len(found))
        )
    sent = next((str(one.number) for one in found if one.state != "unsaid"), "")
    drop = Typed("outbox drop", sent or str(found[0].number))
    lines.append(
        say(
            N_("To send one again: {retry} · to leave it: {drop}"),
            retry=Typed("outbox retry", sent),
            drop=drop,
        )
        if sent
        else say(N_("To leave one: {drop}"), drop=drop)
    )
    return Reply((*lines, waiting))


def _line(ctx: Context, one: Undelivered) -> Text:
    values = {
        "number": one.number,
        "room": place(ctx.storage, one),
        "network": one.network,
        "at": Moment(one.at, ctx.zone),
        "why": say(WHY[one.error]) if one.error in WHY else one.error,
    }
    if one.state == "unsaid":
        return say_many(
            *NN_(
                "- {number} · {room} ({network}) · {at} · {count} message not said ({why})",
                "- {number} · {room} ({network}) · {at} · {count} messages not said ({why})",
            ),
            one.count,
            **values,
        )
    line = say(STATES[one.state], **values)
    # What was for one person alone (a code, their own data) is not for the campaigners to read.
    words = "" if one.private_with or ctx.place != "admin" else _first_words(one)
    return say(N_("{line} · “{words}”"), line=line, words=words) if words else line


def _first_words(one: Undelivered) -> str:
    words = " ".join(str(one.payload.get("text", "")).split())
    return words if len(words) <= FIRST_WORDS else words[:FIRST_WORDS].rstrip() + "…"


@command(
    "outbox retry",
    fr="envois renvoyer",
    help=N_("Send once more a message that did not arrive, or may not have."),
    example=N_("!outbox retry 1"),
    admin=True,
    needs_campaign=False,
)
def outbox_retry(ctx: Context, row: int) -> Reply:
    """Send the same again after asking once more: if the first did arrive, it is seen twice."""
    one = _find(ctx, row)
    if one.state == "unsaid" or one.room_id is None:
        return reply(
            N_("No. {number} was never on its way: say it anew, or leave it: {drop}"),
            number=row,
            drop=Typed("outbox drop", str(row)),
        )
    room = ctx.storage.rooms.get(one.room_id)
    if room.state == "parked":
        return reply(
            N_("I am not in {room} any more. Invite me there, then say {retry} again."),
            room=room.label,
            retry=Typed("outbox retry", str(row)),
        )
    if not one.is_complete:
        return reply(
            N_("The file of no. {number} is no longer held. Ask for it again, then: {drop}"),
            number=row,
            drop=Typed("outbox drop", str(row)),
        )
    if not ctx.confirmed:
        ask = (
            N_(
                "Send no. {number} to {room} again? Look there first: if it did arrive, it will be seen twice. "
                "To do it: {confirm}"
            )
            if one.state == "uncertain"
            else N_("Send no. {number} to {room} again? To do it: {confirm}")
        )
        return Reply(
            (say(ask, number=row, room=room.label, confirm=Typed("confirm")),),
            choices=(Choice("outbox retry", {"row": row}),),
        )
    ctx.storage.undelivered.retry(one, ctx.now)
    _note(ctx, "message retried", one)
    return reply(N_("No. {number} leaves for {room} again."), number=row, room=room.label)


@command(
    "outbox drop",
    fr="envois abandonner",
    help=N_("Leave a message that did not arrive, or may not have."),
    example=N_("!outbox drop 1"),
    admin=True,
    needs_campaign=False,
)
def outbox_drop(ctx: Context, row: int) -> Reply:
    """Give a message up after asking once more: it cannot be sent again afterwards."""
    one = _find(ctx, row)
    if not ctx.confirmed:
        ask = say(
            N_("Leave no. {number} for {room}? It cannot be sent again afterwards. To do it: {confirm}"),
            number=row,
            room=place(ctx.storage, one),
            confirm=Typed("confirm"),
        )
        return Reply((ask,), choices=(Choice("outbox drop", {"row": row}),))
    ctx.storage.undelivered.drop(one)
    _note(ctx, "message dropped", one)
    return reply(N_("No. {number} is left as it is."), number=row)


def _find(ctx: Context, row: int) -> Undelivered:
    one = ctx.storage.undelivered.by_number(row)
    if one is None:
        raise CampaignError(
            say(
                N_("There is no message no. {number} to decide about. {list} shows them."),
                number=row,
                list=Typed("outbox"),
            )
        )
    return one


def _note(ctx: Context, act: str, one: Undelivered) -> None:
    ctx.storage.audit.note(
        act,
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        number=one.number,
        key=one.key,
        state=one.state,
        to=one.room_id,
    )


STATES = {
    "uncertain": N_("- {number} · {room} ({network}) · {at} · may have arrived ({why})"),
    "failed": N_("- {number} · {room} ({network}) · {at} · did not arrive ({why})"),
}
"""How each state is listed."""

WHY = {
    "the room keeps no archive": N_("the room keeps no archive"),
    "the connection ends with it": N_("the connection ends with it"),
    "restored from a backup": N_("restored from a backup"),
    "too late": N_("too late for it"),
    "sent away": N_("I am not in the room any more"),
    "encrypted": N_("the room is encrypted"),
}
"""Reasons of our own, as the outbox keeps them; the networks' are shown as they are."""
