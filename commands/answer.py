"""From a line to an answer: whether it calls the bot, which command is meant, who may say it and where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from campaign.chat import N_, Said, Submitted, Text, Typed, say
from campaign.errors import CampaignError
from campaign.lately import is_lately
from commands import asking, calling, finding, grammar, meant, voting
from commands.command import Choice, Context, House, Reply, Unclear, UsageError
from commands.vocabulary import LONGEST_WORD, NO, YES, fold, in_language

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from campaign.chat import Address
    from commands.command import Command
    from storage.prompts import Prompt
    from storage.storage import Storage

QUESTIONS_LAST = timedelta(hours=24)
"""How long a question of the bot's waits for its answer."""

Picked: TypeAlias = int | Literal["yes", "no"]

JUST_NOW = timedelta(minutes=2)
"""How long after a question a yes or no in its room, in reply to no message, may be meant for it."""
_HIGHEST = 99
"""A number above is no answer to a question, but a year or a price."""


def is_for_us(storage: Storage, said: Said, house: House, now: datetime) -> bool:
    """Whether a line is meant for the bot. In private every line is; elsewhere a word or a number is in reply to a question of its."""
    if said.private or _call(said, house) is not None:
        return True
    purpose = _purpose(storage, said)
    if voting.is_reply(purpose, said.text) or (_answered(said) is not None and _is_asked(purpose)):
        return True
    return _said_beside(storage, said, now) is not None


def _said_beside(storage: Storage, said: Said, now: datetime) -> Prompt | None:
    """The question somebody was asked in a room just before they said nothing but yes or no there, in reply to no message.

    A yes may be meant for anybody there, so it is never taken for an answer: they are told how to give it. A no is: it
    does nothing, whoever it was meant for. Only just now, by our clock: when a line was said is for its server to set,
    and what is read afterwards was not just said.
    """
    if not said.live or said.private or said.reply_to or _yes_or_no(said.text) is None:
        return None
    person, room = storage.people.find(said.sender), storage.rooms.find(said.room.network, said.room.id)
    if person is None or room is None:
        return None
    prompt = storage.prompts.waiting(person.id, room.id, now)
    return prompt if prompt is not None and is_lately(prompt.asked_at, JUST_NOW, now) else None


def _yes_or_no(text: str) -> Literal["yes", "no"] | None:
    """What a line says, if it is nothing else."""
    if len(text) > LONGEST_WORD:
        return None
    word = fold(calling.clean(text))
    return "yes" if word in YES else "no" if word in NO else None


def answer(context: Context, said: Said) -> Reply | None:
    """Answer a line that is meant for the bot.

    Raises:
        CampaignError: it is refused; the text says why and what to do instead.
    """
    purpose = _purpose(context.storage, said)
    if voting.is_reply(purpose, said.text) and _call(said, context.house) is None:
        return voting.replied(context, purpose, said.text)
    picked = _answered(said)
    prompt = None if picked is None else _asked(context, said)
    if isinstance(picked, int) or (picked is not None and prompt is not None):
        return _pick(context, prompt, picked)
    line = _call(said, context.house)
    beside = _said_beside(context.storage, said, context.now) if line is None else None
    if beside is not None:
        return _how_to_say_yes(beside) if _yes_or_no(said.text) == "yes" else _pick(context, beside, "no")
    if line is None:
        line = calling.alone(said.text, context.house.prefix)
        if line is None or finding.find(line, context.menu) is None:
            near = None if line is None else _near(context, line)
            return near or Reply(
                (say(N_("I did not understand that. {help} lists what I can do."), help=Typed("help")),)
            )
    found = finding.find(line, context.menu)
    if found is None:
        return _called_off(context, line) or _hint(context, line)
    one, rest = found
    authorise(context, one)
    reply = _do(context, one, *_arguments(context, one, rest))
    return reply and _with_empty(reply, grammar.left_empty(one, rest), context.language)


def _arguments(context: Context, one: Command, rest: str) -> tuple[dict[str, Any], str]:
    """Read what follows a command; how to say one that cannot be done any more is not explained to anybody."""
    try:
        return grammar.arguments(one, rest, context)
    except UsageError:
        ended = None if one.even_ended or not one.needs_campaign else meant.ended(context)
        if ended is not None:
            raise CampaignError(meant.has_ended(ended)) from None
        raise


