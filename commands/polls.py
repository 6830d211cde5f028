"""The polls of a campaign: planned ones, open ones with who has answered, closed ones with their outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, Moment, Text, say, say_many
from commands.ballots import polling
from commands.command import Context, Reply, command, reply
from commands.organisations import lookup

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
    """List the polls; who voted what is shown in private to those of the campaign, for these are organisations.

    Of what was counted that is the last one: many have to fit into one message.
    """
    found = ctx.storage.polls.of_campaign(ctx.campaign.id)
    if not found:
        return reply(N_("No poll has been opened."))
    lines: list[Text] = []
    counted = [poll for poll in found if poll.closed_at is not None and poll.outcome != "cancelled"]
    latest = max(counted, key=lambda poll: poll.closed_at or poll.closes_at, default=None)
    for poll in found:
        if poll.closed_at is not None:
            lines.append(_closed(poll))
            if poll is latest and _names_all(ctx):
                lines += _who(ctx, poll)
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
    """How a poll stands that is open, or being counted; its objections; and to those of the campaign who answered what."""
    cast, procedure = polling.answers(ctx.storage, poll), polling.procedure_of(poll)
    if poll.is_being_counted(ctx.now):
        words = NN_(
            "{number}. “{question}” — {procedure}; {count} of {eligible} has answered; closed {at}, being counted",
            "{number}. “{question}” — {procedure}; {count} of {eligible} have answered; closed {at}, being counted",
        )
    else:
        words = NN_(
            "{number}. “{question}” — {procedure}; {count} of {eligible} has answered; closes {at}; answers: {choices}",
            "{number}. “{question}” — {procedure}; {count} of {eligible} have answered; closes {at}; answers: {choices}",
        )
    lines = [
        say_many(
            *words,
            len(cast),
            eligible=len(ctx.storage.polls.electorate(poll.id)),
            choices=polling.either(procedure.choices),
            **_about(ctx, poll),
        )
    ]
    if _names_all(ctx):
        lines += _who(ctx, poll)
    elif ctx.place == "campaign":
        lines += polling.objections(cast, procedure)
    return lines


def _names_all(ctx: Context) -> bool:
    return ctx.place == "admin" or (ctx.private and lookup.is_of_the_campaign(ctx))


def _who(ctx: Context, poll: Poll) -> tuple[Text, ...]:
    """Who answered what; first those who objected, or gave a reason."""
    cast, procedure = polling.answers(ctx.storage, poll), polling.procedure_of(poll)
    return (
        *polling.objections(cast, procedure),
        *(
            say(N_("- {name}: {choice}"), name=one.organisation, choice=polling.named(one.choice))
            for one in cast
            if not polling.explains(one, procedure)
        ),
    )
