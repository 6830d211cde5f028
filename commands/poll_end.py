"""Ending polls by a campaigner's word: closing before time, giving up, stating what was decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands import tell
from commands.ballots import closing, polling
from commands.command import Choice, Context, Prose, Reply, command, reply
from commands.organisations import lookup

if TYPE_CHECKING:
    from storage.polls import Poll


@command(
    "poll close",
    fr="scrutin clore",
    help=N_("Close a poll now and say its outcome."),
    example=N_("!poll close 1"),
    admin=True,
)
def poll_close(ctx: Context, poll: int) -> Reply:
    """Let a poll take no more answers, after asking once more; it is counted as soon as every network is heard."""
    found = _running(ctx, poll)
    if not found.begun:
        raise CampaignError(
            say(
                N_("Poll {number} has not begun. To give it up: {cancel}"),
                number=poll,
                cancel=Typed("poll cancel", str(poll)),
            )
        )
    if found.closes_at <= ctx.now:
        # Whether a network is away, and which, is said once it is known: `closing.hold`.
        return reply(N_("Poll {number} is over already: its result follows in every room."), number=poll)
    if not ctx.confirmed:
        outcome = polling.outcome_of(ctx.storage, found)
        so_far = say(
            N_("Close poll {number} before its time? So far: {outcome}."),
            number=poll,
            outcome=say(polling.OUTCOMES[outcome.result]),
        )
        ask = say(N_("To do it: {confirm}"), confirm=Typed("confirm"))
        return Reply((so_far, outcome.rule, ask), choices=(Choice("poll close", {"poll": poll}),))
    ctx.storage.polls.shut(found.id, ctx.now)
    ctx.storage.audit.note(
        "poll closed early",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        poll=poll,
        before=found.closes_at.isoformat(),
        after=ctx.now.isoformat(),
    )
    return reply(N_("Poll {number} takes no more answers: its result follows in every room."), number=poll)


@command(
    "poll cancel",
    fr="scrutin annuler",
    help=N_("Give up a poll that is planned or open: it is not counted."),
    example=N_("!poll cancel 1"),
    admin=True,
)
def poll_cancel(ctx: Context, poll: int) -> Reply:
    """End a poll without an outcome, after asking once more."""
    found = _running(ctx, poll)
    if not ctx.confirmed:
        ask = say(
            N_(
                "Cancel poll {number} (“{question}”)? Its answers will count for nothing. To do it: {confirm}"
            ),
            number=poll,
            question=found.question,
            confirm=Typed("confirm"),
        )
        return Reply((ask,), choices=(Choice("poll cancel", {"poll": poll}),))
    said = closing.cancel(ctx.storage, ctx.campaign, found, ctx.now)
    ctx.storage.audit.note(
        "poll cancelled",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        poll=poll,
    )
    return reply(N_("Poll {number} is cancelled."), number=poll).also(*said)


@command(
    "poll conclude",
    fr="scrutin conclure",
    help=N_("State in every room what was decided by a poll that is over."),
    example=N_("!poll conclude 1 We sign, and meet again in May."),
    admin=True,
)
def poll_conclude(ctx: Context, poll: int, text: Prose) -> Reply:
    """Keep a campaigner's own words as the outcome's text, and say them everywhere; said again, they replace the others."""
    found = _of_number(ctx, poll)
    text = lookup.short(text)
    if found.is_being_counted(ctx.now):
        raise CampaignError(
            say(
                N_(
                    "Poll {number} is being counted: its result follows in every room. State then what was decided."
                ),
                number=poll,
            )
        )
    if found.closed_at is None or found.outcome == "cancelled":
        raise CampaignError(
            say(N_("Poll {number} has no outcome to state: it has not been counted."), number=poll)
        )
    ctx.storage.polls.conclude(found.id, text, ctx.person.id, ctx.now)
    ctx.storage.audit.note(
        "poll concluded",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        poll=poll,
    )
    line = say(
        N_("🗳 **Poll {number}, {outcome}:** {text}"),
        number=poll,
        outcome=say(polling.OUTCOMES[found.outcome]),
        text=text,
    )
    said = tell.rooms(closing.public(ctx.storage, ctx.campaign), line)
    done = say(N_("Said in every room of the campaign."))
    return Reply((done, *tell.missing(ctx.storage, ctx.campaign.id)), elsewhere=said)


def _of_number(ctx: Context, number: int) -> Poll:
    found = ctx.storage.polls.by_number(ctx.campaign.id, number)
    if found is None:
        raise CampaignError(
            say(N_("There is no poll {number}. {polls} lists them."), number=number, polls=Typed("polls"))
        )
    return found


def _running(ctx: Context, number: int) -> Poll:
    found = _of_number(ctx, number)
    if found.closed_at is not None:
        raise CampaignError(
            say(
                N_("Poll {number} is closed already: {polls} shows its outcome."),
                number=number,
                polls=Typed("polls"),
            )
        )
    return found
