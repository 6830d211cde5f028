"""What may have been meant by a line that calls the bot and is no command."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Listing, Typed, say
from campaign.decision import joined
from campaign.errors import CampaignError
from commands.ballots import acknowledging, polling
from commands.command import Choice, Context, Reply, UsageError
from commands.dialogue import naming, picking, running
from commands.line import calling, finding, grammar, sentences, views
from commands.line.usage import explained
from commands.vocabulary import HOW, fold, in_language, read_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.chat import Text
    from commands.command import Command
    from storage.polls import Poll

LOST = "not understood"
"""The purpose of telling somebody that they were not understood."""
YES_TO = frozenset({"sign", "confirm"})
"""Commands by which somebody says yes for their organisation."""


def hint(context: Context, line: calling.Line) -> Reply | None:
    """What may have been meant: in a room of the campaign, in private, and to campaigners in theirs."""
    if not (context.place in ("campaign", "private") or (context.place == "admin" and context.is_admin)):
        return None
    if picking.yes_or_no(line.text) == "yes":
        return picking.nothing_waits()
    if sentences.greets(line.text) or sentences.thanks(line.text):
        return greeted() if sentences.greets(line.text) else None
    close = _near_member(context, line) or _family(context, line) or near(context, line)
    if close is None and context.private:
        return Reply(
            (say(N_("I do not know that command. {help} lists what I can do."), help=Typed("help")),)
        )
    if close is None and not line.prefixed and picking.yes_or_no(line.text) is None:
        return _lost(context)
    return close


def _lost(context: Context) -> Reply | None:
    """Tell who spoke to the bot by its name that it did not understand; once in a room, until that is long ago."""
    if context.storage.answers.first(context.person.id, context.room.id, LOST) is not None:
        return None
    return Reply(
        (say(N_("I did not understand that. {help} lists what I can do."), help=Typed("help")),), purpose=LOST
    )


def named(context: Context, line: calling.Line) -> Reply | None:
    """Take the name of a command behind the bot's, which may be said of it: what only reads is answered, else it is asked."""
    found = finding.find(line, context.menu)
    if found is None or found[0] not in _sayable(context) or context.place == "other":
        return None
    one = found[0]
    if one.name == "help" or (one.even_ended and not one.admin):
        running.authorise(context, one)
        return running.do(context, one, *grammar.arguments(one, "", context))
    return ask_whole(context, one, "")


def greeted() -> Reply:
    """Greet back with what the bot is for."""
    return Reply(
        (
            say(
                N_(
                    "Hello! I gather organisations' signatures under an open letter. {help} lists what I can do."
                ),
                help=Typed("help"),
            ),
        )
    )


def _family(context: Context, line: calling.Line) -> Reply | None:
    """The commands of two words one of which was typed."""
    related = finding.family(line.words[0], _sayable(context)) if context.is_admin and line.words else ()
    return Reply(tuple(map(finding.summary, related))) if related else None


def near(context: Context, line: calling.Line) -> Reply | None:
    """Answer what a sentence asks; ask whether what it says was meant, or what a word may stand for, or is near to.

    What says no is not taken for a yes, however near its words are to one.
    """
    sayable = _sayable(context)
    akin = [
        found
        for found in finding.akin(line, sayable)
        if not (found[0].name in YES_TO and sentences.holds_back(found[2]))
    ]
    about = sentences.meaning(line.text)
    if about is not None and (about.asks or [one.name for one, _, _ in akin] != [about.command]):
        return _meant(context, line, about)
    voted = views.view(line.text) if about is None and not line.prefixed else None
    if voted and not views.is_bare(voted) and (meant := _voting(context, voted)):
        return meant
    if line.words and fold(line.words[0]) in HOW:
        return _how(context, line, sayable)
    if akin:
        return _akin(context, line, akin)
    return _nearest(context, line, sayable, unclear=voted == views.UNCLEAR)


def _nearest(context: Context, line: calling.Line, sayable: list[Command], *, unclear: bool) -> Reply | None:
    """Ask whether the command was meant that words are near to; where they name an answer and are `unclear`, which is."""
    if line.text.endswith("?") and len(line.words) > finding.LONGEST:
        return None  # a question of several words is no command that was nearly typed
    close = finding.nearest(line, sayable, campaigner=context.is_admin)
    if unclear and (close is None or close[0].name == "vote"):
        polls = _running(context)
        return acknowledging.unclear(polls[0], line.text) if len(polls) == 1 else None
    if close is None or (close[0].name in YES_TO and sentences.says_no(close[1])):
        return None
    one, rest = close
    if not line.prefixed and sentences.is_verb(line.words[0]):
        rest = naming.behind(context, one, rest)  # "signe des deux mains" is a sentence, not a slip
    return ask_whole(context, one, rest)


def _running(context: Context) -> Sequence[Poll]:
    try:
        return context.storage.polls.of_campaign(context.campaign.id, only_open=True)
    except CampaignError:
        return ()


def _voting(context: Context, word: str) -> Reply | None:
    """Ask whether a vote was meant by a sentence that gives one answer, in whichever open poll has it."""
    shown, none = [], None
    for poll in _running(context):
        choices = polling.procedure_of(poll).choices
        if word == views.RETRACT or read_choice(word, choices) is not None:
            shown.append(f"{poll.number} {in_language(word, context.language)}")
        else:
            none = joined((polling.no_answer(poll.number, word), polling.how_to(poll.number, choices)))
    vote = next(one for one in context.menu if one.name == "vote")
    if len(shown) == 1:
        return ask_whole(context, vote, shown[0])
    if shown:
        return Reply(
            (
                say(
                    N_("Did you mean {command}?"),
                    command=Listing(tuple(Typed("vote", one) for one in shown), either=True),
                ),
            )
        )
    return Reply((none,)) if none else None


