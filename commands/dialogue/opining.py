"""Whether a vote was meant by a sentence that says what somebody is for, or by what stands behind another command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Listing, Typed, say
from campaign.decision import joined
from campaign.errors import CampaignError
from commands.ballots import polling
from commands.command import Context, Reply
from commands.dialogue import offering
from commands.line import calling, finding, views
from commands.organisations import authority
from commands.vocabulary import in_language, read_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commands.command import Command
    from storage.polls import Poll


def running(context: Context) -> Sequence[Poll]:
    """The open polls of the campaign that is meant here; none if none is."""
    try:
        return context.storage.polls.of_campaign(context.campaign.id, only_open=True)
    except CampaignError:
        return ()


def voting(context: Context, word: str) -> Reply | None:
    """Ask whether a vote was meant by a sentence that gives one answer, in whichever open poll has it."""
    shown, none = [], None
    for poll in running(context):
        choices = polling.procedure_of(poll).choices
        if word == views.RETRACT or read_choice(word, choices) is not None:
            shown.append(f"{poll.number} {in_language(word, context.language)}")
        else:
            none = joined((polling.no_answer(poll.number, word), polling.how_to(poll.number, choices)))
    return _whether(context, shown) or (Reply((none,)) if none else None)


def numbered(context: Context, number: int) -> Reply | None:
    """Ask whether a number alone is an answer to an open poll, in private: to one in which this person has a voice."""
    shown, none = [], None
    mine = {one.id for one in authority.shown(context)}
    for poll in running(context):
        voters = {one for one, _ in context.storage.polls.electorate(poll.id)}
        if not poll.begun or poll.is_being_counted(context.now) or mine.isdisjoint(voters):
            continue
        choices = polling.procedure_of(poll).choices
        if 1 <= number <= len(choices):
            shown.append(f"{poll.number} {in_language(choices[number - 1], context.language)}")
        else:
            none = joined((polling.no_answer(poll.number, str(number)), polling.how_to(poll.number, choices)))
    return _whether(context, shown) or (Reply((none,)) if none else None)


def _whether(context: Context, shown: Sequence[str]) -> Reply | None:
    """Ask whether a vote was meant, or which of several; None if there is none that can have been."""
    vote = next(one for one in context.menu if one.name == "vote")
    if len(shown) == 1:
        return offering.offer_whole(context, vote, shown[0])
    if shown:
        return Reply(
            (
                say(
                    N_("Did you mean {command}?"),
                    command=Listing(tuple(Typed("vote", one) for one in shown), either=True),
                ),
            )
        )
    return None


def objecting(context: Context, line: calling.Line, one: Command) -> Reply | None:
    """Ask whether somebody objects who writes why after the name of the command that says what became of an objection."""
    number, following = calling.take_number(line.words[1:])
    if (
        one.name != "objection"
        or not following
        or finding.nearest_choice(following[0], one.parameters[0].choices)
    ):
        return None
    meant = [
        (poll, polling.procedure_of(poll).blocks)
        for poll in running(context)
        if number in (None, poll.number)
    ]
    taking = [(poll, blocks[0]) for poll, blocks in meant if blocks]
    if len(taking) != 1:
        return None
    poll, choice = taking[0]
    vote = next(each for each in context.menu if each.name == "vote")
    why = " ".join(following)
    return offering.offer(
        context,
        vote,
        f"{poll.number} {choice} {why}",
        f"{poll.number} {in_language(choice, context.language)} {why}",
    )