def submitted(context: Context, form: Submitted) -> Reply | None:
    """Do what a form asks for, as if it had been said in private.

    Raises:
        CampaignError: it is refused; the text says why and what to do instead.
    """
    if context.place != "private":
        raise CampaignError(say(N_("A form is for a private chat, and this address is that of a room.")))
    if form.question:
        prompt = context.storage.prompts.get(form.question, context.now)
        if prompt is None or prompt.person_id != context.person.id:
            raise CampaignError(say(N_("That question waits no longer. Please open the form again.")))
        number, _ = calling.take_number([form.values.get("choice", "")])
        return run(context, prompt, number or 0)
    one = next((known for known in context.menu if known.form and known.name == form.command), None)
    if one is None:
        raise CampaignError(say(N_("There is no such form. {help} lists what I can do."), help=Typed("help")))
    authorise(context, one)
    return _do(context, one, *grammar.filled(one, form.values, context))


def _do(context: Context, one: Command, arguments: Mapping[str, Any], campaign: str) -> Reply | None:
    context = replace(context, campaign_key=campaign, even_ended=one.even_ended)
    if one.needs_campaign:
        # Refused here, before anything is written, if it is not clear which one is meant.
        context = replace(context, resolved=context.campaign)
    return _of(campaign, _run(context, one, arguments))


def _with_empty(reply: Reply, options: Sequence[str], language: str) -> Reply:
    """Say which options had nothing behind them: what was asked for is done without."""
    empty = (
        say(N_("“{option}” was empty: I left it out."), option=f"{in_language(one, language)}=")
        for one in options
    )
    return replace(reply, lines=(*reply.lines, *empty))


def _run(context: Context, one: Command, arguments: Mapping[str, Any]) -> Reply | None:
    """Run a command; where it is not clear which organisation is meant, ask."""
    try:
        return one.run(context, **arguments)
    except Unclear as unclear:
        asked = asking.which(one, arguments, unclear)
        if asked is None:
            raise
        return asked


def _of(campaign: str, reply: Reply | None) -> Reply | None:
    """Let what is asked be answered for the campaign that was named."""
    if reply is None or not campaign:
        return reply
    return replace(reply, choices=tuple(replace(choice, campaign=campaign) for choice in reply.choices))


def refused(context: Context, said: Said, why: Text) -> Reply:
    """Say that a line is refused. Who answered a question may answer again, as a reply to either message."""
    purpose = _purpose(context.storage, said)
    return Reply((why,), purpose=purpose if _is_asked(purpose) else "")


def _purpose(storage: Storage, said: Said) -> str:
    """What the message of the bot's that this replies to was for; empty if it replies to none."""
    return storage.outbox.purpose_of(said.room.network, said.reply_to) if said.reply_to else ""


def _is_asked(purpose: str) -> bool:
    return purpose.startswith("prompt:")


def authorise(context: Context, one: Command) -> None:
    """Make sure that this person may say this command here.

    Campaigners are those whose very account is listed in the config, whatever anybody calls themselves. Who comes
    through a bridge may say nothing.

    Raises:
        CampaignError: they may not; the text says who may, or where.
    """
    if context.house.bridges.brings(context.address):
        raise CampaignError(bridged(context.address))
    if one.admin and not context.is_admin:
        raise CampaignError(
            say(
                N_(
                    "Only campaigners can use {command}, from the account I have for them. Please ask one of them."
                ),
                command=Typed(one.name),
            )
        )
    if context.place not in one.where:
        raise CampaignError(_elsewhere(one))


def bridged(who: Address) -> Text:
    """Say why nothing is taken from somebody who comes through a bridge."""
    return say(
        N_(
            "You write through a bridge ({address}), where anybody can take any name, so I take nothing from there. Please write from an account on Matrix or XMPP."
        ),
        address=who.id,
    )


def _elsewhere(one: Command) -> Text:
    if one.where == {"private"}:
        return say(N_("Please say {command} to me in private."), command=Typed(one.name))
    if "admin" in one.where and "campaign" not in one.where:
        return say(
            N_("Please say {command} in the campaigners' room, or to me in private."), command=Typed(one.name)
        )
    return say(N_("Please say {command} in a room of the campaign."), command=Typed(one.name))


def run(context: Context, prompt: Prompt, number: int) -> Reply | None:
    """Do what the person chose in answer to a question of the bot's; the question no longer waits.

    Raises:
        CampaignError: there is no such choice, or it can no longer be done.
    """
    if not 1 <= number <= len(prompt.choices):
        raise CampaignError(say(N_("Please reply with a number from 1 to {last}."), last=len(prompt.choices)))
    choice = prompt.choices[number - 1]
    one = next(known for known in context.menu if known.name == choice["command"])
    authorise(context, one)
    context.storage.prompts.answer(prompt.id, context.now)
    confirmed = choice.get("confirmed", True)
    context = replace(
        context,
        confirmed=confirmed,
        campaign_key=choice.get("campaign", ""),
        even_ended=one.even_ended,
        resolved=None,
    )
    if one.needs_campaign:
        context = replace(context, resolved=context.campaign)
    return _of(context.campaign_key, _run(context, one, asking.restored(choice["arguments"])))


