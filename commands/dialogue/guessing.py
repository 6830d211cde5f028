"""What may have been meant by a line that calls the bot and is no command."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, Listing, Typed, say
from campaign.errors import CampaignError
from campaign.question import likest, normal_question
from commands.ballots import acknowledging
from commands.command import Context, Reply, UsageError
from commands.dialogue import naming, offering, opining, picking, running
from commands.line import calling, finding, grammar, sentences, views
from commands.line.usage import explained
from commands.organisations import authority, lookup

if TYPE_CHECKING:
    from commands.command import Command

LOST = "not understood"
"""The purpose of telling somebody that they were not understood."""
COMPARED = 500
"""How many questions about the letter something that is asked is compared with: the newest."""
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
        unknown = N_("I do not know that command. {help} lists what I can do.")
        return lost(context, line) if calling.asks(line.text) else Reply((say(unknown, help=Typed("help")),))
    if close is None and not line.prefixed and picking.yes_or_no(line.text) is None:
        return _lost(context, line)
    return close


def _lost(context: Context, line: calling.Line) -> Reply | None:
    """Tell who spoke to the bot by its name that it did not understand; once in a room, until that is long ago."""
    if context.storage.answers.first(context.person.id, context.room.id, LOST) is not None:
        return None
    return replace(lost(context, line), purpose=LOST)


def lost(context: Context, line: calling.Line | None) -> Reply:
    """Say that something was not understood; to who asks something, the answer if it was given before, or how to have one."""
    if line is None or not calling.asks(line.text):
        return Reply((say(N_("I did not understand that. {help} lists what I can do."), help=Typed("help")),))
    answer = _answered(context, line.text)
    if answer is not None:
        return answer
    not_mine = N_(
        "I did not understand that. If you are asking about the letter: {ask} · what I can do: {help}"
    )
    return Reply((say(not_mine, ask=Typed("ask", naming.shown(line.text)), help=Typed("help")),))


def _answered(context: Context, text: str) -> Reply | None:
    """The answer that was given to a question about the letter, where somebody simply asks it."""
    try:
        campaign = replace(context, even_ended=True).campaign
    except CampaignError:
        return None
    if context.private and not lookup.is_of_the_campaign(replace(context, resolved=campaign)):
        return None
    questions, normal = context.storage.questions, normal_question(text)
    found = questions.exactly(campaign.id, normal) if normal else None
    if found is None and normal:
        near = likest(text, questions.words(campaign.id, COMPARED))
        found = questions.same(near[0]) if near else None
    if found is None or found.answered_at is None:
        return None
    one = next(each for each in context.menu if each.name == "context")
    return running.do(context, one, {"about": str(found.number)}, "")


def named(context: Context, line: calling.Line) -> Reply | None:
    """Take the name of a command behind the bot's, which may be said of it: what only reads is answered, else it is asked."""
    found = finding.find(line, context.menu)
    if found is None or found[0] not in _sayable(context) or context.place == "other":
        return None
    one = found[0]
    if one.name == "help" or (one.even_ended and not one.admin):
        running.authorise(context, one)
        return running.do(context, one, *grammar.arguments(one, "", context))
    return offering.offer_whole(context, one, "")


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
    if about is not None and (
        about.asks or about.words or [one.name for one, _, _ in akin] != [about.command]
    ):
        return _meant(context, line, about)
    voted = views.view(line.text) if about is None and not line.prefixed else None
    if voted and not views.is_bare(voted) and (meant := opining.voting(context, voted)):
        return meant
    if sentences.asks_how(line.text):
        return _how(context, line, sayable)
    if akin:
        return _akin(context, line, akin)
    return _nearest(context, line, sayable, unclear=voted == views.UNCLEAR)


def _nearest(context: Context, line: calling.Line, sayable: list[Command], *, unclear: bool) -> Reply | None:
    """Ask whether the command was meant that words are near to; where they name an answer and are `unclear`, which is."""
    if line.text.endswith("?") and len(line.words) > finding.LONGEST:
        return None  # a question of several words is no command that was nearly typed
    # Nor is "pas …" or "salut …", as sentences begin.
    begins = not line.prefixed and bool(line.words) and sentences.is_common(line.words[0])
    close = None if begins else finding.nearest(line, sayable, campaigner=context.is_admin)
    if unclear and (close is None or close[0].name == "vote"):
        polls = opining.running(context)
        return acknowledging.unclear(polls[0], line.text) if len(polls) == 1 else None
    if close is None or (close[0].name in YES_TO and sentences.says_no(close[1])):
        return None
    one, rest = close
    as_sentence = not line.prefixed and sentences.is_verb(line.words[0])
    return _said(context, line, one, rest, as_sentence=as_sentence)


