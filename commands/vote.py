"""Voting in a poll for an organisation."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Moment, Typed, say, say_many
from campaign.decision import PRESETS, validate_ballot
from campaign.errors import CampaignError
from campaign.organisation import normal_form
from commands import authority, calling, lookup, polling
from commands.command import Context, Option, Reply, Rest, command, reply
from commands.vocabulary import in_language, read_choice

if TYPE_CHECKING:
    from storage.polls import Poll


@command(
    "vote",
    fr="voter",
    help=N_("Vote in a poll for your organisation; its number is needed only when several are open."),
    example=N_("!vote for"),
    form=True,
)
def vote(ctx: Context, choice: Rest, *, organisation: Option = "", reason: Option = "") -> Reply:
    """Cast or change the ballot of an organisation one may speak for; the latest before closing stands."""
    poll, words = _poll(ctx, choice.split())
    procedure = PRESETS[poll.procedure]
    said = read_choice(words[0], procedure.choices) if words else None
    if said is None:
        raise CampaignError(polling.how_to(poll.number, procedure.choices))
    organisation, words = (organisation, words[1:]) if organisation else _organisation(ctx, said, words[1:])
    reason = lookup.short(reason or " ".join(words))
    validate_ballot(procedure, said, reason)
    elector = lookup.organisation(ctx, organisation)
    if not authority.speaks(ctx, elector):
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
    before = [one.choice for one in ctx.storage.polls.ballots(poll.id) if one.organisation_id == elector.id]
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
        before="".join(before),
        after=said,
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
    return Reply(
        (
            say_many(
                *NN_(
                    "🗳 Poll {number}: **{name}** answers “{choice}” ({count} of {eligible} has answered).",
                    "🗳 Poll {number}: **{name}** answers “{choice}” ({count} of {eligible} have answered).",
                ),
                cast,
                number=poll.number,
                name=elector.name,
                choice=polling.named(said),
                eligible=len(ctx.storage.polls.electorate(poll.id)),
            ),
        )
    )


def _organisation(ctx: Context, said: str, words: list[str]) -> tuple[str, list[str]]:
    """The organisation of one's own that is named behind the answer ("" if none), and the reason that follows.

    Whoever speaks for one alone needs to name none: there a reason that begins with its name stays as it is.

    Raises:
        CampaignError: the person speaks for several, and names none of them.
    """
    mine = authority.organisations(ctx)
    ids = {one.id for one in mine}
    for count in range(len(words), 0, -1):
        if len(mine) == 1 and count < len(words):
            break
        found = ctx.storage.organisations.find(normal_form(" ".join(words[:count])))
        if found is not None and found.id in ids:
            return found.name, words[count:]
    if len(mine) > 1:
        raise CampaignError(
            say(
                N_("For which organisation? You speak for {names}. Say for example {example}"),
                names=", ".join(one.name for one in mine),
                example=Typed("vote", f"{in_language(said, ctx.language)} {mine[0].name}"),
            )
        )
    return "", words


def _poll(ctx: Context, words: list[str]) -> tuple[Poll, list[str]]:
    """The poll that is meant, and the words that follow its number."""
    polls = ctx.storage.polls
    number, following = calling.take_number(words)
    if number is not None and following:
        named = polls.by_number(ctx.campaign.id, number)
        if named is None:
            raise CampaignError(
                say(
                    N_("There is no poll {number}. {polls} lists them."),
                    number=number,
                    polls=Typed("polls"),
                )
            )
        return named, following
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
