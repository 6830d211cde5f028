"""Answers to the questions of the bot's: whether a line is one, to which, and doing what was chosen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from campaign.chat import N_, Moment, Said, Typed, say
from campaign.errors import CampaignError
from campaign.lately import is_lately
from commands.command import Context, Reply
from commands.dialogue import running
from commands.line import calling, usage
from commands.organisations import asking
from commands.vocabulary import LONGEST_WORD, NO, NO_THANKS, YES, fold

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from campaign.chat import Text
    from commands.command import Command
    from storage.prompts import Prompt
    from storage.storage import Storage

QUESTIONS_LAST = timedelta(hours=24)
"""How long a question of the bot's waits for its answer."""

Picked: TypeAlias = int | Literal["yes", "no"]

JUST_NOW = timedelta(minutes=2)
"""How long after a question a yes or no in its room, in reply to no message, may be meant for it."""
FORGOTTEN = timedelta(minutes=30)
"""How long after a question a yes names what it was taken for."""
_HIGHEST = 99
"""A number above is no answer to a question, but a year or a price."""


def purpose_of(storage: Storage, said: Said) -> str:
    """What the message of the bot's that this replies to was for; empty if it replies to none."""
    return storage.outbox.purpose_of(said.room.network, said.reply_to) if said.reply_to else ""


def is_question(purpose: str) -> bool:
    """Whether a message of this purpose is a question of the bot's."""
    return purpose.startswith("prompt:")


def asked(context: Context, said: Said) -> Prompt | None:
    """The question of the bot's that somebody answers: as a reply to it, or in private. None if it was not put to them."""
    purpose = purpose_of(context.storage, said)
    prompt = None
    if is_question(purpose):
        prompt = context.storage.prompts.get(int(purpose.removeprefix("prompt:")), context.now)
    elif said.private:
        prompt = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    return prompt if prompt is not None and prompt.person_id == context.person.id else None


def answered(said: Said) -> Picked | None:
    """What somebody says to a question of the bot's, if it is only that: a number, yes or no, in reply or in private."""
    if not (said.private or said.reply_to):
        return None
    line = calling.clean(calling.without_quotation(said.text))
    word = yes_or_no(line)
    if word is not None:
        return word
    number, following = calling.take_number(line.split())
    return number if number is not None and number <= _HIGHEST and not following else None


def yes_or_no(text: str) -> Literal["yes", "no"] | None:
    """Which of the two a line says, if it is nothing else. Who asks ("ok ?") says neither."""
    if len(text) > LONGEST_WORD or calling.asks(text):
        return None
    word = fold(calling.clean(text))
    return "yes" if word in YES else "no" if word in NO or NO_THANKS.fullmatch(word) else None


def said_beside(storage: Storage, said: Said, now: datetime) -> Prompt | None:
    """The question somebody was asked in a room just before they said nothing but yes or no there, in reply to no message.

    A yes may be meant for anybody there, so it is never taken for an answer: they are told how to give it. A no is: it
    does nothing, whoever it was meant for. Only just now, by our clock: when a line was said is for its server to set,
    and what is read afterwards was not just said.
    """
    if not said.live or said.private or said.reply_to or yes_or_no(said.text) is None:
        return None
    person, room = storage.people.find(said.sender), storage.rooms.find(said.room.network, said.room.id)
    if person is None or room is None:
        return None
    prompt = storage.prompts.waiting(person.id, room.id, now)
    return prompt if prompt is not None and is_lately(prompt.asked_at, JUST_NOW, now) else None


def run(context: Context, prompt: Prompt, number: int, *, again: bool = False) -> Reply | None:
    """Do what the person chose in answer to a question of the bot's; the question no longer waits.

    With `again` that is said as if it had never been asked about, so that the question comes once more.

    Raises:
        CampaignError: there is no such choice, or it can no longer be done.
    """
    if not 1 <= number <= len(prompt.choices):
        raise CampaignError(_which(prompt))
    choice = prompt.choices[number - 1]
    one = _command(context, choice)
    running.authorise(context, one)
    context.storage.prompts.answer(prompt.id, context.now)
    confirmed = choice.get("confirmed", True) and not again
    context = replace(
        context,
        confirmed=confirmed,
        campaign_key=choice.get("campaign", ""),
        even_ended=one.even_ended,
        resolved=None,
    )
    if one.needs_campaign:
        context = replace(context, resolved=context.campaign)
    return running.for_campaign(
        context.campaign_key, running.run(context, one, asking.restored(choice["arguments"]))
    )


def _which(prompt: Prompt) -> Text:
    return say(N_("Please reply with a number from 1 to {last}."), last=len(prompt.choices))


