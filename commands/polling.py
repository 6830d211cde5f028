"""What a poll says when it opens and when it closes, by a campaigner's word or by the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Listing, Moment, Text, Typed, say
from campaign.decision import CHOICE_NAMES, PRESETS, Ballot, decide
from commands import tell

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commands.command import Elsewhere
    from storage.campaigns import Campaign
    from storage.polls import Poll
    from storage.storage import Storage

OUTCOMES = {
    "adopted": N_("adopted"),
    "rejected": N_("rejected"),
    "blocked": N_("blocked by an objection"),
    "no quorum": N_("not enough answers"),
    "cancelled": N_("cancelled"),
}
"""What each outcome is called."""


def named(choice: str) -> Text:
    """An answer as the reader's language calls it."""
    return say(CHOICE_NAMES[choice])


def either(choices: Sequence[str]) -> Listing:
    """The answers among which one is to be chosen."""
    return Listing(tuple(named(choice) for choice in choices), either=True)


def how_to(number: int, choices: Sequence[str]) -> Text:
    """How to vote, answer by answer."""
    return say(
        N_("To vote, say {vote} and one of these words: {choices}."),
        vote=Typed("vote", str(number)),
        choices=either(choices),
    )


def opened(poll: Poll, eligible: int) -> tuple[Text, ...]:
    """What is said in every room when a poll opens: the question, the rule in plain words, how to vote."""
    procedure = PRESETS[poll.procedure]
    return (
        say(N_("🗳 **Poll {number}: {question}**"), number=poll.number, question=poll.question),
        say(
            N_("{rule} One voice for each of {eligible} organisations, until {at}."),
            rule=say(RULES[procedure.name]),
            eligible=eligible,
            at=Moment(poll.closes_at, poll.zone),
        ),
        how_to(poll.number, procedure.choices),
    )


RULES = {
    "majority": N_("Majority: adopted with more answers for than against."),
    "consent": N_(
        "Consent: adopted if nobody objects; an objection gives its reason, a concern does not block."
    ),
}
"""Each procedure in one plain sentence."""


def close(storage: Storage, campaign: Campaign, poll: Poll, now: datetime) -> tuple[Elsewhere, ...]:
    """Count a poll, end it, and say in every room what it came to and by which rule."""
    cast = storage.polls.ballots(poll.id)
    electorate = storage.polls.electorate(poll.id)
    outcome = decide(
        PRESETS[poll.procedure],
        len(electorate),
        [Ballot(one.organisation_id, one.choice, one.reason) for one in cast],
    )
    storage.polls.close(poll.id, outcome.result, now)
    storage.audit.note(
        "poll closed",
        now,
        campaign=campaign.id,
        poll=poll.number,
        outcome=outcome.result,
        counts=dict(outcome.counts),
    )
    lines = (
        say(
            N_("🗳 **Poll {number}: {outcome}.** “{question}”"),
            number=poll.number,
            outcome=say(OUTCOMES[outcome.result]),
            question=poll.question,
        ),
        outcome.rule,
    )
    reasons = tuple(
        say(
            N_("- {name} ({choice}): {reason}"),
            name=one.organisation,
            choice=named(one.choice),
            reason=one.reason,
        )
        for one in cast
        if one.reason and one.choice in ("objection", "concern")
    )
    after = (
        ()
        if outcome.result == "adopted"
        else (
            say(
                N_("This is about the collective only. Your organisation may still sign: {sign}"),
                sign=Typed("sign", "…"),
            ),
        )
    )
    return tell.rooms(storage.rooms.of_campaign(campaign.id), *lines, *reasons, *after)
