"""Joining two addresses of one person: a code given in one place, said from the other."""

from __future__ import annotations

import secrets
from datetime import timedelta

from campaign.chat import N_, Typed, say
from commands import tell
from commands.command import Choice, Context, Reply, command, reply
from commands.signatures import vouching

CODES_LAST = timedelta(minutes=15)
"""How long a code holds."""

_ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
"""Letters and digits nobody takes for one another."""


@command(
    "link",
    fr="lier",
    help=N_("Tell me that two accounts are yours: ask for a code in private, and say it from the other one."),
    example=N_("!link"),
    needs_campaign=False,
)
def link(ctx: Context, code: str = "") -> Reply:
    """Give a code in private; take it from another address of the same person.

    A code is only given to an account, alone: said in a room, anybody could use it, so there it holds for whoever says
    it first and at once, or no more. Whoever *says* a code gives their address away, so somebody who has anything to
    lose by it is asked in private first, with the account they would be joined to. Who is hidden in a room can say it
    nowhere else, and is asked there, without that account.
    """
    if not code:
        return _give(ctx)
    people = ctx.storage.people
    code = code.strip().upper()
    held = people.code(code, ctx.now)
    if held is None:
        return reply(
            N_("I do not know that code, or it is too old. Say {link} to me in private for a new one."),
            link=Typed("link"),
        )
    giver, giver_address = held
    if giver == ctx.person.id:
        if not ctx.private:
            people.use_code(code)
            return reply(
                N_(
                    "This is the account I gave the code to, and now everybody here has seen it: it no longer holds. Say {link} to me in private for a new one."
                ),
                link=Typed("link"),
            )
        return reply(
            N_(
                "This is the account I gave the code to: say it from your other account, or in the room that hides who you are."
            )
        )
    if _has_something(ctx) and not ctx.confirmed:
        return _ask(ctx, code, people.address(giver_address).id)
    people.use_code(code)
    people.join(giver, ctx.person.id)
    ctx.storage.consents.join(giver, ctx.person.id, ctx.now)
    ctx.storage.audit.note("linked", ctx.now, person=giver, room=ctx.room.id, joined=ctx.person.id)
    for organisation in ctx.storage.representatives.silence(giver):
        ctx.storage.audit.right(organisation, giver, ctx.now, by=None, room=ctx.room.id, granted=False)
    vouching.one_after_all(ctx, giver)
    done = (
        say(N_("Done: {address} is you too."), address=ctx.address.id)
        if ctx.private and ctx.address.is_account
        else say(N_("Done: {name} in {room} is you too."), name=ctx.name, room=ctx.room.label)
    )
    told = tell.privately(ctx.storage, giver, done, here=ctx.room.id)
    return reply(N_("Thank you, I know you now.")).also(*told)


def _has_something(ctx: Context) -> bool:
    """Whether whoever they are joined to would gain something: a right, another address, a signature that stands."""
    people, person = ctx.storage.people, ctx.person.id
    addresses = people.addresses(person)
    return (
        people.speaks_for(person) > 0
        or len(addresses) > 1
        or any(address in ctx.house.admins for address in addresses)
        or ctx.storage.signatures.stands_by(person)
    )


def _ask(ctx: Context, code: str, address: str) -> Reply:
    people = ctx.storage.people
    if ctx.address.is_account and not ctx.private:
        people.use_code(code)
        return reply(
            N_(
                "I know you already, and everybody here has seen that code: it no longer holds. Ask for a new one and say it to me in private, where I can ask you first."
            )
        )
    if not ctx.private:
        # What the room has seen holds no more: only the one who is asked holds what replaces it.
        seen, code = code, _new_code()
        people.replace_code(seen, code)
    ask = (
        say(
            N_(
                "I will take you and {address} for one person, who speaks for the organisations of both. If that account is yours: {confirm}"
            ),
            address=address,
            confirm=Typed("confirm"),
        )
        if ctx.private
        else say(
            N_(
                "Whoever asked me for this code will speak for your organisations. If that was you: {confirm}"
            ),
            confirm=Typed("confirm"),
        )
    )
    return Reply((ask,), choices=(Choice("link", {"code": code}),))


def _give(ctx: Context) -> Reply:
    if not ctx.private or not ctx.address.is_account:
        return reply(
            N_("Please say {link} to me in a private chat: the code is for you alone."), link=Typed("link")
        )
    code = _new_code()
    ctx.storage.people.give_code(code, ctx.person, ctx.received_at + CODES_LAST)
    return reply(
        N_(
            "Within 15 minutes, say {link} from your other account, or in the room that hides who you are. Never say a code that somebody else gave you."
        ),
        link=Typed("link", code),
    )


def _new_code() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(8))