def pick(context: Context, prompt: Prompt | None, picked: Picked) -> Reply | None:
    """Answer a question: by a number if there are several choices, by yes if there is one, and either by no.

    A number, too, is for what was said to the person last: after anything else the choices are shown once more.
    """
    if prompt is None:
        return None
    if picked == "no":
        context.storage.prompts.answer(prompt.id, context.now)
        return Reply((say(N_("All right: I did nothing.")),))
    several = len(prompt.choices) > 1
    if picked == "yes":
        return agree(context, prompt)
    if not several:
        return None
    if not 1 <= picked <= len(prompt.choices):
        return Reply((_which(prompt),), purpose=_purpose(prompt))
    return run(context, prompt, picked) if _is_meant(context, prompt) else pick_one(context, prompt)


def agree(context: Context, prompt: Prompt, *, named: bool = False) -> Reply | None:
    """Take a yes for what it says yes to: what was asked last. If another answer came between, it is asked anew.

    Not where it is clear what is meant: the yes replies to the question, or what it is about was `named`.

    Raises:
        CampaignError: it can no longer be done.
    """
    if len(prompt.choices) > 1:
        return pick_one(context, prompt)
    if named or context.replies_to == _purpose(prompt):
        return run(context, prompt, 1)
    if not _is_last(context, prompt):
        return _anew(context, prompt)
    done = run(context, prompt, 1)
    if done is None or context.now - prompt.asked_at < FORGOTTEN:
        return done
    at = Moment(prompt.asked_at, context.zone)
    named_first = say(N_("To what I asked on {at}: {line}"), at=at, line=_line(context, prompt.choices[0]))
    return replace(done, lines=(named_first, *done.lines))


def _anew(context: Context, prompt: Prompt) -> Reply | None:
    """Ask again what a yes seems to be for, as something else was answered since."""
    if not prompt.choices[0].get("confirmed", True):
        return pick_one(context, prompt)  # whether that was meant: it was not said as it stands
    asked = run(context, prompt, 1, again=True)
    if asked is None or not asked.choices:
        return asked
    before = say(N_("You have said something else since, so I ask once more. Is this what you mean?"))
    return replace(asked, lines=(before, *asked.lines))


def _is_meant(context: Context, prompt: Prompt) -> bool:
    """Whether what is said without a word of what it is about is said to this question."""
    return context.replies_to == _purpose(prompt) or _is_last(context, prompt)


def _is_last(context: Context, prompt: Prompt) -> bool:
    """Whether the person was answered nothing here since this was asked."""
    return context.storage.answers.is_last(context.person.id, context.room.id, _purpose(prompt))


def about(context: Context, prompt: Prompt) -> str:
    """The purpose of what is said about a question, so that a yes to it is one to the question; empty if that is asked anew."""
    return _purpose(prompt) if _is_last(context, prompt) else ""


def _purpose(prompt: Prompt) -> str:
    return f"prompt:{prompt.id}"


def _command(context: Context, choice: Mapping[str, Any]) -> Command:
    return next(known for known in context.menu if known.name == choice["command"])


def _line(context: Context, choice: Mapping[str, Any]) -> Typed:
    """What somebody would type instead of choosing this."""
    return usage.said(_command(context, choice), asking.restored(choice["arguments"]), context.language)


def called(context: Context, line: calling.Line) -> Reply | None:
    """Take yes or no said to the bot in a room ("!oui", "tocsin: non") for the answer to what was last asked there.

    Not where the line replies to another question of its: it is meant for that one, which waits no longer.
    """
    word = yes_or_no(line.text)
    waits = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    if word is None or waits is None:
        return None
    return None if is_to_another(context, waits) else pick(context, waits, word)


def is_to_another(context: Context, prompt: Prompt | None) -> bool:
    """Whether a line replies to another question of ours than the one that waits: to somebody else's, or one before it."""
    return is_question(context.replies_to) and (prompt is None or context.replies_to != _purpose(prompt))


def nothing_waits() -> Reply:
    """Say that there is no question to say yes to."""
    nothing = N_(
        "There is nothing for you to confirm here. My questions wait for 24 hours: please say the command again."
    )
    return Reply((say(nothing),))


def pick_one(context: Context, prompt: Prompt) -> Reply:
    """Ask once more, in the same words, where yes does not say what to; what was asked in a form, for a number alone."""
    purpose = _purpose(prompt)
    asked = context.storage.answers.first(context.person.id, context.room.id, purpose)
    which = say(N_("Please reply to my question with a number from 1 to {last}."), last=len(prompt.choices))
    return Reply(asked.lines if asked else (which,), purpose=purpose)


def how_to_say_yes(context: Context, prompt: Prompt) -> Reply:
    """Say how to answer a question in a room, where a word alone may be meant for somebody else."""
    if len(prompt.choices) > 1:
        return pick_one(context, prompt)
    purpose = about(context, prompt)
    how = (
        N_("If that is for me, say {confirm} or react with ✅.")
        if purpose
        else N_("If that is for me, say {confirm}.")
    )
    return Reply((say(how, confirm=Typed("confirm")),), purpose=purpose)
