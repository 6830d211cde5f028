"""Voting in a poll for an organisation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.ballot import RETRACTED
from campaign.chat import N_, NN_, Typed, say, say_many
from campaign.decision import joined
from campaign.errors import CampaignError
from commands.ballots import acknowledging, balloting, polling
from commands.command import Choice, Context, Option, Prose, Reply, Rest, command
from commands.dialogue import offering
from commands.line import answering, calling, finding
from commands.organisations import authority, lookup
from commands.vocabulary import LEADS, fold, in_language, read_choice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from campaign.chat import Text
    from storage.polls import Poll

TAKE_BACK = "retract"
"""The word for taking an answer back."""
_FOR = frozenset({"pour", "for"})
"""What may stand before the name of whom one votes for."""
_MOST_OF_A_NAME = 5
"""Words, with "for", that may be the name of nobody known; more are rather a reason."""
MOST_POLLS = 3
"""Open polls whose answers help shows."""


def _answers_now(ctx: Context) -> tuple[Text, ...]:
    """What can be answered in the open polls, what needs a reason, and how an answer is taken back."""
    try:
        running = ctx.storage.polls.of_campaign(ctx.campaign.id, only_open=True)
    except CampaignError:
        return ()
    lines = []
    for poll in running[:MOST_POLLS]:
        procedure = polling.procedure_of(poll)
        lines.append(polling.ways(poll.number, procedure.choices))
        lines += [
            say(
                N_("“{choice}” with its reason: {vote}"),
                choice=polling.named(one),
                vote=Typed("vote", f"{poll.number} {in_language(one, ctx.language)} …"),
            )
            for one in procedure.reason_needed
        ]
    if len(running) > MOST_POLLS:
        more = NN_("… and {count} more open poll: {polls}", "… and {count} more open polls: {polls}")
        lines.append(say_many(*more, len(running) - MOST_POLLS, polls=Typed("polls")))
    if running:
        word = in_language(TAKE_BACK, ctx.language)
        lines.append(
            say(N_("To take an answer back: {vote}"), vote=Typed("vote", f"{running[0].number} {word}"))
        )
    return tuple(lines)


@command(
    "vote",
    fr="voter",
    help=N_(
        "Vote in a poll for your organisation: its number (needed only if several are open) and your answer."
    ),
    example=N_("!vote for"),
    form=True,
    also=_answers_now,
)
def vote(ctx: Context, choice: Rest, *, organisation: Option = "", reason: Prose = "") -> Reply | None:
    """Cast, change or take back the ballot of an organisation one may speak for; the latest before closing stands."""
    said_words = [word for word in choice.split() if word.strip('!?.,;:…"')]
    poll, words = _poll(ctx, said_words)
    balloting.make_sure_it_has_begun(poll, ctx.now)
    choices = polling.procedure_of(poll).choices
    number, following = calling.take_number(words)
    if number is not None and not following and words == said_words and poll.is_open:
        return _poll_or_answer(ctx, poll, number, {"organisation": organisation, "reason": reason})
    words = words if choice.rstrip().endswith("?") else _without_leads(words, choices)
    said = _choice(words[0], choices) if words else None
    if said is None:
        return _not_understood(ctx, poll, words, {"organisation": organisation, "reason": reason})
    answered = words[0]
    if any(f" {answered} {sign} " in f" {choice} " for sign in ":;"):
        answered += ":"
    if said != TAKE_BACK and poll.is_open and answering.is_nothing(answered, words[1:]):
        return acknowledging.unclear(poll, " ".join((answered, *words[1:])))
    organisation, words = (
        (organisation, words[1:]) if organisation else _organisation(ctx, poll, said, words[1:])
    )
    elector = lookup.organisation(ctx, organisation)
    if not authority.speaks(ctx, elector):
        raise CampaignError(lookup.not_known_to_speak(ctx, elector.name))
    if poll.begun and elector.id not in {one for one, _ in ctx.storage.polls.electorate(poll.id)}:
        raise CampaignError(balloting.no_elector(ctx, poll, elector.name))
    if said != TAKE_BACK and poll.is_open and answering.is_doubtful(answered, said, words, choices):
        return acknowledging.unclear(poll, " ".join((answered, *words)))
    given = RETRACTED if said == TAKE_BACK else said
    reply = balloting.cast(
        ctx, poll, elector, given, reason=reason or " ".join(words), way="form" if ctx.by_form else ""
    )
    return reply or Reply(
        (say(N_("**{name}** has no answer in poll {number}."), name=elector.name, number=poll.number),)
    )


def _not_understood(ctx: Context, poll: Poll, words: list[str], options: dict[str, str]) -> Reply:
    """Say that nothing was noted, and ask for the answer that was nearly typed, or may have been.

    A number alone that is both that of the only open poll and that of an answer may be either.

    Raises:
        CampaignError: no answer suggests itself; the text says how to vote.
    """
    choices = polling.procedure_of(poll).choices
    if words:
        nothing = polling.no_answer(poll.number, words[0])
        turned = answering.turns_round(words[0])
        meant = None if turned else finding.nearest_choice(words[0], (*choices, TAKE_BACK))
    else:
        nothing = say(N_("Your answer to poll {number} is missing: nothing is noted."), number=poll.number)
        alone = len(ctx.storage.polls.of_campaign(ctx.campaign.id, only_open=True)) == 1
        meant = choices[poll.number - 1] if alone and poll.number <= len(choices) else None
    if meant is None:
        raise CampaignError(joined((nothing, polling.how_to(poll.number, choices))))
    return _asking(ctx, poll, nothing, meant, words[1:], options)


def _asking(  # noqa: PLR0917 - what is said, and what would be done
    ctx: Context, poll: Poll, nothing: Text, meant: str, reason: list[str], options: dict[str, str]
) -> Reply:
    """Say why nothing was noted, and ask whether this answer is meant."""
    more = " …" if reason else ""
    typed = Typed("vote", f"{poll.number} {in_language(meant, ctx.language)}{more}")
    again = {"choice": " ".join([str(poll.number), meant, *reason]), **options}
    ask = offering.ask(ctx, typed, Choice("vote", again, confirmed=False, campaign=ctx.campaign_key))
    return replace(ask, lines=(nothing, *ask.lines))


def _poll_or_answer(ctx: Context, poll: Poll, number: int, options: dict[str, str]) -> Reply:
    """Ask what a number alone means that is that of no open poll: who means another poll has answered nothing in this one.

    Raises:
        CampaignError: it is no answer either.
    """
    choices = polling.procedure_of(poll).choices
    if not 1 <= number <= len(choices):
        nothing = polling.no_answer(poll.number, str(number))
        raise CampaignError(joined((nothing, polling.how_to(poll.number, choices))))
    nothing = say(N_("No open poll has the number {number}: nothing is noted."), number=number)
    return _asking(ctx, poll, nothing, choices[number - 1], [], options)


def _choice(word: str, choices: tuple[str, ...]) -> str | None:
    """The answer that is meant by a word, or by its number as the poll shows them."""
    said = read_choice(word, (*choices, TAKE_BACK))
    number, following = calling.take_number([word])
    if said is None and number is not None and not following and 1 <= number <= len(choices):
        return choices[number - 1]
    return said


def _without_leads(words: list[str], choices: tuple[str, ...]) -> list[str]:
    """The same without what leads up to the answer ("et oui"); as it is where another answer follows: it may be that one.

    What asks ("on est pour ?") leads up to none.
    """
    at = next((place for place, word in enumerate(words) if fold(word) not in LEADS), 0)
    if not at or _choice(words[at], choices) is None:
        return words
    return words if any(read_choice(word, choices) for word in words[at + 1 :]) else words[at:]


def _organisation(ctx: Context, poll: Poll, said: str, words: list[str]) -> tuple[str, list[str]]:
    """The organisation that is named behind the answer ("" if none), and the reason that follows.

    Whoever speaks for one alone needs to name none: there a reason that begins with its name stays as it is. Words that
    are another's name and nothing else are no reason, but meant for it: whoever may not speak for it is told so.

    What follows "for" and is written as a name is no reason either, and never voted upon for another organisation.

    Raises:
        CampaignError: the person speaks for several or for none, and names none, or one that is not known.
    """
    mine = authority.organisations(ctx)
    is_for = len(words) > 1 and fold(words[0]) in _FOR
    ids = {one.id for one in mine}
    for count in range(len(words), 0, -1):
        whole = count == len(words)
        if len(mine) == 1 and not whole and not is_for:
            break
        try:
            found = lookup.named(ctx.storage, " ".join(words[:count]))
        except CampaignError:
            continue  # nobody can be called so: a reason may be longer than a name
        if found is None:
            continue
        if is_for and found.flagged and not words[1][:1].isupper():
            continue  # anybody may declare one that is called like a reason: "le climat"
        named = (whole or not mine or is_for) and ctx.storage.campaigns.member(
            ctx.campaign.id, found.id
        ) is not None
        if named or found.id in ids:
            return found.name, words[count:]
    if mine and is_for and words[1][:1].isupper() and len(words) <= _MOST_OF_A_NAME:
        answer = f"{poll.number} {in_language(said, ctx.language)}"
        why = Typed("vote", f"{answer} {in_language('reason', ctx.language)}={' '.join(words)}")
        return lookup.organisation(ctx, " ".join(words[1:]), or_why=why).name, []
    if not mine:
        raise CampaignError(balloting.no_elector(ctx, poll))
    if len(mine) > 1:
        raise CampaignError(
            say(
                N_("For which organisation? You speak for {names}. Say for example {example}"),
                names=", ".join(one.name for one in mine),
                example=Typed("vote", f"{in_language(said, ctx.language)} {mine[0].name}"),
            )
        )
    return "", words


def _poll(ctx: Context, words: list[str]) -> tuple[Poll, list[str]]:
    """The poll that is meant, and the words that follow its number.

    A number alone that is that of no open poll stays with the words: it may be that of an answer.
    """
    polls = ctx.storage.polls
    every = polls.of_campaign(ctx.campaign.id, only_open=True)
    # One that is over takes no answer, though it is not counted yet: it is meant only where no other can be.
    running = [poll for poll in every if not poll.is_being_counted(ctx.now)] or every
    number, following = calling.take_number(words)
    if number is not None and (following or not running or number in [poll.number for poll in running]):
        named = polls.by_number(ctx.campaign.id, number)
        if named is not None and (following or running):
            return named, following
        if following:
            raise CampaignError(
                say(
                    N_("There is no poll {number}. {polls} lists them."),
                    number=number,
                    polls=Typed("polls"),
                )
            )
    if not running:
        return _latest(polls.of_campaign(ctx.campaign.id)), words
    if len(running) > 1:
        numbers = ", ".join(str(poll.number) for poll in running)
        raise CampaignError(
            say(
                N_("Several polls are open ({numbers}): put the number first, as in {example}"),
                numbers=numbers,
                example=Typed("vote", f"{running[0].number} …"),
            )
        )
    return running[0], words


def _latest(polls: Sequence[Poll]) -> Poll:
    """The poll that somebody has in mind while none is open."""
    every = [poll for poll in polls if poll.outcome != "cancelled"]
    if not every:
        raise CampaignError(say(N_("No poll has been opened yet. I will say so here when one is.")))
    return every[-1]