def _asked(context: Context, said: Said) -> Prompt | None:
    """The question of the bot's that somebody answers: as a reply to it, or in private. None if it was not put to them."""
    purpose = _purpose(context.storage, said)
    prompt = None
    if _is_asked(purpose):
        prompt = context.storage.prompts.get(int(purpose.removeprefix("prompt:")), context.now)
    elif said.private:
        prompt = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    return prompt if prompt is not None and prompt.person_id == context.person.id else None


def _pick(context: Context, prompt: Prompt | None, picked: Picked) -> Reply | None:
    """Answer a question: by a number if there are several choices, by yes if there is one, and either by no."""
    if prompt is None:
        return None
    if picked == "no":
        context.storage.prompts.answer(prompt.id, context.now)
        return Reply((say(N_("All right: I did nothing.")),))
    several = len(prompt.choices) > 1
    if picked == "yes":
        return run(context, prompt, 1) if not several else pick_one(prompt)
    return run(context, prompt, picked) if several else None


def _called_off(context: Context, line: calling.Line) -> Reply | None:
    """Do nothing of what somebody was asked about here and calls off."""
    if _yes_or_no(line.text) != "no":
        return None
    return _pick(
        context, context.storage.prompts.waiting(context.person.id, context.room.id, context.now), "no"
    )


def _how_to_say_yes(prompt: Prompt) -> Reply:
    """Say how to answer a question in a room, where a word alone may be meant for somebody else."""
    if len(prompt.choices) > 1:
        return pick_one(prompt)
    how = say(N_("If that is for me, say {confirm} or react with ✅."), confirm=Typed("confirm"))
    return Reply((how,), purpose=f"prompt:{prompt.id}")


def pick_one(prompt: Prompt) -> Reply:
    """Ask for a number where yes does not say which."""
    which = say(N_("Please reply to my question with a number from 1 to {last}."), last=len(prompt.choices))
    return Reply((which,), purpose=f"prompt:{prompt.id}")


def _hint(context: Context, line: calling.Line) -> Reply | None:
    """What may have been meant: in a room of the campaign, in private, and to campaigners in theirs."""
    if not (context.place in ("campaign", "private") or (context.place == "admin" and context.is_admin)):
        return None
    sayable = [one for one in context.menu if not one.admin or context.place in one.where]
    related = finding.family(line.words[0], sayable) if context.is_admin and line.words else ()
    if related:
        return Reply(tuple(map(finding.summary, related)))
    close = _near(context, line)
    if close is not None:
        return close
    if context.private:
        return Reply(
            (say(N_("I do not know that command. {help} lists what I can do."), help=Typed("help")),)
        )
    return None


def _near(context: Context, line: calling.Line) -> Reply | None:
    """Ask whether a command one or two letters away was meant; where it can be said as it stands, yes is enough."""
    sayable = [one for one in context.menu if not one.admin or context.place in one.where]
    close = finding.nearest(line, sayable, campaigner=context.is_admin)
    if close is None:
        return None
    one, rest = close
    waits = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    ask = Reply((say(N_("Did you mean {command}?"), command=Typed(one.name)),))
    if waits:
        return ask  # what was asked before is not forgotten for a slip
    try:
        authorise(context, one)
        arguments, campaign = grammar.arguments(one, rest, context)
    except CampaignError:
        return ask  # said again, it is told what is wrong with it
    meant = (
        say(N_("Did you mean {command}? Reply “yes” or react with ✅."), command=Typed(one.name))
        if context.private
        else say(
            N_("Did you mean {command}? If so, say {confirm} or react with ✅."),
            command=Typed(one.name),
            confirm=Typed("confirm"),
        )
    )
    ask = Reply((meant,))
    return replace(ask, choices=(Choice(one.name, arguments, confirmed=False, campaign=campaign),))


def _call(said: Said, house: House) -> calling.Line | None:
    names = (house.name, *said.my_names)
    return calling.call(
        said.text, prefix=house.prefix, names=names, mentioned=said.mentions_me or said.private
    )


def _answered(said: Said) -> Picked | None:
    """What somebody says to a question of the bot's, if it is only that: a number, yes or no, in reply or in private."""
    if not (said.private or said.reply_to):
        return None
    line = calling.clean(calling.without_quotation(said.text))
    word = _yes_or_no(line)
    if word is not None:
        return word
    number, following = calling.take_number(line.split())
    return number if number is not None and number <= _HIGHEST and not following else None
