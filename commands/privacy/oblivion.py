"""Forgetting a person: what they did for organisations stays and names nobody, the rest is erased."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from campaign.organisation import normal_form
from commands.signatures import ending

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commands.command import House
    from storage.erasing import Orphan
    from storage.signatures import Signature
    from storage.storage import Storage


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What campaigners have to know: signatures that ended, organisations that nobody speaks for any more."""

    ended: Sequence[Signature]
    orphans: Sequence[Orphan]


def forget(
    storage: Storage,
    person_id: int,
    now: datetime,
    *,
    room: int | None = None,
    answered_at: int | None = None,
) -> Forgotten:
    """Forget a person under all their accounts.

    What they declared for an organisation and nobody has verified rests on their word alone: it ends. What was
    confirmed or verified is the organisation's, and stands. For `answered_at` see `Erasing.erase`.
    """
    ended = []
    for campaign_id, signature in storage.signatures.of_person(person_id):
        if signature.level != "declared":
            continue
        ending.conclude(storage, campaign_id, signature, "withdrawn", now, reason="its author was forgotten")
        storage.audit.note(
            "withdrawn",
            now,
            person=person_id,
            campaign=campaign_id,
            organisation=signature.organisation_id,
            number=signature.number,
            before="declared",
            after="withdrawn",
        )
        if storage.disputes.settle(signature.id, "withdrawn", now, by=person_id):
            storage.audit.note(
                "dispute ended",
                now,
                person=person_id,
                campaign=campaign_id,
                organisation=signature.organisation_id,
                number=signature.number,
                after="withdrawn",
            )
        ended.append((campaign_id, signature.number))
    _erase_namesakes(storage, person_id, now)
    orphans = storage.erasing.erase(person_id, now, answered_at=answered_at)
    storage.audit.note("forgotten", now, person=person_id, room=room)
    # Told as they are called now: some were called what the person is.
    read = (storage.signatures.by_number(*one) for one in ended)
    return Forgotten([one for one in read if one is not None], orphans)


def _erase_namesakes(storage: Storage, person_id: int, now: datetime) -> None:
    """Erase the names of organisations that were no more than the person who named them, whatever became of that."""
    names = {normal_form(name) for name in storage.signatures.names_of(person_id) if name}
    for organisation in storage.organisations.named_by(person_id):
        if normal_form(organisation.name) in names:
            storage.organisations.unname(organisation.id)
            storage.audit.note("organisation forgotten", now, organisation=organisation.id)


def told(forgotten: Forgotten) -> tuple[Text, ...]:
    """What campaigners are told, without saying who it was."""
    return (
        *(
            say(
                N_(
                    "The signature declared for **{name}** (no. {number}) has ended: whoever declared it asked to be forgotten."
                ),
                name=one.organisation,
                number=one.number,
            )
            for one in forgotten.ended
        ),
        *(
            say(
                N_(
                    "Nobody speaks for **{name}** any more: whoever did asked to be forgotten. To add somebody: {rep}"
                ),
                name=one.name,
                rep=Typed("org rep", f"… {one.name}"),
            )
            for one in forgotten.orphans
        ),
    )


def due(storage: Storage, house: House, now: datetime) -> list[int]:
    """Whoever is remembered longer than the config says, by their number; never a campaigner of the config."""
    return [
        person
        for person in storage.erasing.due(now - house.keep)
        if not any(address in house.admins for address in storage.people.addresses(person))
    ]
