"""What may have been meant by a line that calls the bot and is no command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from commands import calling, finding, grammar, picking, running
from commands.command import Choice, Context, Reply

if TYPE_CHECKING:
    from storage.prompts import Prompt


def hint(context: Context, line: calling.Line) -> Reply | None:
    """What may have been meant: in a room of the campaign, in private, and to campaigners in theirs."""
    if not (context.place in ("campaign", "private") or (context.place == "admin" and context.is_admin)):
        return None
    sayable = [one for one in context.menu if not one.admin or context.place in one.where]
    related = finding.family(line.words[0], sayable) if context.is_admin and line.words else ()
    if related:
        return Reply(tuple(map(finding.summary, related)))
    close = near(context, line)
    if close is not None:
        return close
    if context.private:
        return Reply(
            (say(N_("I do not know that command. {help} lists what I can do."), help=Typed("help")),)
        )
    return None


def near(context: Context, line: calling.Line) -> Reply | None:
    """Ask whether a command one or two letters away was meant; where it can be said as it stands, yes is enough."""
    sayable = [one for one in context.menu if not one.admin or context.place in one.where]
    close = finding.nearest(line, sayable, campaigner=context.is_admin)
    if close is None:
        return None
    one, rest = close
    waits = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    if waits and one.name == "confirm":
        # A slip in saying yes to what was asked is about that, and nothing else was said in between.
        return replace(ask(context, Typed(one.name), None), purpose=picking.about(context, waits))
    try:
        running.authorise(context, one)
        arguments, campaign = grammar.arguments(one, rest, context)
    except CampaignError:
        return ask(context, Typed(one.name), None)  # said again, it is told what is wrong with it
    return ask(context, Typed(one.name), Choice(one.name, arguments, confirmed=False, campaign=campaign))


def ask(context: Context, typed: Typed, choice: Choice | None) -> Reply:
    """Ask whether something else was meant than was typed; by yes this is chosen, if it can be said as it stands.

    What was asked before is not forgotten for a slip, but for another slip in the same command: yes is for the last.
    """
    waits = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    if choice is None or (waits and not _is_slip(waits, choice.command)):
        return Reply((say(N_("Did you mean {command}?"), command=typed),))
    meant = (
        say(N_("Did you mean {command}? Reply “yes” or react with ✅."), command=typed)
        if context.private
        else say(
            N_("Did you mean {command}? If so, say {confirm} or react with ✅."),
            command=typed,
            confirm=Typed("confirm"),
        )
    )
    return Reply((meant,), choices=(choice,))


def _is_slip(prompt: Prompt, command: str) -> bool:
    """Whether all that was asked is whether this command was meant, as it was nearly typed."""
    return [(one["command"], one.get("confirmed", True)) for one in prompt.choices] == [(command, False)]
