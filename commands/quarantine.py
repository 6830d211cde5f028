"""Events that could not be taken: listed by reference, and put away once somebody has looked at them."""

from __future__ import annotations

from campaign.chat import N_, NN_, Moment, Text, Typed, say, say_many
from commands.command import Context, Reply, command, reply
from commands.vocabulary import read_choice

MOST = 15
"""How many are listed: the newest."""


@command(
    "quarantine",
    fr="quarantaine",
    help=N_("List what I could not take, by reference: never what was said."),
    example=N_("!quarantine"),
    admin=True,
    needs_campaign=False,
)
def quarantine(ctx: Context) -> Reply:
    """List when, where, what kind of event and the error's name; the newest first."""
    found, count = ctx.storage.inbox.quarantined(MOST)
    if not found:
        return _nothing()
    lines: list[Text] = [
        say_many(*NN_("**{count} event I could not take:**", "**{count} events I could not take:**"), count)
    ]
    for one in found:
        room = ctx.storage.rooms.find(one.network, one.scope)
        lines.append(
            say(
                N_("- {reference} · {room} ({network}) · {at} · {what} · {error}"),
                reference=one.reference,
                room=room.label if room else one.scope,
                network=one.network,
                at=Moment(one.at, ctx.zone),
                what=say(KINDS.get(one.what, one.what)),
                error=one.error,
            )
        )
    if count > len(found):
        lines.append(
            say_many(*NN_("… and {count} older one", "… and {count} older ones"), count - len(found))
        )
    lines.append(
        say(
            N_("The log has more under each reference. Once looked at: {drop}"),
            drop=Typed("quarantine drop", found[0].reference),
        )
    )
    return Reply(tuple(lines))


def _nothing() -> Reply:
    return reply(N_("Nothing is in quarantine: I could take everything that came."))


@command(
    "quarantine drop",
    fr="quarantaine classer",
    help=N_("Put away what I could not take, by its reference, or all of it."),
    example=N_("!quarantine drop 3fa9c1"),
    admin=True,
    needs_campaign=False,
)
def quarantine_drop(ctx: Context, reference: str) -> Reply:
    """Mark an event (or `all`) as looked at: its trace is kept for a while, and no longer listed."""
    everything = read_choice(reference, ("all",)) is not None
    seen = ctx.storage.inbox.see(ctx.now, None if everything else reference.casefold())
    if not seen and everything:
        return _nothing()
    if not seen:
        return reply(
            N_("There is no {reference} in quarantine. {list} shows what is."),
            reference=reference,
            list=Typed("quarantine"),
        )
    ctx.storage.audit.note(
        "quarantine seen", ctx.now, person=ctx.person.id, room=ctx.room.id, reference=reference, count=seen
    )
    return Reply((say_many(*NN_("Put away: {count} event.", "Put away: {count} events."), seen),))


KINDS = {
    "Said": N_("a message"),
    "Reacted": N_("a reaction"),
    "Redacted": N_("a deletion"),
    "Invited": N_("an invitation"),
    "Joined": N_("my entering"),
    "Removed": N_("my leaving"),
    "Echo": N_("my own message"),
    "Unreadable": N_("something unreadable"),
}
"""What each kind of event is called."""
