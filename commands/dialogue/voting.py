"""Voting without a command: in a poll as a network shows it, or by a reaction; and for whom."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from campaign.ballot import RETRACTED, ends, is_numbered, of_keys, of_reactions
from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from campaign.lately import AHEAD
from commands import tell
from commands.ballots import balloting, polling
from commands.command import Choice, Context, Reply
from commands.organisations import asking, authority
from commands.reminders import reminding
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from campaign.ballot import Way
    from campaign.chat import Balloted, Reacted
    from storage.ballots import BallotRow
    from storage.organisations import Organisation
    from storage.polls import Poll
    from storage.storage import Storage


HOUR = timedelta(hours=1)
MOST_REFUSED = 5
"""How many people are told in a room within an hour that they have no voice."""


def balloted(context: Context, event: Balloted) -> Reply | None:
    """Take an answer to a poll that the network shows as one.

    Raises:
        CampaignError: it cannot be taken; the text says why.
    """
    poll = poll_of(context.storage, event.room.network, event.target)
    if poll is None or event.sender.is_bridged:
        return None
    choice = of_keys(event.answers, polling.procedure_of(poll).choices)
    return given(within(context, poll), poll, choice, "native")


def reacted(context: Context, event: Reacted, poll: Poll) -> Reply | None:
    """Take reactions to a poll, or to its text, as an answer; what is no answer is chatter.

    Raises:
        CampaignError: it cannot be taken; the text says why.
    """
    procedure = polling.procedure_of(poll)
    choice = of_reactions(event.keys, procedure.choices, procedure.supports)
    context = within(context, poll)
    if choice is not None:
        if event.whole and _is_unchanged(context, poll, choice):
            return None
        applause = not is_numbered(event.keys) and not balloting.electors_of(context, poll)
        return None if applause else given(context, poll, choice, "reaction", event.target)
    # The whole set without an answer in it takes back what was answered by reacting, and nothing else.
    return _take_back(context, poll, "reaction", event.target) if event.whole else None


def _is_unchanged(context: Context, poll: Poll, choice: str) -> bool:
    """Whether a whole set of reactions only says once more what this person answered by reacting: a heart came to it."""
    latest = [context.storage.ballots.latest(poll.id, one.id) for one in balloting.electors_of(context, poll)]
    return bool(latest) and all(
        one is not None and (one.person_id, one.choice, one.way) == (context.person.id, choice, "reaction")
        for one in latest
    )


def redacted(context: Context, ballot: BallotRow, event: str) -> Reply | None:
    """Take back the answer of a person whose reaction, or whose answer to a poll (this event), is gone.

    A moderator can have done that, so it is said in the room. A line of text that is gone was said all the same.
    """
    storage = context.storage
    poll = storage.polls.get(ballot.poll_id)
    if not ballot.way or not poll.is_open or _given_in(storage, poll, ballot, event) != [context.room.id]:
        return None
    context = within(context, poll)
    elector = context.storage.organisations.get(ballot.organisation_id)
    if not authority.speaks(context, elector):
        return None
    given = balloting.cast(context, poll, elector, RETRACTED, of=ballot)
    return given and replace(given, quotes=False)


def _given_in(storage: Storage, poll: Poll, ballot: BallotRow, event: str) -> list[int]:
    """The rooms of the campaign where this event was taken; several if one of them is a liar's: then none is believed.

    Only there can anything be given that can be deleted, or in one whose place it has taken. A room's own server gives
    its events their names, and may give them those of another room's.
    """
    rooms = storage.rooms.of_campaign(poll.campaign_id, joined=False)
    return [
        room.id
        for room in rooms
        if room.network == ballot.network
        and any(storage.inbox.knows(room.network, one, event) for one in storage.rooms.names_of(room))
    ]


def _may_be_from_here(context: Context, poll: Poll, ballot: BallotRow) -> bool:
    """Whether a reaction may be to the copy of the poll in this room: who has none on that one may have it on another's.

    One that is so old that nobody knows where it was given may be.
    """
    inbox, room = context.storage.inbox, context.room
    if ballot.network != room.network:
        return False
    if rooms := _given_in(context.storage, poll, ballot, ballot.event):
        return rooms == [room.id]
    until = inbox.forgotten_until(room.network, room.address, private=room.direct)
    forgotten = until is not None and ballot.cast_at <= until
    return forgotten or inbox.knows(room.network, room.address, ballot.event)


def poll_meant(purpose: str) -> int | None:
    """The poll (its id) that is answered by reacting to a message of this purpose, or by a number in reply to it."""
    kind, _, which = purpose.removeprefix(reminding.OF_POLL).partition(":")
    return int(which) if kind == polling.POLL and which.isdecimal() else None


def poll_of(storage: Storage, network: str, event: str) -> Poll | None:
    """The poll that can be answered by a message of ours, if it is one of a campaign that is open."""
    which = poll_meant(storage.outbox.purpose_of(network, event))
    poll = storage.polls.find(which) if which is not None else None
    return poll if poll and storage.campaigns.get(poll.campaign_id).closed_at is None else None


def within(context: Context, poll: Poll) -> Context:
    """The same, in the campaign of the poll."""
    campaign = context.storage.campaigns.get(poll.campaign_id)
    return replace(context, campaign_key=campaign.key, resolved=campaign)


def given(
    context: Context,
    poll: Poll,
    choice: str,
    way: Way,
    target: str = "",
    *,
    reason: str = "",
    elector: Organisation | None = None,
) -> Reply | None:
    """Take an answer for the one organisation somebody votes for; of several, ask for which where it is not said."""
    if choice == RETRACTED:
        return _take_back(context, poll, way, target)
    electors = [elector] if elector else balloting.electors_of(context, poll)
    if len(electors) == 1:
        return balloting.cast(context, poll, electors[0], choice, reason=reason, way=way, target=target)
    if not electors:
        return _refused(context, poll, way)
    if choice not in polling.procedure_of(poll).choices:
        return None  # spoilt, and nobody's in particular
    word = in_language(choice, context.language)
    ask = say(
        N_(
            "Poll {number}, “{choice}”: for which organisation? Reply to this message with a number: {choices} (or say {vote})"
        ),
        number=poll.number,
        choice=polling.named(choice),
        choices=asking.numbered([one.name for one in electors]),
        vote=Typed("vote", f"{poll.number} {word} {electors[0].name}"),
    )
    campaign = context.campaign_key
    return Reply(
        (ask,),
        choices=tuple(
            Choice(
                "vote",
                {"choice": f"{poll.number} {choice}", "organisation": one.name, "reason": reason},
                campaign=campaign,
            )
            for one in electors
        ),
    )


def _take_back(context: Context, poll: Poll, way: Way, target: str) -> Reply | None:
    """Take back what this person answered this way, and here: for whichever organisation they speak for still.

    Of reactions, what they answered by one to this message, `target`: a heart that is taken from a reminder is no number
    that was put on the poll itself.

    Who takes back an answer in a poll that was not read yet has given none, even if it is read later.
    """
    reply = Reply()
    if way == "native":
        for elector in balloting.electors_of(context, poll):
            if context.storage.ballots.latest(poll.id, elector.id) is None:
                balloting.cast(context, poll, elector, RETRACTED, way=way)
    for one in context.storage.ballots.standing(poll.id):
        if ends(way, one.way, own=one.person_id == context.person.id) and (
            way == "native" or (one.target in ("", target) and _may_be_from_here(context, poll, one))
        ):
            elector = context.storage.organisations.get(one.organisation_id)
            if not authority.speaks(context, elector):
                continue  # their right was revoked: what they said for it stands
            given = balloting.cast(context, poll, elector, RETRACTED, way=way, target=target)
            if given is not None:
                reply = Reply((*reply.lines, *given.lines), elsewhere=(*reply.elsewhere, *given.elsewhere))
    return reply if reply.lines or reply.elsewhere else None


def _refused(context: Context, poll: Poll, way: Way) -> Reply | None:
    """Tell somebody why they have no voice: alone where that can be done, and once, however often they answer.

    In a room a few are told in an hour: everybody there reads it, and a crowd that answers would fill the room.
    """
    line = balloting.no_elector(context, poll)
    if not way:
        raise CampaignError(line)
    audit = context.storage.audit
    if not poll.is_open or audit.has("no voice", context.person.id, poll.campaign_id, poll=poll.number):
        return None
    alone = tell.privately(context.storage, context.person.id, line)
    told = (
        0
        if alone
        else audit.count_between("no voice", context.room.id, context.now - HOUR, context.now + AHEAD)
    )
    if told >= MOST_REFUSED:
        return None
    audit.note(
        "no voice",
        context.now,
        person=context.person.id,
        room=context.room.id,
        campaign=poll.campaign_id,
        poll=poll.number,
    )
    return Reply(elsewhere=alone) if alone else Reply((line,))
