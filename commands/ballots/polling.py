"""A poll in words: its question, its rule, how to vote, how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.ballot import SPOILT, keycap
from campaign.chat import N_, Listing, Message, Moment, PollCard, Text, Typed, say
from campaign.decision import CHOICE_NAMES, PRESETS, Ballot, decide, from_data, rule
from commands import tell
from commands.command import Elsewhere

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from campaign.chat import Value
    from campaign.decision import Outcome, Procedure
    from storage.ballots import BallotRow
    from storage.campaigns import Campaign
    from storage.polls import Poll
    from storage.storage import Storage

OUTCOMES = {
    "adopted": N_("adopted"),
    "rejected": N_("rejected"),
    "blocked": N_("blocked by an objection"),
    "no quorum": N_("not enough votes"),
    "cancelled": N_("cancelled"),
}
"""What each outcome is called."""

PROCEDURES = {
    "consent": N_("consent"),
    "consensus": N_("consensus"),
    "lazy": N_("lazy consensus"),
    "majority": N_("majority"),
    "veto": N_("veto"),
    "two-thirds": N_("two thirds"),
    "collective": N_("the collective's own rule"),
}
"""What each preset is called."""

RESOLUTIONS = {"integrated": N_("integrated"), "withdrawn": N_("withdrawn")}
"""What became of an objection."""

POLL = "poll"
"""By what a message is known by which a poll can be answered: its text, itself, or a reminder of it."""

WHY = "reason:"
"""What the purpose of a question for somebody's reason begins with; the number of their ballot follows."""

TAKEN = "answered:"
"""What the purpose of saying what was noted begins with: the numbers of the poll and of the organisation follow. Who may
speak for that one changes its answer by replying; to react to it means nothing."""

OBJECTION = "objection"
"""By what a message is known that says how an objection stands; it means nothing to react to it."""


# --- counting ------------------------------------------------------------------------------------------------------


def procedure_of(poll: Poll) -> Procedure:
    """The rule of a poll, as it was frozen when the poll was opened."""
    return PRESETS[poll.procedure] if poll.rules is None else from_data(poll.rules)


def answers(storage: Storage, poll: Poll) -> list[BallotRow]:
    """The standing ballots of a poll that are answers: not those that were spoilt or taken back."""
    choices = procedure_of(poll).choices
    return [one for one in storage.ballots.standing(poll.id) if one.choice in choices]


def counted(cast: Iterable[BallotRow]) -> list[Ballot]:
    """Ballots as the rules take them."""
    return [Ballot(one.organisation_id, one.choice, one.reason, bool(one.resolution)) for one in cast]


def outcome_of(storage: Storage, poll: Poll) -> Outcome:
    """What a poll comes to by the ballots that stand now."""
    electorate = storage.polls.electorate(poll.id)
    return decide(procedure_of(poll), len(electorate), counted(answers(storage, poll)))


def electorate(storage: Storage, campaign: Campaign) -> list[int]:
    """The organisations that vote in a poll that opens now: not whom only strangers named, nor all of them as one."""
    return [
        member.organisation_id
        for member in storage.campaigns.members(campaign.id)
        if not member.flagged and member.organisation_id != campaign.collective_id
    ]


# --- words ---------------------------------------------------------------------------------------------------------


def named(choice: str) -> Text:
    """An answer as the reader's language calls it."""
    return say(CHOICE_NAMES[choice])


def shown(choice: str) -> Text:
    """What a ballot says, also if it is no answer."""
    if choice == SPOILT:
        return say(N_("spoilt"))
    return named(choice) if choice else say(N_("no answer any more"))


def either(choices: Sequence[str]) -> Listing:
    """The answers among which one is to be chosen."""
    return Listing(tuple(named(choice) for choice in choices), either=True)


def how_to(number: int, choices: Sequence[str]) -> Text:
    """How to vote, answer by answer."""
    return say(
        N_("{choices}: react with the number, or say {vote}, your answer instead of the dots."),
        choices=_numbered(choices),
        vote=Typed("vote", f"{number} …"),
    )


