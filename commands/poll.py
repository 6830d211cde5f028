"""Opening and closing polls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from campaign.chat import N_, Typed
from campaign.dates import read_moment, read_span
from campaign.decision import PRESETS
from campaign.errors import CampaignError
from commands import lookup, polling, tell
from commands.command import ANYWHERE, Context, Option, Reply, Rest, command, reply

if TYPE_CHECKING:
    from datetime import datetime


@command(
    "poll open",
    fr="scrutin ouvrir",
    help=N_("Put a question to the organisations: majority or consent."),
    example=N_("!poll open majority Shall the collective sign the letter? closes=3 days"),
    admin=True,
    where=ANYWHERE,
)
def poll_open(
    ctx: Context, procedure: Literal["majority", "consent"], question: Rest, *, closes: Option = ""
) -> Reply:
    """Open a poll in every room; the electorate is the campaign's organisations as of now."""
    campaign, storage = ctx.campaign, ctx.storage
    closes_at = ctx.now + PRESETS[procedure].duration
    if closes:
        closes_at = _closing(ctx, closes)
    electorate = [
        member.organisation_id for member in storage.campaigns.members(campaign.id) if not member.flagged
    ]
    if not electorate:
        return reply(N_("There is nobody to vote yet: {add} adds organisations."), add=Typed("org add", "…"))
    poll = storage.polls.open(
        campaign.id,
        electorate,
        question=lookup.short(question),
        procedure=procedure,
        opened_by=ctx.person.id,
        opened_at=ctx.now,
        closes_at=closes_at,
        zone=campaign.timezone,
    )
    storage.audit.note(
        "poll opened",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=campaign.id,
        poll=poll.number,
        procedure=procedure,
        closes=closes_at.isoformat(),
        electors=len(electorate),
    )
    rooms = storage.rooms.of_campaign(campaign.id)
    said = tell.rooms(rooms, *polling.opened(poll, len(electorate)), expires_at=poll.closes_at)
    if ctx.place == "campaign":
        return Reply(elsewhere=said)
    return reply(N_("Poll {number} is open in every room of the campaign."), number=poll.number).also(*said)


def _closing(ctx: Context, closes: str) -> datetime:
    """When a poll closes, said as a duration ("3 days", "72h") or as a date."""
    try:
        return ctx.now + read_span(closes)
    except CampaignError:
        return read_moment(closes, now=ctx.now, zone=ctx.zone, languages=ctx.languages).at


@command(
    "poll close",
    fr="scrutin clore",
    help=N_("Close a poll now and say its outcome."),
    example=N_("!poll close 1"),
    admin=True,
)
def poll_close(ctx: Context, poll: int) -> Reply:
    """Count a poll before its time."""
    found = ctx.storage.polls.by_number(ctx.campaign.id, poll)
    if found is None:
        return reply(N_("There is no poll {number}. {polls} lists them."), number=poll, polls=Typed("polls"))
    if found.closed_at is not None:
        return reply(
            N_("Poll {number} is closed already: {polls} shows its outcome."),
            number=poll,
            polls=Typed("polls"),
        )
    said = polling.close(ctx.storage, ctx.campaign, found, ctx.now)
    ctx.storage.audit.note(
        "poll closed early",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=ctx.campaign.id,
        poll=poll,
    )
    return reply(N_("Poll {number} is closed."), number=poll).also(*said)
