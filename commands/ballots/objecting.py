"""An objection is said in the other rooms too: it is to be discussed, and one room alone would not know of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.chat import N_, say
from campaign.decision import lacks_reason
from campaign.lately import is_lately
from commands import tell
from commands.ballots import closing, polling

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from campaign.chat import Text
    from campaign.decision import Ballot, Procedure
    from commands.command import Context, Elsewhere
    from storage.ballots import BallotRow
    from storage.organisations import Organisation
    from storage.polls import Poll

EVERY, MOST = timedelta(hours=1), 2
"""How often a room is told of one organisation's objection at most, however often it is given and taken back: that it
is there, and what became of it; of what changes after that, the last state once the hour is over."""


def relay(
    ctx: Context, poll: Poll, elector: Organisation, ballot: Ballot, before: BallotRow | None
) -> tuple[Elsewhere, ...]:
    """Say an objection with its reason in the other rooms; what waits to be said of it, and holds no more, is not said."""
    procedure = polling.procedure_of(poll)
    if is_known(procedure, ballot, before):
        return ()
    if not _blocks(procedure, ballot):
        # Where it was resolved before, that it no longer blocks is what waits to be said, and still holds.
        if _stood(procedure, before) is not None:
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
    """Say in the other rooms how an objection stands now, in each no more often than it can read.

    Each room by itself: one was away, in another it was said by its own people. So also what a room was told before is
    said again, as it may have seen otherwise since. What still waits when the poll ends is said with its result.
    """
    outbox, purpose = ctx.storage.outbox, _purpose(poll, elector)
    outbox.unsay(purpose)
    said = outbox.said(purpose)
    rooms = closing.public(ctx.storage, ctx.storage.campaigns.get(poll.campaign_id))
    return tuple(
        replace(one, not_before=_not_before(said.get(one.room_id or 0, ()), ctx.now))
        for one in tell.not_here(ctx, tell.rooms(rooms, line, purpose=purpose))
    )


def _not_before(said: Sequence[datetime], now: datetime) -> datetime | None:
    lately = [at for at in said if is_lately(at, EVERY, now)]
    return lately[MOST - 1] + EVERY if len(lately) >= MOST else None


def is_known(procedure: Procedure, ballot: Ballot, before: BallotRow | None) -> bool:
    """Whether this is an objection that stood before, in the same words."""
    return _stood(procedure, before) == ballot


def _stood(procedure: Procedure, before: BallotRow | None) -> Ballot | None:
    was = polling.counted([before])[0] if before is not None else None
    return was if was is not None and _blocks(procedure, was) else None


def _blocks(procedure: Procedure, ballot: Ballot) -> bool:
    """Whether a ballot is an objection that the other rooms are to know."""
    return (
        procedure.can_be_blocked
        and ballot.choice in procedure.blocks
        and not ballot.resolved
        and not lacks_reason(procedure, ballot.choice, ballot.reason)
    )


def _purpose(poll: Poll, elector: Organisation) -> str:
    return f"{polling.OBJECTION}:{poll.id}:{elector.id}"
