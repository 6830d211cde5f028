"""From a line to an answer: whether it calls the bot, and whether it is a command, votes, or answers a question."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from campaign.chat import N_, Said, Submitted, Text, Typed, say
from campaign.dates import Which
from campaign.errors import CampaignError
from commands.ballots import polling
from commands.command import Context, House, Reply, UsageError
from commands.dialogue import (
    guessing,
    naming,
    opining,
    picking,
    reasons,
    replying,
    running,
    voting,
    wondering,
)
from commands.line import calling, finding, grammar, sentences, views
from commands.line.calling import Line
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commands.command import Command
    from storage.storage import Storage


def is_for_us(storage: Storage, said: Said, house: House, now: datetime) -> bool:
    """Whether a line is meant for the bot. In private every line is; elsewhere a word or a number is in reply to a question of its."""
    if said.private or _call(said, house) is not None:
        return True
    purpose = picking.purpose_of(storage, said)
    if replying.is_reply(purpose, said.text) or (
        picking.answered(said) is not None and picking.is_question(purpose)
    ):
        return True
    if picking.said_beside(storage, said, now) is not None or _bare(storage, said, house) is not None:
        return True
    return _sentence(storage, said, house) is not None


def answer(context: Context, said: Said) -> Reply | None:
    """Answer a line that is meant for the bot.

    Raises:
        CampaignError: it is refused; the text says why and what to do instead.
    """
    purpose = picking.purpose_of(context.storage, said)
    context = replace(context, replies_to=purpose)
    if replying.is_reply(purpose, said.text) and _call(said, context.house) is None:
        take = reasons.given if purpose.startswith(polling.WHY) else replying.replied
        return take(context, purpose, said.text)
    picked = picking.answered(said)
    prompt = None if picked is None else picking.asked(context, said)
    if isinstance(picked, int) or (picked is not None and prompt is not None):
        unasked = prompt is None or len(prompt.choices) == 1  # to which a number says nothing
        if isinstance(picked, int) and unasked and said.private and not said.reply_to:
            return opining.numbered(context, picked)
        return picking.pick(context, prompt, picked)
    line = _call(said, context.house)
    if line is None:
        return _uncalled(context, said)
    found = finding.find(line, context.menu)
    if found is None:
        why = "" if line.prefixed else reasons.asked_last(context, line.text)
        return (
            picking.called(context, line)
            or (reasons.given(context, why, line.text) if why else None)
            or guessing.hint(context, line)
        )
    return _do(context, line, *found)


def _uncalled(context: Context, said: Said) -> Reply | None:
    """Answer what does not call the bot: a yes or no beside a question, a sentence that is put to it, what is said in private."""
    beside = picking.said_beside(context.storage, said, context.now)
    if beside is not None:
        is_yes = picking.yes_or_no(said.text) == "yes"
        return picking.how_to_say_yes(context, beside) if is_yes else picking.pick(context, beside, "no")
    sentence = _sentence(context.storage, said, context.house)
    if sentence is not None:
        return guessing.near(context, sentence)
    bare = _bare(context.storage, said, context.house)
    if bare is not None:
        return guessing.named(context, bare)
    return _alone(context, said)


def _alone(context: Context, said: Said) -> Reply | None:
    """Answer what is said in private, where nothing has to call the bot."""
    line = calling.alone(said.text, context.house.prefix)
    found = None if line is None else finding.find(line, context.menu)
    if line is not None and found is not None:
        return _do(context, line, *found)
    why = (
        "" if said.text.lstrip().startswith(context.house.prefix) else reasons.asked_last(context, said.text)
    )
    if why and (reply := reasons.given(context, why, said.text)):
        return reply
    return guessing.lost(context, None) if line is None else _in_plain_words(context, said, line)


def _in_plain_words(context: Context, said: Said, line: Line) -> Reply | None:
    """Answer what is said in private and is no command: thanks, a greeting, a yes to nothing, a sentence."""
    polite = calling.unnamed(line.text, (context.house.name, *said.my_names))
    if sentences.thanks(polite):
        return None
    if sentences.greets(polite):
        return guessing.greeted()
    if picking.yes_or_no(line.text) == "yes":
        return picking.nothing_waits()
    return guessing.near(context, line) or guessing.lost(context, line)


def _do(context: Context, line: calling.Line, one: Command, rest: str) -> Reply | None:
    """Do what a line says that begins with a command."""
    running.authorise(context, one)
    asked = wondering.asked(context, line, one, rest) or guessing.instead(context, one, rest)
    if asked is not None:
        return asked
    rest = naming.with_signs(context, one, rest)
    try:
        arguments = _arguments(context, one, rest)
    except CampaignError as wrong:
        if one.moot is not None and isinstance(wrong, Which):
            moot = one.moot(context, rest)
            if moot is not None:
                return moot
        meant = guessing.member(context, line, one, wrong)
        if meant is None:
            raise _asking(one, rest, wrong) from None
        return meant
    try:
        reply = running.do(context, one, *arguments)
    except Which as which:  # of a date that a command reads itself
        raise _asking(one, rest, which) from None
    return reply and _with_empty(reply, grammar.left_empty(one, rest), context.language)


def _asking(one: Command, rest: str, wrong: CampaignError) -> CampaignError:
    """Ask which date is meant with the whole lines that say so; anything else that is wrong stays as it is."""
    line = " ".join(rest.split())
    if not isinstance(wrong, Which) or not wrong.said or line.count(wrong.said) != 1:
        return wrong
    ways = (Typed(one.name, line.replace(wrong.said, reading)) for reading in wrong.readings)
    return CampaignError(wrong.asking(tuple(ways)))


def _arguments(context: Context, one: Command, rest: str) -> tuple[dict[str, Any], str]:
    """Read what follows a command; how to say one that cannot be done any more is not explained to anybody."""
    try:
        return grammar.arguments(one, rest, context)
    except UsageError:
        gone = running.gone(context, one)
        if gone is not None:
            raise CampaignError(gone) from None
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
        return picking.run(context, prompt, number or 0)
    one = next((known for known in context.menu if known.form and known.name == form.command), None)
    if one is None:
        raise CampaignError(say(N_("There is no such form. {help} lists what I can do."), help=Typed("help")))
    running.authorise(context, one)
    return running.do(context, one, *grammar.filled(one, form.values, context))


def _with_empty(reply: Reply, options: Sequence[str], language: str) -> Reply:
    """Say which options had nothing behind them: what was asked for is done without."""
    empty = (
        say(N_("“{option}” was empty: I left it out."), option=f"{in_language(one, language)}=")
        for one in options
    )
    return replace(reply, lines=(*reply.lines, *empty))


def refused(context: Context, said: Said, why: Text) -> Reply:
    """Say that a line is refused. Who answered a question may answer again, as a reply to either message."""
    purpose = picking.purpose_of(context.storage, said)
    return Reply((why,), purpose=purpose if picking.is_question(purpose) else "")


def _sentence(storage: Storage, said: Said, house: House) -> calling.Line | None:
    """A sentence that is understood and put to the bot in a room: its name elsewhere in it, or in reply to it.

    In reply to a poll only a question is: what says yes or no there may be about what is put to the vote.
    """
    if said.private:
        return None
    names = (house.name, *said.my_names)
    named = calling.put_to(said.text, names, mentioned=said.mentions_me) or _begun(said, names)
    if not (named or said.reply_to):
        return None
    line = Line(named) if named else calling.alone(said.text, house.prefix)
    about = None if line is None else sentences.meaning(line.text)
    if about is None and line is not None and named:
        return line if views.view(line.text) is not None else None
    if about is None or not (named or storage.dispatches.is_ours(said.room.network, said.reply_to)):
        return None
    of_a_poll = not named and voting.poll_meant(picking.purpose_of(storage, said)) is not None
    return line if about.asks or not of_a_poll else None


def _begun(said: Said, names: Sequence[str]) -> str:
    """What follows the bot's name without a comma, if it is put to it and not said of it; "" otherwise."""
    rest = calling.begun(said.text, names)
    about = sentences.meaning(rest)
    if about is None:
        return rest if views.view(rest) is not None and sentences.begins_with_us(rest) else ""
    return rest if about.asks or sentences.begins_with_us(rest) else ""


def _bare(storage: Storage, said: Said, house: House) -> Line | None:
    """The one word that follows the bot's name without a comma, or replies to it and says what to do, and may be a command."""
    if said.private:
        return None
    rest = calling.begun(said.text, (house.name, *said.my_names))
    if rest.isalpha():
        return Line(rest)
    line = calling.alone(said.text, house.prefix) if said.reply_to else None
    if line is None or not (line.text.isalpha() and sentences.is_verb(line.text)):
        return None
    purpose = picking.purpose_of(storage, said)
    of_its_own = picking.is_question(purpose) or voting.poll_meant(purpose) is not None
    return line if not of_its_own and storage.dispatches.is_ours(said.room.network, said.reply_to) else None


def _call(said: Said, house: House) -> calling.Line | None:
    names = (house.name, *said.my_names)
    return calling.call(
        said.text, prefix=house.prefix, names=names, mentioned=said.mentions_me or said.private
    )
