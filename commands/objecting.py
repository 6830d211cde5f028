"""An objection is said in the other rooms too: it is to be discussed, and one room alone would not know of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, say
from campaign.decision import lacks_reason
from campaign.lately import is_lately
from commands import closing, polling, tell

if TYPE_CHECKING:
    from campaign.chat import Text
    from campaign.decision import Ballot
    from commands.command import Context, Elsewhere
    from storage.ballots import BallotRow
    from storage.organisations import Organisation
    from storage.polls import Poll

PURPOSE = "objection"
"""By what a message is known that says how an objection stands; it means nothing to react to it."""
EVERY, MOST = timedelta(hours=1), 2
"""How often the other rooms are told of one organisation's objection at most, however often it is given and taken back:
that it is there, and what became of it; of what changes after that, the last state once the hour is over."""


def relay(
    ctx: Context, poll: Poll, elector: Organisation, ballot: Ballot, before: BallotRow | None
) -> tuple[Elsewhere, ...]:
    """Say an objection with its reason in the other rooms; what waits to be said of it, and holds no more, is not said."""
    procedure = polling.procedure_of(poll)
    known = before is not None and (before.choice, before.reason) == (ballot.choice, ballot.reason)
    if known or not procedure.can_be_blocked:
        return ()
    if ballot.choice not in procedure.blocks or lacks_reason(procedure, ballot.choice, ballot.reason):
        # Where it was resolved before, that it no longer blocks is what waits to be said, and still holds.
        if before is not None and before.choice in procedure.blocks and not before.resolution:
            ctx.storage.outbox.unsay(_purpose(poll, elector))
        return ()
    line = say(
        N_("🗳 Poll {number}: **{name}** answers “{choice}”: {reason}"),
        number=poll.number,
        name=elector.name,
        choice=polling.named(ballot.choice),
        reason=ballot.reason,
    )
    return state(ctx, poll, elector, line)


def state(ctx: Context, poll: Poll, elector: Organisation, line: Text) -> tuple[Elsewhere, ...]:
    """Say in the other rooms how an objection stands now; what would be said after the closing is said with the result."""
    outbox, purpose = ctx.storage.outbox, _purpose(poll, elector)
    outbox.unsay(purpose)
    lately = [one for one in outbox.said(purpose) if is_lately(one.at, EVERY, ctx.now)]
    if lately and lately[0].message.lines == (line,):
        return ()
    not_before = lately[MOST - 1].at + EVERY if len(lately) >= MOST else None
    if not_before is not None and not_before >= poll.closes_at:
        return ()
    campaign = ctx.storage.campaigns.get(poll.campaign_id)
    rooms = [room for room in closing.public(ctx.storage, campaign) if room.id != ctx.room.id]
    told = tell.rooms(rooms, line, purpose=purpose, expires_at=poll.closes_at)
    return tuple(replace(one, not_before=not_before) for one in told)


def _purpose(poll: Poll, elector: Organisation) -> str:
    return f"{PURPOSE}:{poll.id}:{elector.id}"
