"""What is said of a ballot to whoever gave it: taken, too late or overtaken, and what it still lacks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.ballot import RETRACTED, SPOILT
from campaign.chat import N_, NN_, Moment, Text, Typed, say, say_many
from campaign.decision import joined
from commands import meant
from commands.ballots import polling
from commands.command import Context, Reply
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from campaign.ballot import Way
    from campaign.chat import Value
    from campaign.decision import Ballot, Procedure
    from storage.ballots import BallotRow
    from storage.organisations import Organisation
    from storage.polls import Poll

SHOWN = 120
"""Characters of a reason that are repeated to whoever gave it."""


def too_late(ctx: Context, poll: Poll, elector: Organisation, before: BallotRow | None) -> Text:
    """Say that nothing changes any more: what was answered in time is not undone by this."""
    campaign = ctx.storage.campaigns.get(poll.campaign_id)
    if campaign.closed_at is not None:
        return meant.has_ended(campaign)
    if poll.outcome == "cancelled":
        return say(N_("Poll {number} is cancelled: its answers count for nothing."), number=poll.number)
    at = Moment(min(poll.closed_at or poll.closes_at, poll.closes_at), poll.zone)
    if before is not None and before.choice in polling.procedure_of(poll).choices:
        return say(
            N_(
                "Poll {number} closed on {at}: nothing can be changed any more, and “{choice}” is the answer of **{name}**."
            ),
            number=poll.number,
            at=at,
            choice=polling.named(before.choice),
            name=elector.name,
        )
    return say(
        N_(
            "Poll {number} closed on {at}: your answer is kept, but it does not count. A campaigner can open a new poll."
        ),
        number=poll.number,
        at=at,
    )


def overtaken(poll: Poll, elector: Organisation) -> Text:
    """Say that a later answer stands."""
    return say(
        N_("Poll {number}: **{name}** has given another answer since, which stands. {polls} shows it."),
        number=poll.number,
        name=elector.name,
        polls=Typed("polls"),
    )


def unclear(poll: Poll, said: str) -> Reply:
    """Say that words may mean more than one answer, and ask: what replies or reacts to this is one to the poll."""
    nothing = say(
        N_("“{words}” may mean more than one answer to poll {number}: nothing is noted."),
        words=_begun(said),
        number=poll.number,
    )
    how = polling.how_to(poll.number, polling.procedure_of(poll).choices)
    return Reply((joined((nothing, how)),), purpose=polling.purpose(poll.id))


def taken(
    ctx: Context, poll: Poll, elector: Organisation, ballot: Ballot, before: BallotRow | None, *, way: Way
) -> Reply | None:
    """Say what was taken: to whoever typed it; of a poll or a reaction, which show it themselves, only what they do not show."""
    choice = ballot.choice
    if choice == SPOILT:
        return Reply(
            (
                say(
                    N_(
                        "Poll {number}: the answer of **{name}** is spoilt (none that I know, or several), and does not count. Please choose one: {vote}"
                    ),
                    number=poll.number,
                    name=elector.name,
                    vote=Typed("vote", f"{poll.number} …"),
                ),
            )
        )
    other = before is not None and before.person_id != ctx.person.id and before.choice not in ("", choice)
    if way in ("native", "reaction") and not other:
        return None
    values: dict[str, Value] = {"number": poll.number, "name": elector.name}
    if choice == RETRACTED:
        return Reply((say(N_("🗳 Poll {number}: **{name}** takes its answer back."), **values),))
    eligible = len(ctx.storage.polls.electorate(poll.id))
    values |= {"choice": polling.named(choice), "eligible": eligible}
    count = len(polling.answers(ctx.storage, poll))
    if other and before is not None:
        line = say_many(
            *NN_(
                "🗳 Poll {number}: **{name}** answers “{choice}” instead of “{before}”, which a colleague had said ({count} of {eligible} has answered).",
                "🗳 Poll {number}: **{name}** answers “{choice}” instead of “{before}”, which a colleague had said ({count} of {eligible} have answered).",
            ),
            count,
            before=polling.shown(before.choice),
            **values,
        )
    else:
        line = say_many(
            *NN_(
                "🗳 Poll {number}: **{name}** answers “{choice}” ({count} of {eligible} has answered).",
                "🗳 Poll {number}: **{name}** answers “{choice}” ({count} of {eligible} have answered).",
            ),
            count,
            **values,
        )
    if ballot.reason:
        line = say(N_("{line} Reason: “{reason}”"), line=line, reason=_begun(ballot.reason))
    return Reply((line,))


def _begun(reason: str) -> str:
    """A reason as it is shown to those who gave it: whole, or so much that they know it again."""
    if len(reason) <= SHOWN:
        return reason
    cut = reason[: SHOWN - 1]
    return f"{cut.rpartition(' ')[0] or cut}…"


def ask_why(ctx: Context, procedure: Procedure, poll: Poll, elector: Organisation, choice: str) -> Text:
    """Ask for the reason without which an answer does not count, or not as it was given."""
    values: dict[str, Value] = {
        "name": elector.name,
        "choice": polling.named(choice),
        "vote": Typed("vote", f"{poll.number} {in_language(choice, ctx.language)} …"),
    }
    if procedure.without_reason:
        return say(
            N_(
                "**{name}**: an answer “{choice}” needs a reason, and counts as “{other}” until then. Why? Reply to this message, or say {vote}"
            ),
            other=polling.named(procedure.without_reason),
            **values,
        )
    return say(
        N_(
            "**{name}**: an answer “{choice}” needs a reason, and does not count until then. Why? Reply to this message, or say {vote}"
        ),
        **values,
    )
