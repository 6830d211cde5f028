"""One ballot per organisation, whatever way it is given: what counts, what is said of it, and to whom."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.ballot import RETRACTED, ends, replaces
from campaign.chat import N_, Moment, Text, Typed, say
from campaign.decision import Ballot, extended_to, lacks_reason
from campaign.errors import CampaignError
from commands import tell
from commands.ballots import acknowledging, closing, objecting, polling
from commands.command import Context, Reply
from commands.organisations import authority, lookup

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.ballot import Way
    from campaign.decision import Procedure
    from commands.command import Elsewhere
    from storage.ballots import BallotRow
    from storage.organisations import Organisation
    from storage.polls import Poll


def cast(
    ctx: Context,
    poll: Poll,
    elector: Organisation,
    choice: str,
    *,
    reason: str = "",
    way: Way = "",
    target: str = "",
    of: BallotRow | None = None,
) -> Reply | None:
    """Take the answer of an elector, on the word of somebody who may speak for it; the latest before closing stands.

    What is said of it is the answer to a line of text; otherwise only what the person has to know, None if nothing.
    `choice` is one of the procedure's, `RETRACTED` or `SPOILT`; `target` is the message that a reaction is to. A ballot that comes too late is kept, and does not count; so
    is one that counts as given before the one that stands. What completes another one with its reason, or takes it back
    because it was deleted, is `of` that one and counts as given as it was: whoever undoes that takes this back.

    Raises:
        CampaignError: the poll has not begun, or the reason is too long.
    """
    make_sure_it_has_begun(poll, ctx.now)
    reason, procedure = lookup.short(reason), polling.procedure_of(poll)
    before = ctx.storage.ballots.latest(poll.id, elector.id)
    # A server whose clock is behind cannot have sent it before the poll was there.
    at = max(ctx.now, poll.opened_at)
    if before is not None and _was_given_after(ctx, before):
        at = max(at, before.cast_at)
    if before is not None and choice == RETRACTED and before.choice == RETRACTED:
        return None
    reason = reason or _kept(procedure, choice, before, way)
    in_time = poll.closed_at is None and at < poll.closes_at
    way_given = of.way if of else way
    stands = in_time and replaces(at, _to_be_after(ctx, before, way_given))
    ballot = ctx.storage.ballots.cast(
        poll.id,
        elector.id,
        standing=stands,
        person_id=ctx.person.id,
        choice=choice,
        reason=reason,
        network=ctx.room.network,
        event=of.event if of else ctx.event,
        # What stands counts as given after all that was there: what is read later is compared with it alone.
        cast_at=max(at, before.cast_at) if before is not None and stands else at,
        server_at=ctx.server_at,
        way=way_given,
        target=of.target if of else target,
    )
    ctx.storage.audit.note(
        "voted",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=poll.campaign_id,
        organisation=elector.id,
        poll=poll.number,
        before=before.choice if before else "",
        after=choice,
        counted=stands,
        way=way or "text",
    )
    if not in_time:
        if choice == RETRACTED and way:
            return None
        return Reply((acknowledging.too_late(ctx, poll, elector, before),))
    if not stands:
        return None if way else Reply((acknowledging.overtaken(poll, elector),))
    lacking = lacks_reason(procedure, choice, reason)
    reply = acknowledging.taken(ctx, poll, elector, Ballot(elector.id, choice, reason), before, way=way)
    if reply and not way and choice in procedure.choices:
        reply = replace(reply, purpose=f"{polling.TAKEN}{poll.id}:{elector.id}")
    if lacking:
        ask = acknowledging.ask_why(ctx, procedure, poll, elector, choice)
        reply = Reply((*(reply.lines if reply else ()), ask), purpose=f"{polling.WHY}{ballot}")
    more = (
        *_tell_the_other(ctx, poll, elector, choice, before),
        *objecting.relay(ctx, poll, elector, Ballot(elector.id, choice, reason), before),
        *_put_off(ctx, poll, Ballot(elector.id, choice, reason), before, at),
    )
    return (reply or Reply()).also(*more) if reply or more else None


def _kept(procedure: Procedure, choice: str, before: BallotRow | None, way: Way) -> str:
    """The reason that stays with an answer that is given again without one; empty if none does.

    A native poll cannot ask for one, nor can a reaction: whoever chooses the same again there takes none away. Who writes
    the same without a reason gives none; but one without which the answer would not count as given is not lost by that.
    """
    if before is None or before.choice != choice or before.resolution:
        return ""
    stays = way in ("native", "reaction") or choice in procedure.reason_needed
    return before.reason if stays else ""


def make_sure_it_has_begun(poll: Poll, now: datetime) -> None:
    """Take nothing in a poll that is only planned.

    Raises:
        CampaignError: it is; the text says when it opens.
    """
    if not poll.begun and poll.closed_at is None:
        begins = poll.starts_at or poll.closes_at
        raise CampaignError(
            say(
                N_("Poll {number} opens on {at}, and I will say so: please answer then."),
                number=poll.number,
                at=Moment(begins, poll.zone).seen(now),
            )
        )


def _was_given_after(ctx: Context, before: BallotRow) -> bool:
    """Whether an answer certainly came after one that was taken, whatever instant that one counts as given.

    What is heard live did, though our own clock may have been set back in between. So did what one person said later by
    the clock of the same network: the first may have been long on its way, and this one be told to us late.
    """
    if ctx.live:
        return True
    is_theirs = (before.person_id, before.network) == (ctx.person.id, ctx.room.network)
    if not is_theirs or before.server_at is None or ctx.server_at is None:
        return False
    return before.server_at <= ctx.server_at


def _to_be_after(ctx: Context, before: BallotRow | None, way: Way) -> datetime | None:
    """When an answer that is given this way has to count as given, at the earliest, to replace what stands.

    What somebody took back does not come back when it is read later, but that is no word about anything else: an answer
    that stands beside it, had it been read in time, has to be later only than what was taken back.
    """
    if before is None:
        return None
    own = before.person_id == ctx.person.id
    if before.choice == RETRACTED and not ends(before.way, way, own=own):
        ended = ctx.storage.ballots.ended_by(before)
        return ended.cast_at if ended else None
    return before.cast_at


def _tell_the_other(
    ctx: Context, poll: Poll, elector: Organisation, choice: str, before: BallotRow | None
) -> tuple[Elsewhere, ...]:
    """Tell whoever had answered for the same organisation that somebody else of it has answered otherwise."""
    if before is None or before.person_id == ctx.person.id or before.choice in ("", choice):
        return ()
    line = say(
        N_(
            "🗳 Poll {number}: {who} has answered “{choice}” for **{name}**, and that stands now instead of “{before}”."
        ),
        number=poll.number,
        who=ctx.name,
        choice=polling.shown(choice),
        name=elector.name,
        before=polling.shown(before.choice),
    )
    alone = tell.private_chat(ctx.storage, before.person_id)
    if alone is not None:
        return tell.privately(ctx.storage, before.person_id, line, here=ctx.room.id)
    # Where nobody may write to them alone, they are told in a room of their network, unless they see it here.
    campaign = ctx.storage.campaigns.get(poll.campaign_id)
    rooms = closing.public(ctx.storage, campaign)
    told = tell.rooms([room for room in rooms if room.network == before.network], line)
    return told[:1] if tell.not_here(ctx, told) == told else ()


def _put_off(
    ctx: Context, poll: Poll, ballot: Ballot, before: BallotRow | None, at: datetime
) -> tuple[Elsewhere, ...]:
    """Let a late objection put the closing off; not one that was there before, and is only said again."""
    procedure = polling.procedure_of(poll)
    if objecting.is_known(procedure, ballot, before):
        return ()
    until = extended_to(
        procedure,
        poll.closes_at,
        poll.zone,
        ballot,
        at,
        extended=poll.extended_at is not None,
    )
    if until is None:
        return ()
    campaign = ctx.storage.campaigns.get(poll.campaign_id)
    return closing.put_off(ctx.storage, campaign, poll, until, ctx.received_at)


def give_reason(ctx: Context, ballot_id: int, text: str) -> Reply | None:
    """Take the words of a reply to the question why; None if that ballot no longer stands.

    Raises:
        CampaignError: the person does not speak for the organisation, or that is too long.
    """
    ballot = ctx.storage.ballots.find(ballot_id)
    if ballot is None or not ballot.standing:
        return None
    elector = ctx.storage.organisations.get(ballot.organisation_id)
    if not authority.speaks(ctx, elector):
        raise CampaignError(lookup.not_known_to_speak(ctx, elector.name))
    poll = ctx.storage.polls.get(ballot.poll_id)
    is_theirs = (ballot.person_id, ballot.network) == (ctx.person.id, ctx.room.network)
    return cast(ctx, poll, elector, ballot.choice, reason=text, of=ballot if is_theirs else None)


def electors_of(ctx: Context, poll: Poll) -> list[Organisation]:
    """The organisations for which somebody may vote in a poll."""
    eligible = {one for one, _ in ctx.storage.polls.electorate(poll.id)}
    return [one for one in authority.organisations(ctx) if one.id in eligible]


def no_elector(ctx: Context, poll: Poll, name: str = "") -> Text:
    """Why somebody has no voice in a poll, for an organisation or for any."""
    mine = [one.name for one in authority.organisations(ctx)]
    if name or mine:
        return say(
            N_(
                "**{name}** cannot vote in poll {number}: its voters were fixed when it opened. A campaigner can open a new poll."
            ),
            name=name or ", ".join(mine),
            number=poll.number,
        )
    if not ctx.address.is_account:
        return say(
            N_(
                "Poll {number} is answered by organisations, and this room hides who you are. Say {link} to me in a private chat, then say the code here."
            ),
            number=poll.number,
            link=Typed("link"),
        )
    return say(
        N_(
            "Poll {number} is answered by organisations, and I do not know yet that you speak for one: your answer is not counted. Please ask a campaigner to add your account."
        ),
        number=poll.number,
    )