def _said(
    context: Context,
    line: calling.Line,
    one: Command,
    rest: str,
    words: tuple[str, ...] = (),
    *,
    as_sentence: bool,
) -> Reply:
    """Ask whether a command was meant by words that are near to it, or stand for it; who asks is told how it is said.

    In a sentence what stands behind is no name, unless it is named as such: "signe des deux mains" is no slip.
    """
    if calling.asks(line.text):
        rest = rest.rstrip(" ?!")
        if not any(map(str.isalnum, rest)) and not (one.even_ended or one.name == "help"):
            return Reply(explained(context, one))
    if as_sentence and "=" not in rest:
        names = naming.spoken_for(context, one, line.text)
        rest, own = naming.behind(context, one, " ".join((*words, rest)).strip()), " ".join(words)
        if len(names) > 1:
            return offering.which(context, one, naming.until(context, one, line.text), names)
        rest = rest.removeprefix(own)
        if names and names[0] not in rest:
            rest = f"{rest} {names[0]}"
    return offering.offer_whole(context, one, rest.strip(), words)


def _akin(
    context: Context, line: calling.Line, akin: list[tuple[Command, tuple[str, ...], str]]
) -> Reply | None:
    """Ask whether one of the commands for which the words may stand was meant."""
    if len(akin) > 1:
        typed = tuple(Typed(one.name, offering.in_words(context, words)) for one, words, _ in akin)
        return Reply((say(N_("Did you mean {command}?"), command=Listing(typed, either=True)),))
    one, words, rest = akin[0]
    return _said(context, line, one, rest, words, as_sentence=not line.prefixed)


def _meant(context: Context, line: calling.Line, about: sentences.Meaning) -> Reply | None:
    """Answer what a sentence asks; where it says something, ask whether that was meant."""
    one = next(each for each in context.menu if each.name == about.command)
    if not about.asks:
        if about.words == ("dispute",):
            return offering.offer_whole(context, one, "", about.words)  # all of one's own, whatever is named
        day, names = naming.until(context, one, line.text), naming.spoken_for(context, one, line.text)
        if len(names) > 1:
            return offering.which(context, one, day, names)
        if one.name == "decline" and _has_signed(context, names):
            one = next(each for each in context.menu if each.name == "withdraw")
        return offering.offer_whole(context, one, " ".join((day, *names)).strip(), about.words)
    running.authorise(context, one)
    return running.do(context, one, *grammar.arguments(one, " ".join(about.words), context))


def _has_signed(context: Context, names: list[str]) -> bool:
    """Whether the organisation that is meant has signed, and would first have to take that back to refuse."""
    mine = authority.shown(context)
    found = lookup.named(context.storage, names[0]) if names else mine[0] if len(mine) == 1 else None
    try:
        standing = context.storage.signatures.standing(context.campaign.id, found.id) if found else None
    except CampaignError:
        return False  # it is not clear in which campaign
    return standing is not None and not (standing.level == "declared" and found in mine)


def instead(context: Context, one: Command, rest: str) -> Reply | None:
    """Ask what somebody means who says "sign" and, where a name would stand, that they do not, or not yet: "signer demain"."""
    if one.name != "sign":
        return None
    about = sentences.instead(rest)
    if about is None and not any(map(str.isupper, rest)) and naming.is_day(context, rest):
        about = sentences.Meaning("deciding")
    if about is None or lookup.named(context.storage, rest) is not None:
        return None
    meant = next(each for each in context.menu if each.name == about.command)
    return offering.offer_whole(context, meant, naming.until(context, meant, f"{one.name} {rest}"))


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


def member(context: Context, line: calling.Line, one: Command, wrong: CampaignError) -> Reply | None:
    """Ask whether a command of two words was meant by what the one it begins with does not take: "!campagne fermer"."""
    if " " in one.name:
        return None
    close = _near_member(context, line) or opining.objecting(context, line, one)
    if close is not None or not isinstance(wrong, UsageError) or len(line.words) == 1:
        return close
    begun = [each for each in _sayable(context) if each.name.startswith(f"{one.name} ")]
    return Reply((wrong.text, *map(finding.summary, begun))) if begun else None


def _sayable(context: Context) -> list[Command]:
    """What this person can say here: what is for campaigners is suggested to them alone."""
    return [one for one in context.menu if not one.admin or (context.is_admin and context.place in one.where)]


def _near_member(context: Context, line: calling.Line) -> Reply | None:
    found = finding.member(line, _sayable(context))
    return None if found is None else offering.offer_whole(context, found[0], found[1])
