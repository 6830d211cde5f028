"""What a campaign is set to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from commands import closing, previewing, questioning, showing
from commands.command import Choice, Context, Reply, command, reply

if TYPE_CHECKING:
    from commands.command import Elsewhere


@command(
    "campaign",
    fr="campagne",
    help=N_("Show what the campaign is set to."),
    example=N_("!campaign"),
    admin=True,
)
def campaign(ctx: Context) -> Reply:
    """Show the settings a campaigner may wonder about."""
    it = ctx.campaign
    letters = ctx.storage.letters.current(it.id)
    lines: list[Text] = [
        say(N_("**{title}** (campaign={key})"), title=it.named, key=it.key),
        say(
            N_("Letter: {versions}"),
            versions=", ".join(f"{one.language} v{one.version} {one.hash[:8]}" for one in letters),
        ),
        say(COUNTS[it.threshold]),
        say(N_("Goal: {goal}"), goal=it.goal) if it.goal else say(N_("Goal: none")),
        say(
            N_("Reminders before a deadline: {offsets}, between {hours} ({zone})"),
            offsets=", ".join(_offset(one) for one in it.reminders),
            hours=it.civil_hours,
            zone=it.timezone,
        ),
    ]
    lines += previewing.pauses(it, ctx.now)
    lines += [showing.deadline(one) for one in ctx.storage.deadlines.of_campaign(it.id)]
    lines += questioning.open_ones(ctx.storage, it.id)
    return Reply(tuple(lines))


@command(
    "campaign close",
    fr="campagne clore",
    help=N_("End the campaign: nobody signs, votes or is reminded any more."),
    example=N_("!campaign close"),
    admin=True,
)
def campaign_close(ctx: Context) -> Reply:
    """End a campaign for good, after asking once more; from then on counts how long people are still remembered.

    Its polls end with it, uncounted: nobody would close them any more.
    """
    it = ctx.campaign
    running = [poll for poll in ctx.storage.polls.of_campaign(it.id) if poll.closed_at is None]
    if not ctx.confirmed:
        ask = say(
            N_(
                "End **{title}** for good? Nobody signs, votes or is reminded any more; the list stays. To do it: {confirm}"
            ),
            title=it.named,
            confirm=Typed("confirm"),
        )
        numbers = ", ".join(str(poll.number) for poll in running)
        polls = (say(N_("Polls that are cancelled then: {numbers}"), numbers=numbers),) if running else ()
        return Reply((*polls, ask), choices=(Choice("campaign close"),))
    said: list[Elsewhere] = []
    for poll in running:
        said += closing.cancel(ctx.storage, it, poll, ctx.now)
        ctx.storage.audit.note(
            "poll cancelled",
            ctx.now,
            person=ctx.person.id,
            room=ctx.room.id,
            campaign=it.id,
            poll=poll.number,
        )
    ctx.storage.campaigns.close(it.id, ctx.now)
    ctx.storage.audit.note("campaign closed", ctx.now, person=ctx.person.id, room=ctx.room.id, campaign=it.id)
    return reply(
        N_("**{title}** has ended. An operator can still write its list (`tocsin export`)."), title=it.named
    ).also(*said)


COUNTS = {
    "verified": N_(
        "Signatures count once a second person of the organisation, or a campaigner, has confirmed them."
    ),
    "confirmed": N_("Signatures count once they are confirmed or verified."),
    "declared": N_("Signatures count as soon as they are declared."),
}
"""What each threshold means."""


def _offset(seconds: int) -> str:
    """How long before a deadline, as the config writes it."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if seconds % length == 0:
            return f"{seconds // length}{unit}"
    return f"{seconds}s"
