"""What a campaign is set to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Listing, Text, say, say_many
from commands.command import Context, Reply, command
from commands.letters import questioning
from commands.reminders import previewing
from commands.signatures import showing

if TYPE_CHECKING:
    from storage.campaigns import Campaign


@command(
    "campaign",
    fr="campagne",
    help=N_("Show what the campaign is set to."),
    example=N_("!campaign"),
    admin=True,
    even_ended=True,
)
def campaign(ctx: Context) -> Reply:
    """Show the settings a campaigner may wonder about."""
    it = ctx.campaign
    letters = ctx.storage.letters.current(it.id)
    lines: list[Text] = [
        say(N_("**{title}** (campaign={key})"), title=it.named, key=it.key),
        *showing.ended(it),
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
    ]
    if it.closed_at is not None:
        return Reply(tuple(lines))
    lines.append(_reminders(it))
    lines += previewing.pauses(it, ctx.now)
    lines += [showing.deadline(one) for one in ctx.storage.deadlines.of_campaign(it.id)]
    lines += questioning.open_ones(ctx.storage, it.id)
    return Reply(tuple(lines))


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
