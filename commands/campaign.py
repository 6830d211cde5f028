"""What a campaign is set to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Listing, Text, Typed, say, say_many
from commands import closing, previewing, questioning, showing
from commands.command import Choice, Context, Reply, command, reply

if TYPE_CHECKING:
    from commands.command import Elsewhere
    from storage.campaigns import Campaign


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
            versions=Listing(
                tuple(
                    say(
                        N_("{language} (version {version})"),
                        language=say(LANGUAGES[one.language]),
                        version=one.version,
                    )
                    for one in letters
                )
            ),
        ),
        say(COUNTS[it.threshold]),
        say(N_("Goal: {goal}"), goal=it.goal) if it.goal else say(N_("Goal: none")),
        _reminders(it),
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


LANGUAGES = {"fr": N_("in French"), "en": N_("in English")}
"""What is said of a text, by its language."""


def _reminders(it: Campaign) -> Text:
    """How long before a deadline people are reminded, and at which time of day."""
    if not it.reminders:
        return say(N_("Reminders before a deadline: none"))
    opens, _, closes = it.civil_hours.partition("-")
    offsets = Listing(tuple(_before(one) for one in it.reminders))
    if opens == closes:
        return say(
            N_("Reminders: {offsets} before a deadline, at any hour ({zone})"),
            offsets=offsets,
            zone=it.timezone,
        )
    return say(
        N_("Reminders: {offsets} before a deadline, between {opens} and {closes} ({zone})"),
        offsets=offsets,
        opens=opens,
        closes=closes,
        zone=it.timezone,
    )


UNITS = (
    (86400, NN_("{count} day", "{count} days")),
    (3600, NN_("{count} hour", "{count} hours")),
    (60, NN_("{count} minute", "{count} minutes")),
)
"""Seconds of a unit of time, and how many of it are said."""


def _before(seconds: int) -> Text:
    """A length of time in the largest unit that it is whole in; below a minute nothing is told apart."""
    length, words = next((one for one in UNITS if seconds % one[0] == 0), UNITS[-1])
    return say_many(*words, seconds // length)
