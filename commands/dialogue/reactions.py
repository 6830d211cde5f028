"""What a reaction means: yes to a question of the bot's or to signing again, an answer to a poll, sympathy for a letter."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.ballot import is_numbered
from commands.dialogue import picking, voting
from commands.reminders import reminding
from commands.signatures import reconfirming

if TYPE_CHECKING:
    from campaign.chat import Reacted, Redacted
    from commands.command import Context, Reply
    from storage.storage import Storage

LIKES = ("👍", "❤", "♥", "🎉")
YES = ("✅", "✔", "☑")


def reacted(context: Context, event: Reacted) -> Reply | None:
    """Take a reaction to one of the bot's messages; to anybody else's it means nothing here.

    Raises:
        CampaignError: what it says yes to can no longer be done.
    """
    purpose = context.storage.outbox.purpose_of(event.room.network, event.target)
    if event.sender.is_bridged:
        return None
    kind, _, which = purpose.partition(":")
    if kind == "letter":
        _liked(context.storage, event, int(which))
    elif voting.poll_meant(purpose) is not None:
        return _answered(context, event, purpose)
    elif kind == "prompt" and any(_is(key, YES) for key in event.keys):
        prompt = context.storage.prompts.get(int(which), context.now)
        if prompt is not None and prompt.person_id == context.person.id and len(prompt.choices) == 1:
            return picking.run(context, prompt, 1)
    elif kind == "again" and any(_is(key, YES) for key in event.keys):
        campaign = context.storage.campaigns.get(int(which))
        if campaign.closed_at is None:
            return reconfirming.unprompted(replace(context, campaign_key=campaign.key))
    return None


def _answered(context: Context, event: Reacted, purpose: str) -> Reply | None:
    """Take an answer to a poll. On a reminder of it only a number is one: anything else may thank for being reminded.

    Nor does that take back what was answered elsewhere; but a whole set in which nothing is left does.
    """
    if reminding.is_reminder(purpose) and event.keys:
        numbers = tuple(key for key in event.keys if is_numbered((key,)))
        if not numbers:
            return None
        event = replace(event, keys=numbers)
    poll = voting.poll_of(context.storage, event.room.network, event.target)
    return voting.reacted(context, event, poll) if poll else None


def _liked(storage: Storage, event: Reacted, campaign_id: int) -> None:
    """Count who likes the letter of a campaign that is open; what one came to stays, but to who takes that back."""
    if not any(_is(key, LIKES) for key in event.keys):
        if event.whole:
            storage.sympathies.remove(event.sender, event.target)
    elif storage.campaigns.get(campaign_id).closed_at is None:
        storage.sympathies.add(campaign_id, event.sender, event.target, event.event)


def _is(key: str, among: tuple[str, ...]) -> bool:
    """Whether a reaction is one of these, whatever its skin tone or presentation."""
    return key.startswith(among)


def redacted(storage: Storage, event: Redacted) -> None:
    """Take back what a reaction meant, when it is taken back."""
    network, room = event.room.network, event.room.id
    # What was said elsewhere is not this room's to take back.
    if storage.inbox.knows(network, room, event.target):
        storage.sympathies.redacted(network, event.target)
    storage.boards.redacted(event.room, event.target)