def no_answer(number: int, word: str) -> Text:
    """Say that a word, or a number, is none of the answers to a poll."""
    return say(N_("“{word}” is no answer to poll {number}: nothing is noted."), word=word, number=number)


def ways(number: int, choices: Sequence[str]) -> Text:
    """The same, of one poll among others."""
    return say(N_("Poll {number}: {how}"), number=number, how=how_to(number, choices))


def _numbered(choices: Sequence[str]) -> Listing:
    return Listing(
        tuple(
            say(N_("{keycap} {choice}"), keycap=keycap(place), choice=named(choice))
            for place, choice in enumerate(choices, 1)
        ),
        either=True,
    )


def terms(storage: Storage, campaign: Campaign, poll: Poll, eligible: int) -> tuple[Text, ...]:
    """Who votes, until when, and what comes of it."""
    lines = [
        say(
            N_("One voice for each organisation ({eligible} in all), which can be changed until {at}."),
            eligible=eligible,
            at=Moment(poll.closes_at, poll.zone).seen(poll.opened_at),
        )
    ]
    if poll.signs and campaign.collective_id is not None:
        name = storage.organisations.get(campaign.collective_id).name
        lines.append(
            say(
                N_(
                    "If it is adopted, **{name}** signs the letter; whatever comes of it, each organisation may sign for itself."
                ),
                name=name,
            )
        )
    return tuple(lines)


def opened(
    storage: Storage, campaign: Campaign, poll: Poll, room: int | None = None
) -> tuple[Elsewhere, ...]:
    """What is said in every room when a poll opens: question, rule and how to vote; and the poll itself where it can be shown.

    Or in one `room` alone, that came later.
    """
    eligible = len(storage.polls.electorate(poll.id))
    procedure = procedure_of(poll)
    lines = (
        say(N_("🗳 **Poll {number}: {question}**"), number=poll.number, question=poll.question),
        how_to(poll.number, procedure.choices),
        *terms(storage, campaign, poll, eligible),
        rule(procedure, eligible),
    )
    card = PollCard(
        say(N_("Poll {number}: {question}"), number=poll.number, question=poll.question),
        tuple((choice, named(choice)) for choice in procedure.choices),
    )
    meaning = purpose(poll.id)
    rooms = [
        one for one in storage.rooms.of_campaign(campaign.id) if not one.admin and room in (None, one.id)
    ]
    said = tell.rooms(rooms, *lines, purpose=meaning, expires_at=poll.closes_at)
    return tuple(
        one
        for text in said
        for one in (
            text,
            Elsewhere(
                Message((), purpose=meaning, card=card),
                room_id=text.room_id,
                intent="poll",
                expires_at=poll.closes_at,
            ),
        )
    )


def purpose(poll_id: int) -> str:
    """The purpose of what says a poll, or shows it."""
    return f"{POLL}:{poll_id}"


def explains(one: BallotRow, procedure: Procedure) -> bool:
    """Whether a ballot is shown with its reason: it gives one, or objects and ought to."""
    return bool(one.reason) or one.choice in procedure.blocks


def objections(cast: Iterable[BallotRow], procedure: Procedure) -> tuple[Text, ...]:
    """Each answer that objects or gives a reason, with what became of it."""
    lines = []
    for one in cast:
        if not explains(one, procedure):
            continue
        values: dict[str, Value] = {
            "name": one.organisation,
            "choice": named(one.choice),
            "reason": one.reason,
        }
        if one.resolution:
            became = say(RESOLUTIONS[one.resolution])
            lines.append(say(N_("- {name} ({choice}, {became}): {reason}"), **values, became=became))
        elif one.reason:
            lines.append(say(N_("- {name} ({choice}): {reason}"), **values))
        else:
            lines.append(say(N_("- {name} ({choice}): the reason is still to be given"), **values))
    return tuple(lines)
