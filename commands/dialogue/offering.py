"""Asking whether something was meant that was not said as a command, in words of what a yes would do and for whom."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands.command import Choice, Context, Reply
from commands.dialogue import naming, picking, running
from commands.line import grammar
from commands.organisations import asking, authority, lookup
from commands.vocabulary import NOBODYS_NAME, belonging, fold, in_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.chat import Text
    from commands.command import Command

IN_A_WHILE = timedelta(days=7)
"""How far the day of an example is."""
_DOES = {
    "sign": N_("sign the letter for **{name}**"),
    "decline": N_("say that **{name}** will **not** sign"),
    "withdraw": N_("take back the signature of **{name}**"),
    "deciding": N_("say that **{name}** is still deciding"),
}
"""Command → what it does for an organisation."""


def offer(context: Context, one: Command, rest: str, shown: str = "") -> Reply:
    """Ask whether a command was meant; where it can be said as it stands, yes is enough."""
    typed = Typed(one.name, shown)
    waits = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    if waits and one.name == "confirm":
        # A slip in saying yes to what was asked is about that, and nothing else was said in between.
        return Reply((_whether(typed),), purpose=picking.about(context, waits))
    try:
        running.authorise(context, one)
        arguments, campaign = grammar.arguments(one, rest, context)
    except CampaignError:
        return ask(context, typed, None)  # said again, it is told what is wrong with it
    return ask(context, typed, Choice(one.name, arguments, confirmed=False, campaign=campaign))


def offer_whole(context: Context, one: Command, rest: str, words: tuple[str, ...] = ()) -> Reply:
    """Ask whether a command was meant, with words of its own before the rest, and show all that yes would run."""
    try:
        grammar.arguments(one, " ".join((*words, rest)).strip(), context)
    except CampaignError:
        behind = ""  # what cannot be read is no part of what is meant
    else:
        behind = naming.shown(rest)
    shown = f"{in_words(context, words)} {behind}".strip()
    return offer(context, one, " ".join((*words, rest)).strip(), shown)


def ask(context: Context, typed: Typed, choice: Choice | None) -> Reply:
    """Ask whether something else was meant than was typed; by yes this is chosen, if it can be said as it stands.

    Whatever was asked before waits no longer then: to somebody who says "yes" now, this is the question.
    """
    if choice is None:
        return Reply((_whether(typed),))
    if choice.command == "deciding" and not choice.arguments.keys() & {"until", "question"}:
        return Reply((_until_when(context, choice),))  # a yes would not say it
    does = _does(context, choice)
    if does is not None:
        asked = (
            say(
                N_("Do you want to {does} — {command}? Reply “yes” or react with ✅."),
                does=does,
                command=typed,
            )
            if context.private
            else say(
                N_("Do you want to {does} — {command}? If so, say {confirm} or react with ✅."),
                does=does,
                command=typed,
                confirm=Typed("confirm"),
            )
        )
    elif context.private:
        asked = say(N_("Did you mean {command}? Reply “yes” or react with ✅."), command=typed)
    else:
        asked = say(
            N_("Did you mean {command}? If so, say {confirm} or react with ✅."),
            command=typed,
            confirm=Typed("confirm"),
        )
    return Reply((asked,), choices=(choice,))


def which(context: Context, one: Command, before: str, names: Sequence[str]) -> Reply:
    """Ask for which of the organisations that somebody named in one sentence a command was meant."""
    choices = tuple(
        Choice(one.name, grammar.arguments(one, f"{before} {name}".strip(), context)[0], confirmed=False)
        for name in names
    )
    return Reply((_whether(Typed(one.name, "…")), asking.for_which(names)), choices=choices)


def in_words(context: Context, words: tuple[str, ...]) -> str:
    """A command's own words, in the language that is spoken here."""
    return " ".join(in_language(word, context.language) for word in words)


def _until_when(context: Context, choice: Choice) -> Text:
    """Ask until when an organisation is deciding, with a line that says it."""
    day = context.now.astimezone(ZoneInfo(context.zone)).date() + IN_A_WHILE
    line = Typed("deciding", f"{day.isoformat()} {choice.arguments.get('organisation', '')}".strip())
    mine = authority.shown(context)
    if len(mine) != 1:
        return say(
            N_("If your organisation is still deciding, say until when, for example: {deciding}"),
            deciding=line,
        )
    name = choice.arguments.get("organisation") or mine[0].name
    return say(
        N_("If **{name}** is still deciding, say until when, for example: {deciding}"),
        name=str(name),
        deciding=line,
    )


def _does(context: Context, choice: Choice) -> Text | None:
    """What a command does, and for which organisation; None where that is not clear, or there is more to it."""
    if choice.command not in _DOES:
        return None
    typed = str(choice.arguments.get("organisation", ""))
    found = lookup.named(context.storage, typed) if typed else None
    if found is not None:
        return say(_DOES[choice.command], name=found.name)
    own = belonging(typed)
    if own and own != "signature":
        return None
    if typed and fold(typed) not in NOBODYS_NAME and not own:
        return say(_DOES[choice.command], name=typed) if choice.command == "sign" else None
    mine = authority.shown(context)
    return say(_DOES[choice.command], name=mine[0].name) if len(mine) == 1 else None


def _whether(typed: Typed) -> Text:
    return say(N_("Did you mean {command}?"), command=typed)
