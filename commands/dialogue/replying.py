"""Voting by a reply: to a poll, or to what was noted in one; with a number, an answer, or a sentence that gives one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.decision import joined
from campaign.errors import CampaignError
from commands.ballots import acknowledging, polling
from commands.dialogue import picking, running, voting
from commands.line import answering, calling, views
from commands.organisations import authority
from commands.vocabulary import YES, fold, read_choice

if TYPE_CHECKING:
    from commands.command import Context, Reply
    from storage.organisations import Organisation
    from storage.polls import Poll

MOST_ANSWERS = 20
"""A number above is no answer to a poll, but a year or a price."""


def is_reply(purpose: str, text: str) -> bool:
    """Whether a reply to a message of the bot's, of this purpose, is taken as it stands: a number or an answer to a poll, words to why.

    Who asks ("objection ?") answers nothing.
    """
    if voting.poll_meant(purpose) is None and not purpose.startswith(polling.TAKEN):
        return purpose.startswith(polling.WHY)
    said = calling.without_quotation(text)
    answered = views.corrected(said) if purpose.startswith(polling.TAKEN) else views.view(said)
    return number_in(text) is not None or answered is not None or answering.parted(said) is not None


def replied(context: Context, purpose: str, text: str) -> Reply | None:
    """Take a reply to a poll, or to what was noted in one: a number, an answer, or one with its reason behind it.

    What names an answer and is not clear is said to be noted nowhere; once, where people go on to talk about it.

    Raises:
        CampaignError: it cannot be taken; the text says why.
    """
    noted = purpose.startswith(polling.TAKEN)
    which, _, elector = purpose.removeprefix(polling.TAKEN).partition(":")
    poll = context.storage.polls.find(int(which) if noted else voting.poll_meant(purpose) or 0)
    if poll is None:
        return None
    said = calling.clean(calling.without_quotation(text))
    if noted:
        return changed(context, poll, context.storage.organisations.get(int(elector)), said)
    number = number_in(text)
    if number is not None:
        return _numbered(context, poll, number)
    return _worded(context, poll, said)


def changed(context: Context, poll: Poll, elector: Organisation, said: str) -> Reply | None:
    """Take a reply to what was noted for an organisation as its answer from now on; nothing from who may not speak for it.

    A yes or no alone is about what was noted, and one that agrees changes nothing.

    Raises:
        CampaignError: this poll has no such answer, or it cannot be taken.
    """
    context = voting.within(context, poll)
    if not authority.speaks(context, elector):
        return None
    number = number_in(said)
    if number is not None:
        return _numbered(context, poll, number, elector)
    word, latest = views.corrected(said), context.storage.ballots.latest(poll.id, elector.id)
    if word and views.is_bare(word):
        choice = read_choice(word, polling.procedure_of(poll).choices)
        agrees = fold(word) in YES or (latest is not None and choice == latest.choice)
        return None if agrees else acknowledging.unclear(poll, said)
    return _worded(context, poll, said, word, elector)


def number_in(text: str) -> int | None:
    """The number that a text is, and nothing else; None if it may be a year or a price."""
    number, following = calling.take_number(calling.clean(calling.without_quotation(text)).split())
    return number if number is not None and number <= MOST_ANSWERS and not following else None


def _worded(
    context: Context, poll: Poll, said: str, word: str | None = None, elector: Organisation | None = None
) -> Reply | None:
    """Take what is said in reply to a poll as the one answer that it gives (`word`, where that is known already).

    Raises:
        CampaignError: this poll has no such answer, or it cannot be taken.
    """
    word = word or views.view(said)
    if word == views.RETRACT:
        return _retracted(context, poll, elector)
    word, reason = (word, "") if word else answering.parted(said) or ("", "")
    if not word:
        return None if _was_just_asked(context, poll) else acknowledging.unclear(poll, said)
    choices = polling.procedure_of(poll).choices
    choice = read_choice(word, choices)
    if choice is None:
        how = polling.how_to(poll.number, choices)
        raise CampaignError(joined((polling.no_answer(poll.number, word), how)))
    if answering.is_doubtful(f"{word}:", choice, reason.split(), choices):
        return acknowledging.unclear(poll, said)
    return voting.given(voting.within(context, poll), poll, choice, "", reason=reason, elector=elector)


def _was_just_asked(context: Context, poll: Poll) -> bool:
    """Whether the last that this person was told here, and just now, is that nothing of theirs was noted in a poll."""
    answers, (person, room) = context.storage.answers, (context.person.id, context.room.id)
    since = context.now - picking.JUST_NOW
    return answers.is_last(person, room, polling.purpose(poll.id)) and bool(
        answers.lately(person, room, since)
    )


def _retracted(context: Context, poll: Poll, elector: Organisation | None) -> Reply | None:
    """Take an answer back as by the command."""
    vote = next(one for one in context.menu if one.name == "vote")
    said = {"choice": f"{poll.number} {views.RETRACT}", "organisation": elector.name if elector else ""}
    return running.do(context, vote, said, voting.within(context, poll).campaign_key)


def _numbered(context: Context, poll: Poll, number: int, elector: Organisation | None = None) -> Reply | None:
    """Take a number said in reply to a poll as the answer of that number.

    Raises:
        CampaignError: there is none, or it cannot be taken.
    """
    context = voting.within(context, poll)
    choices = polling.procedure_of(poll).choices
    if not 1 <= number <= len(choices):
        how = polling.how_to(poll.number, choices)
        raise CampaignError(joined((polling.no_answer(poll.number, str(number)), how)))
    return voting.given(context, poll, choices[number - 1], "", elector=elector)
