"""Voting in a poll for an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Moment, Typed, say
from campaign.decision import PRESETS, validate_ballot
from campaign.errors import CampaignError
from commands import lookup, polling
from commands.command import Context, Option, Reply, Rest, command, reply
from commands.vocabulary import read_choice

if TYPE_CHECKING:
    from storage.polls import Poll


@command(
    "vote",
    fr="voter",
    help=N_("Vote in a poll for your organisation; its number is needed only when several are open."),
    example=N_("!vote for"),
)
def vote(ctx: Context, choice: Rest, *, organisation: Option = "") -> Reply:
    """Cast or change the ballot of an organisation one may speak for; the latest before closing stands."""
    poll, words = _poll(ctx, choice.split())
    procedure = PRESETS[poll.procedure]
    said = read_choice(words[0], procedure.choices) if words else None
    if said is None:
        raise CampaignError(polling.how_to(poll.number, procedure.choices))
    reason = lookup.short(" ".join(words[1:]))
    validate_ballot(procedure, said, reason)
    elector = lookup.organisation(ctx, organisation)
    if not ctx.storage.organisations.is_representative(elector.id, ctx.person.id):
        raise CampaignError(lookup.not_known_to_speak(ctx, elector.name))
    if elector.id not in {one for one, _ in ctx.storage.polls.electorate(poll.id)}:
        raise CampaignError(
            say(
                N_(
                    "**{name}** cannot vote in poll {number}: its voters were fixed when it opened. A campaigner can open a new poll."
                ),
                name=elector.name,
                number=poll.number,
            )
        )
    in_time = poll.closed_at is None and ctx.now < poll.closes_at
    ctx.storage.polls.cast(
        poll.id,
        elector.id,
        standing=in_time,
        person_id=ctx.person.id,
        choice=said,
        reason=reason,
        network=ctx.room.network,
        event=ctx.event,
        cast_at=ctx.now,
    )
    ctx.storage.audit.note(
        "voted",
        ctx.now,
        person=ctx.person.id,
        room=ctx.room.id,
        campaign=poll.campaign_id,
        organisation=elector.id,
        poll=poll.number,
        choice=said,
        counted=in_time,
    )
    if not in_time:
        return reply(
            N_(
                "Poll {number} closed on {at}: your answer is kept, but it does not count. A campaigner can open a new poll."
            ),
            number=poll.number,
            at=Moment(poll.closed_at or poll.closes_at, poll.zone),
        )
    cast = len(ctx.storage.polls.ballots(poll.id))
    return reply(
        N_("🗳 Poll {number}: **{name}** answers “{choice}” ({cast} of {eligible} have answered)."),
        number=poll.number,
        name=elector.name,
        choice=polling.named(said),
        cast=cast,
        eligible=len(ctx.storage.polls.electorate(poll.id)),
    )


def _poll(ctx: Context, words: list[str]) -> tuple[Poll, list[str]]:
    """The poll that is meant, and the words that follow its number."""
    polls = ctx.storage.polls
    first = words[0].lstrip("#") if words else ""
    if first.isdecimal() and len(first) < 5 and len(words) > 1:  # noqa: PLR2004 - no campaign has ten thousand polls
        named = polls.by_number(ctx.campaign.id, int(first))
        if named is None:
            raise CampaignError(
                say(
                    N_("There is no poll {number}. {polls} lists them."),
                    number=int(first),
                    polls=Typed("polls"),
                )
            )
        return named, words[1:]
    running = polls.of_campaign(ctx.campaign.id, only_open=True)
    if not running:
        every = polls.of_campaign(ctx.campaign.id)
        if every:
            return every[-1], words
        raise CampaignError(say(N_("No poll has been opened yet. I will say so here when one is.")))
    if len(running) > 1:
        numbers = ", ".join(str(poll.number) for poll in running)
        raise CampaignError(
            say(
                N_("Several polls are open ({numbers}): put the number first, as in {example}"),
                numbers=numbers,
                example=Typed("vote", f"{running[0].number} …"),
            )
        )
    return running[0], words