def ask_whole(context: Context, one: Command, rest: str, words: tuple[str, ...] = ()) -> Reply:
    """Ask whether a command was meant, with words of its own before the rest, and show all that yes would run."""
    try:
        grammar.arguments(one, " ".join((*words, rest)).strip(), context)
    except CampaignError:
        behind = ""  # what cannot be read is no part of what is meant
    else:
        behind = naming.shown(rest)
    shown = f"{_shown(context, words)} {behind}".strip()
    return _ask_for(context, one, " ".join((*words, rest)).strip(), shown)


def _akin(
    context: Context, line: calling.Line, akin: list[tuple[Command, tuple[str, ...], str]]
) -> Reply | None:
    """Ask whether one of the commands for which the words may stand was meant."""
    if len(akin) > 1:
        typed = tuple(Typed(one.name, _shown(context, words)) for one, words, _ in akin)
        return Reply((say(N_("Did you mean {command}?"), command=Listing(typed, either=True)),))
    one, words, rest = akin[0]
    if not line.prefixed:
        rest = naming.behind(context, one, " ".join((*words, rest)).strip()).removeprefix(" ".join(words))
    return ask_whole(context, one, rest.strip(), words)


def _meant(context: Context, line: calling.Line, about: sentences.Meaning) -> Reply | None:
    """Answer what a sentence asks; where it says something, ask whether that was meant."""
    one = next(each for each in context.menu if each.name == about.command)
    if not about.asks:
        return ask_whole(context, one, naming.said_in(context, one, line.text), about.words)
    running.authorise(context, one)
    return running.do(context, one, *grammar.arguments(one, " ".join(about.words), context))


def _how(context: Context, line: calling.Line, sayable: list[Command]) -> Reply:
    """Say how the first thing is done that a question names ("comment on signe ?"), or where that is said of everything."""
    words = [word.strip("?!.,;:") for word in line.words[: sentences.MOST_WORDS]]
    for place in range(1, len(words)):
        rest = calling.Line(" ".join(words[place:]).strip())
        found = finding.find(rest, tuple(sayable))
        akin = [found[0]] if found else [one for one, _, _ in finding.akin(rest, sayable)]
        akin = akin or list(finding.family(rest.words[0], sayable) if context.is_admin and rest.words else ())
        if akin:
            return Reply(
                explained(context, akin[0])
                if len(set(akin)) == 1
                else tuple(map(finding.summary, dict.fromkeys(akin)))
            )
    return Reply(
        (
            say(
                N_("{help} lists what I can do; how one of these is used: {one}"),
                help=Typed("help"),
                one=Typed("help", context.menu[1].name_in(context.language)),
            ),
        )
    )


def _objecting(context: Context, line: calling.Line, one: Command) -> Reply | None:
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
        for poll in _running(context)
        if number in (None, poll.number)
    ]
    taking = [(poll, blocks[0]) for poll, blocks in meant if blocks]
    if len(taking) != 1:
        return None
    poll, choice = taking[0]
    vote = next(each for each in context.menu if each.name == "vote")
    why = " ".join(following)
    return _ask_for(
        context,
        vote,
        f"{poll.number} {choice} {why}",
        f"{poll.number} {in_language(choice, context.language)} {why}",
    )


def member(context: Context, line: calling.Line, one: Command, wrong: CampaignError) -> Reply | None:
    """Ask whether a command of two words was meant by what the one it begins with does not take: "!campagne fermer"."""
    if " " in one.name:
        return None
    close = _near_member(context, line) or _objecting(context, line, one)
    if close is not None or not isinstance(wrong, UsageError) or len(line.words) == 1:
        return close
    begun = [each for each in _sayable(context) if each.name.startswith(f"{one.name} ")]
    return Reply((wrong.text, *map(finding.summary, begun))) if begun else None


def _sayable(context: Context) -> list[Command]:
    """What this person can say here: what is for campaigners is suggested to them alone."""
    return [one for one in context.menu if not one.admin or (context.is_admin and context.place in one.where)]


def _shown(context: Context, words: tuple[str, ...]) -> str:
    return " ".join(in_language(word, context.language) for word in words)


def _near_member(context: Context, line: calling.Line) -> Reply | None:
    found = finding.member(line, _sayable(context))
    return None if found is None else ask_whole(context, found[0], found[1])


def _ask_for(context: Context, one: Command, rest: str, shown: str = "") -> Reply:
    """Ask whether a command was meant; where it can be said as it stands, yes is enough."""
    typed = Typed(one.name, shown)
    waits = context.storage.prompts.waiting(context.person.id, context.room.id, context.now)
    if waits and one.name == "confirm":
        # A slip in saying yes to what was asked is about that, and nothing else was said in between.
        return Reply(_whether(typed), purpose=picking.about(context, waits))
    try:
        running.authorise(context, one)
        arguments, campaign = grammar.arguments(one, rest, context)
    except CampaignError:
        return ask(context, typed, None)  # said again, it is told what is wrong with it
    return ask(context, typed, Choice(one.name, arguments, confirmed=False, campaign=campaign))


def ask(context: Context, typed: Typed, choice: Choice | None) -> Reply:
    """Ask whether something else was meant than was typed; by yes this is chosen, if it can be said as it stands.

    Whatever was asked before waits no longer then: to somebody who says "yes" now, this is the question.
    """
    if choice is None:
        return Reply(_whether(typed))
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


def _whether(typed: Typed) -> tuple[Text, ...]:
    return (say(N_("Did you mean {command}?"), command=typed),)
