"""Why somebody answers a poll as they do: said in reply to the question, or next after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.lately import is_lately
from commands.ballots import acknowledging, balloting, polling
from commands.command import Reply
from commands.dialogue import picking, replying
from commands.line import answering, calling, sentences, views
from commands.organisations import authority
from commands.vocabulary import read_choice

if TYPE_CHECKING:
    from commands.command import Context
    from storage.ballots import BallotRow


def asked_last(context: Context, text: str) -> str:
    """The purpose of the question why, if it is what was just said to this person here and still waits; else "".

    Not by what asks something itself, or only greets or thanks. Only just now: later they may speak of something else,
    and a reason is said in every room.
    """
    purpose = context.storage.answers.last(context.person.id, context.room.id)
    if not purpose.startswith(polling.WHY):
        return ""
    ballot = context.storage.ballots.find(int(purpose.removeprefix(polling.WHY)))
    waits = ballot is not None and ballot.standing and not ballot.reason
    if ballot is None or not waits or not is_lately(ballot.cast_at, picking.FORGOTTEN, context.now):
        return ""
    about = sentences.meaning(text)
    asks = calling.asks(text) or (about is not None and about.asks)
    return "" if asks or sentences.greets(text) or sentences.thanks(text) else purpose


def given(context: Context, purpose: str, text: str) -> Reply | None:
    """Take what answers the question why: the reason alone, or behind the answer it is for, which may be another one.

    A number, yes or no says nothing of why, so it is asked once more. What may take the answer back is no reason: it is asked
    what is meant.

    Raises:
        CampaignError: the person does not speak for the organisation, or it cannot be taken.
    """
    words = calling.clean(calling.without_quotation(text))
    ballot = context.storage.ballots.find(int(purpose.removeprefix(polling.WHY)))
    elector = None if ballot is None else context.storage.organisations.get(ballot.organisation_id)
    if ballot is None or elector is None or not authority.speaks(context, elector):
        return balloting.give_reason(context, int(purpose.removeprefix(polling.WHY)), words)
    poll, view = context.storage.polls.get(ballot.poll_id), views.view(words)
    if not ballot.standing:  # it was answered, or overtaken: only another answer can be meant
        return replying.changed(context, poll, elector, words) if view else None
    answer, reason = (view, "") if view else answering.parted(words) or ("", "")
    choice = read_choice(answer, polling.procedure_of(poll).choices) if answer else None
    says_nothing = replying.number_in(words) is not None or picking.yes_or_no(words)
    if says_nothing or (view and choice == ballot.choice):
        return _again(context, ballot, purpose)
    about = (reason if choice else words).split()
    if answering.is_nothing(ballot.choice, about) or answering.takes_back(choice or ballot.choice, about):
        return acknowledging.unclear(poll, words)
    if view or choice not in (None, ballot.choice):
        return replying.changed(context, poll, elector, words)
    return balloting.give_reason(context, ballot.id, words if choice is None else reason)


def _again(context: Context, ballot: BallotRow, purpose: str) -> Reply:
    poll = context.storage.polls.get(ballot.poll_id)
    elector = context.storage.organisations.get(ballot.organisation_id)
    procedure = polling.procedure_of(poll)
    return Reply((acknowledging.ask_why(context, procedure, poll, elector, ballot.choice),), purpose=purpose)
