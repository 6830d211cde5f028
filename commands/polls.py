"""The polls of a campaign: open ones with who has answered, closed ones with their outcome."""

from __future__ import annotations

from campaign.chat import N_, NN_, Moment, Text, say, say_many
from campaign.decision import PRESETS
from commands import lookup, polling
from commands.command import Context, Reply, command, reply


@command(
    "polls", fr="scrutins", help=N_("List the polls and how they stand."), example=N_("!polls"), form=True
)
def polls(ctx: Context) -> Reply:
    """List the polls; who voted what is shown in private to those of the campaign, for these are organisations."""
    found = ctx.storage.polls.of_campaign(ctx.campaign.id)
    if not found:
        return reply(N_("No poll has been opened yet."))
    lines: list[Text] = []
    shows_names = ctx.place == "admin" or (ctx.private and lookup.is_of_the_campaign(ctx))
    for poll in found:
        ballots = ctx.storage.polls.ballots(poll.id)
        if poll.closed_at is not None:
            lines.append(
                say(
                    N_("{number}. “{question}” — {outcome}"),
                    number=poll.number,
                    question=poll.question,
                    outcome=say(polling.OUTCOMES[poll.outcome]),
                )
            )
            continue
        lines.append(
            say_many(
                *NN_(
                    "{number}. “{question}” — {count} of {eligible} has answered; closes {at}; answers: {choices}",
                    "{number}. “{question}” — {count} of {eligible} have answered; closes {at}; answers: {choices}",
                ),
                len(ballots),
                number=poll.number,
                question=poll.question,
                eligible=len(ctx.storage.polls.electorate(poll.id)),
                at=Moment(poll.closes_at, poll.zone),
                choices=polling.either(PRESETS[poll.procedure].choices),
            )
        )
        if shows_names:
            lines += [
                say(
                    N_("- {name}: {choice} {reason}"),
                    name=one.organisation,
                    choice=polling.named(one.choice),
                    reason=one.reason,
                )
                for one in ballots
            ]
    return Reply(tuple(lines))
