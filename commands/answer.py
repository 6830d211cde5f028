"""From a line to an answer: whether it calls the bot, which command is meant, who may say it and where."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from campaign.chat import N_, Said, Text, Typed, say
from campaign.errors import CampaignError
from commands import asking, balloting, grammar, voting
from commands.command import Context, House, Reply, Unclear

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commands.command import Command
    from storage.prompts import Prompt
    from storage.storage import Storage

QUESTIONS_LAST = timedelta(hours=24)
"""How long a question of the bot's waits for its answer."""

_HIGHEST = 99
"""A number above is no answer to a question, but a year or a price."""


def is_for_us(storage: Storage, said: Said, house: House) -> bool:
    """Whether a line is meant for the bot. In private every line is, and so is a reply to a question that takes words."""
    return (
        said.private
        or _number(said) is not None
        or _call(said, house) is not None
        or _asked_why(storage, said) is not None
    )


def _asked_why(storage: Storage, said: Said) -> int | None:
    """Which ballot's reason was asked for in the message that a line answers."""
    purpose = storage.outbox.purpose_of(said.room.network, said.reply_to) if said.reply_to else ""
    kind, _, which = purpose.partition(":")
    return int(which) if kind == "reason" and which.isdecimal() else None


def noticed(storage: Storage, said: Said) -> None:
    """Remember where an organisation's representative last spoke: that is where it is reminded."""
    person = storage.people.find(said.sender)
    if person is None:
        return
    room = storage.rooms.find(said.room.network, said.room.id)
    if room is not None and storage.rooms.campaigns_of(room.id):
        storage.campaigns.spoke(person.id, room.id)


def answer(context: Context, said: Said) -> Reply | None:
    """Answer a line that is meant for the bot.

    Raises:
        CampaignError: it is refused; the text says why and what to do instead.
    """
    if context.place == "campaign":
        context.storage.campaigns.spoke(context.person.id, context.room.id)
    number = _number(said)
    if number is not None:
        return _pick(context, said, number)
    line = _call(said, context.house)
    ballot = (
        _asked_why(context.storage, said) if line is None or not grammar.find(line, context.menu) else None
    )
    if ballot is not None:
        return balloting.give_reason(
            context, ballot, grammar.clean(grammar.without_quotation(said.text).replace("\n", " "))
        )
    if line is None:
        text = grammar.without_quotation(said.text)
        line = grammar.Line(grammar.clean(text))
        if "\n" in text or grammar.find(line, context.menu) is None:
            return Reply(
                (say(N_("I did not understand that. {help} lists what I can do."), help=Typed("help")),)
            )
    found = grammar.find(line, context.menu)
    if found is None:
        return _hint(context, line)
    one, rest = found
    authorise(context, one)
    arguments, campaign = grammar.arguments(one, rest, context)
    context = replace(context, campaign_key=campaign)
    if one.needs_campaign:
        # Refused here, before anything is written, if it is not clear which one is meant.
        context = replace(context, resolved=context.campaign)
    return _of(campaign, _run(context, one, arguments))


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
    purpose = context.storage.outbox.purpose_of(said.room.network, said.reply_to) if said.reply_to else ""
    return Reply((why,), purpose=purpose if purpose.startswith("prompt:") else "")


def authorise(context: Context, one: Command) -> None:
    """Make sure that this person may say this command here.

    Campaigners are those whose very account is listed in the config, whatever anybody calls themselves. Who comes
    through a bridge may say nothing.

    Raises:
        CampaignError: they may not; the text says who may, or where.
    """
    if context.address.is_bridged:
        raise CampaignError(
            say(
                N_(
                    "You write through a bridge ({address}), where anybody can take any name, so I take nothing from there. Please write from an account on Matrix or XMPP."
                ),
                address=context.address.id,
            )
        )
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
    context = replace(context, confirmed=confirmed, campaign_key=choice.get("campaign", ""), resolved=None)
    if one.needs_campaign:
        context = replace(context, resolved=context.campaign)
    return _of(context.campaign_key, _run(context, one, asking.restored(choice["arguments"])))


def _pick(context: Context, said: Said, number: int) -> Reply | None:
    """Answer a question by its number: as a reply to it, or in private. Elsewhere a number is just a number."""
    purpose = context.storage.outbox.purpose_of(said.room.network, said.reply_to) if said.reply_to else ""
    if purpose.startswith("poll:"):
        return voting.numbered(context, int(purpose.removeprefix("poll:")), number)
    prompt = None
    if purpose.startswith("prompt:"):
        prompt = context.storage.prompts.get(int(purpose.removeprefix("prompt:")), context.now)
    elif said.private:
        prompt = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    if prompt is None or prompt.person_id != context.person.id or len(prompt.choices) < 2:  # noqa: PLR2004 - a choice
        return None
    return run(context, prompt, number)


def _hint(context: Context, line: grammar.Line) -> Reply | None:
    """What may have been meant: in a room of the campaign, in private, and to campaigners in theirs."""
    if not (context.place in ("campaign", "private") or (context.place == "admin" and context.is_admin)):
        return None
    sayable = [one for one in context.menu if not one.admin or context.place in one.where]
    related = grammar.family(line.words[0], sayable) if context.is_admin and line.words else ()
    if related:
        return Reply(tuple(map(grammar.summary, related)))
    close = grammar.nearest(line, sayable, campaigner=context.is_admin)
    if close is not None:
        return Reply((say(N_("Did you mean {command}?"), command=Typed(close.name)),))
    if context.private:
        return Reply(
            (say(N_("I do not know that command. {help} lists what I can do."), help=Typed("help")),)
        )
    return None


def _call(said: Said, house: House) -> grammar.Line | None:
    names = (house.name, *said.my_names)
    return grammar.call(
        said.text, prefix=house.prefix, names=names, mentioned=said.mentions_me or said.private
    )


def _number(said: Said) -> int | None:
    if not (said.private or said.reply_to):
        return None
    number, following = grammar.take_number(grammar.clean(grammar.without_quotation(said.text)).split())
    return number if number is not None and number <= _HIGHEST and not following else None
