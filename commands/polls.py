"""The polls of a campaign: planned ones, open ones with who has answered, closed ones with their outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Moment, Text, say, say_many
from commands import lookup, polling
from commands.command import Context, Reply, command, reply

if TYPE_CHECKING:
    from campaign.chat import Value
    from storage.polls import Poll


@command(
    "polls",
    fr="scrutins",
    help=N_("List the polls and how they stand."),
    example=N_("!polls"),
    form=True,
    even_ended=True,
)
def polls(ctx: Context) -> Reply:
    """List the polls; who voted what is shown in private to those of the campaign, for these are organisations."""
    found = ctx.storage.polls.of_campaign(ctx.campaign.id)
    if not found:
        return reply(N_("No poll has been opened."))
    lines: list[Text] = []
    for poll in found:
        if poll.closed_at is not None:
            lines.append(_closed(poll))
        elif not poll.begun:
            lines.append(
                say(
                    N_("{number}. “{question}” — {procedure}; planned from {start} to {at}"),
                    start=Moment(poll.starts_at or poll.opened_at, poll.zone).seen(ctx.now),
                    **_about(ctx, poll),
                )
            )
        else:
            lines += _open(ctx, poll)
    return Reply(tuple(lines))


def _about(ctx: Context, poll: Poll) -> dict[str, Value]:
    return {
        "number": poll.number,
        "question": poll.question,
        "procedure": say(polling.PROCEDURES[poll.procedure]),
        "at": Moment(poll.closes_at, poll.zone).seen(ctx.now),
    }


def _closed(poll: Poll) -> Text:
    values: dict[str, Value] = {
        "number": poll.number,
        "question": poll.question,
        "outcome": say(polling.OUTCOMES[poll.outcome]),
    }
    if poll.conclusion:
        return say(
            N_("{number}. “{question}” — {outcome}. {conclusion}"), **values, conclusion=poll.conclusion
        )
    return say(N_("{number}. “{question}” — {outcome}"), **values)


def _open(ctx: Context, poll: Poll) -> list[Text]:
    """How an open poll stands; its objections; and to those of the campaign who answered what."""
    cast, procedure = polling.answers(ctx.storage, poll), polling.procedure_of(poll)
    lines = [
        say_many(
            *NN_(
                "{number}. “{question}” — {procedure}; {count} of {eligible} has answered; closes {at}; answers: {choices}",
                "{number}. “{question}” — {procedure}; {count} of {eligible} have answered; closes {at}; answers: {choices}",
            ),
            len(cast),
            eligible=len(ctx.storage.polls.electorate(poll.id)),
            choices=polling.either(procedure.choices),
            **_about(ctx, poll),
        )
    ]
    names_all = ctx.place == "admin" or (ctx.private and lookup.is_of_the_campaign(ctx))
    if names_all or ctx.place == "campaign":
        lines += polling.objections(cast, procedure)
    if names_all:
        lines += [
            say(N_("- {name}: {choice}"), name=one.organisation, choice=polling.named(one.choice))
            for one in cast
            if not polling.explains(one, procedure)
        ]
    return lines
