"""How far a campaign is, in the words that `!status`, the board and every answer about it have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Text, Typed, say, say_many
from campaign.signature import progress_bar
from commands import meant

if TYPE_CHECKING:
    from commands.lookup import Progress
    from storage.campaigns import Campaign


def signatures(count: int, goal: int | None) -> Text:
    """How many signatures count. A goal is called one: "3 of 6" is read as three of six organisations."""
    if goal is None:
        return say_many(*NN_("{count} signature", "{count} signatures"), count)
    return say_many(
        *NN_("{count} signature (goal: {goal})", "{count} signatures (goal: {goal})"), count, goal=goal
    )


def counted(now: Progress) -> Text:
    """The same at the head of a list, with a bar where there is a goal."""
    so_many = signatures(now.counted, now.goal)
    if now.goal is None:
        return say(N_("**{signatures}**"), signatures=so_many)
    return say(N_("{bar} **{signatures}**"), bar=progress_bar(now.counted, now.goal), signatures=so_many)


def of_earlier(now: Progress, campaign: Campaign) -> tuple[Text, ...]:
    """How many signatures of an earlier text do not count, and while that can be done how they come to."""
    if not now.earlier:
        return ()
    if campaign.closed_at is not None:
        return (
            say_many(
                *NN_(
                    "↻ {count} signature of an earlier version, never confirmed",
                    "↻ {count} signatures of an earlier version, never confirmed",
                ),
                now.earlier,
            ),
        )
    return (
        say_many(
            *NN_(
                "↻ {count} signature of an earlier version, to be confirmed: {confirm}",
                "↻ {count} signatures of an earlier version, to be confirmed: {confirm}",
            ),
            now.earlier,
            confirm=Typed("confirm"),
        ),
    )


def of_one_person(now: Progress) -> tuple[Text, ...]:
    """How many signatures wait for a second person of their organisation."""
    if not now.waiting:
        return ()
    return (
        say_many(
            *NN_(
                "✍️ {count} more signature waits for a second person of the organisation",
                "✍️ {count} more signatures wait for a second person of the organisation",
            ),
            now.waiting,
        ),
    )


def ended(campaign: Campaign) -> tuple[Text, ...]:
    """That a campaign is over, and since when; nothing of one that is open."""
    if campaign.closed_at is None:
        return ()
    return (say(N_("🏁 Ended on {day}"), day=meant.last_day(campaign)),)
