"""The collective itself: what it is called, and the signature it gives by an adopted poll."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.chat import N_, Text, say
from campaign.organisation import normal_form
from commands.signatures import counting, ending

if TYPE_CHECKING:
    from datetime import datetime

    from storage.campaigns import Campaign
    from storage.organisations import Organisation
    from storage.polls import Poll
    from storage.storage import Storage

MANDATE = "collective poll"
"""The kind of mandate that such a signature has: see `campaign.signature.MANDATES`."""


_THE_WORD = frozenset(map(normal_form, ("collectif", "le collectif", "collective", "the collective")))


def name(
    storage: Storage,
    campaign_id: int,
    called: str,
    now: datetime,
    *,
    person: int | None = None,
    room: int | None = None,
) -> Organisation:
    """Let an organisation of this name be what all the others are together; a new one if nobody goes by it.

    Nobody speaks for it by that: it signs by a poll alone.
    """
    before = storage.campaigns.get(campaign_id).collective_id
    normal = normal_form(called)
    found = storage.organisations.find(normal) or storage.organisations.add(called, normal, now)
    if found.flagged:
        storage.organisations.change(found.id, flagged=False)
    if before != found.id:
        storage.campaigns.change(campaign_id, collective_id=found.id)
        storage.audit.note(
            "collective named", now, person=person, room=room, campaign=campaign_id, organisation=found.id
        )
    return found


def named(storage: Storage, campaign: Campaign, typed: str) -> Organisation | None:
    """The collective of a campaign, if that is what somebody names: by its name, or by that word."""
    if campaign.collective_id is None:
        return None
    collective = storage.organisations.get(campaign.collective_id)
    called = storage.organisations.find(normal_form(typed)) if typed else None
    if called is not None:
        return called if called.id == collective.id else None
    return collective if normal_form(typed) in _THE_WORD else None


def sign(storage: Storage, campaign: Campaign, poll: Poll, now: datetime) -> tuple[Text, ...]:
    """Let the collective sign because a poll was adopted; return what is said of it.

    The mandate is the poll, by its number and the day on which it closed. Whoever opened it stands for it. If the
    collective has signed before, that signature stands; one of a text that was overtaken since is given again. What was
    not yet the letter when the poll was opened is not signed.
    """
    if campaign.collective_id is None:
        return ()
    collective = storage.organisations.get(campaign.collective_id)
    mandate = {
        "mandate_kind": MANDATE,
        "mandate_day": min(now, poll.closes_at).astimezone(ZoneInfo(poll.zone)).date(),
        "mandate_link": "",
        "note": f"#{poll.number} {poll.question}",
    }
    standing = storage.signatures.standing(campaign.id, collective.id)
    overtaken = storage.letters.overtaken(campaign.id)
    is_new = standing is None or standing.level == "declared" or standing.letter_id in overtaken
    if is_new and storage.letters.is_overtaken_since(campaign.id, campaign.language, poll.opened_at):
        changed = N_(
            "The letter has changed since the poll was opened: **{name}** does not sign a text it has not voted on. A new poll can decide on it."
        )
        return (say(changed, name=collective.name),)
    if standing is not None and standing.level == "declared":
        ending.conclude(
            storage, campaign.id, standing, "withdrawn", now, reason="the collective decided itself"
        )
        standing = None
    letter = storage.letters.to_sign(campaign.id, campaign.language)
    if standing is not None and not is_new:
        storage.polls.signed(poll.id, standing.id)
        already = N_("**{name}** had signed the letter already (no. {number}).")
        return (say(already, name=collective.name, number=standing.number),)
    if standing is not None:
        storage.signatures.reconfirm(standing.id, letter.id, now, **mandate)
        number = standing.number
    else:
        room = storage.rooms.of_campaign(campaign.id, joined=False)[0]
        number = storage.signatures.add(
            campaign.id,
            organisation_id=collective.id,
            person_id=poll.opened_by,
            address_id=storage.people.any_address(poll.opened_by),
            letter_id=letter.id,
            room_id=room.id,
            level="verified",
            network=room.network,
            event="",
            signed_at=now,
            **mandate,
        )
    given = storage.signatures.by_number(campaign.id, number)
    if given is not None:
        storage.polls.signed(poll.id, given.id)
    storage.campaigns.stand(campaign.id, collective.id, "signed", now)
    storage.audit.note(
        "signed",
        now,
        person=poll.opened_by,
        campaign=campaign.id,
        organisation=collective.id,
        number=number,
        poll=poll.number,
        after="verified",
        version=letter.version,
        language=letter.language,
    )
    signs = N_("✍️ **{name}** signs the letter itself, by this poll (no. {number}). Signatures: {count}.")
    count = counting.counted(storage, campaign)
    return (say(signs, name=collective.name, number=number, count=count),)
