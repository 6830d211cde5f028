"""What is said when a letter changes: to the campaigners, who say what kind of change it is; then in the rooms."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from campaign.chat import N_, NN_, File, Message, Text, Typed, say, say_many
from campaign.letter import edits, marked
from campaign.reminder import public_names
from commands import tell
from commands.command import Elsewhere
from commands.places import bridging
from commands.reminders import reminding, schedules
from commands.signatures import showing

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from commands.command import House
    from commands.tell import Chat
    from storage.campaigns import Campaign
    from storage.letters import Letter
    from storage.rooms import RoomRow
    from storage.storage import Storage

SHOWN = 5
"""How many changed passages are shown in chat; the file has them all."""


# --- to the campaigners --------------------------------------------------------------------------------------------


def ask(storage: Storage, house: House, campaign: Campaign) -> tuple[Elsewhere, ...]:
    """Ask the campaigners what the changed texts are, showing the difference; the whole of it in a file."""
    texts = storage.letters.pending(campaign.id)
    lines = (
        say(
            N_(
                "✏️ **{title}** has changed in its file ({versions}). Until you answer, everybody signs the version before."
            ),
            title=campaign.named,
            versions=_named(texts),
        ),
        *difference(storage, texts),
        *_answers(storage, campaign),
    )
    file = full_difference(storage, campaign, texts)
    return tuple(replace(one, file=file) for one in tell.admins(storage, house, *lines))


def taken_back(storage: Storage, house: House, campaign: Campaign) -> tuple[Elsewhere, ...]:
    """Tell the campaigners that what they were asked about is no more."""
    text = say(
        N_("✏️ **{title}**: its file is as it was before; there is nothing left to answer."),
        title=campaign.named,
    )
    return tell.admins(storage, house, text)


def waiting(storage: Storage, campaign: Campaign) -> tuple[Text, ...]:
    """Say that changed texts wait, if any do, and how to answer."""
    texts = storage.letters.pending(campaign.id)
    if not texts:
        return ()
    return (
        say(
            N_("✏️ The letter has changed in its file ({versions}), and waits for you."),
            versions=_named(texts),
        ),
        *_answers(storage, campaign),
    )


def _answers(storage: Storage, campaign: Campaign) -> tuple[Text, ...]:
    # Where they are asked, several campaigns may be meant.
    rest = f"campaign={campaign.key}" if len(storage.campaigns.open()) > 1 else ""
    return (
        say(
            N_(
                "Small changes: {minor} · of substance, so that every signatory is asked again: {material} · not to be taken: {drop}"
            ),
            minor=Typed("letter minor", rest),
            material=Typed("letter material", rest),
            drop=Typed("letter drop", rest),
        ),
    )


def difference(storage: Storage, texts: Sequence[Letter]) -> list[Text]:
    """The passages in which texts that wait differ from the letter, some of them, as plain words."""
    lines: list[Text] = []
    for text in texts:
        now = next(
            (one for one in storage.letters.current(text.campaign_id) if one.language == text.language), None
        )
        if now is None:
            lines.append(say(N_("({language}) A translation that is new."), language=text.language))
        else:
            lines += passages(now, text, limit=max(1, SHOWN // len(texts)))
    return lines


def passages(before: Letter, after: Letter, limit: int = SHOWN) -> list[Text]:
    """The passages in which two versions in one language differ, as they were and as they are; not more than so many."""
    found = edits(before.text, after.text)
    if not found:
        return [say(N_("({language}) Only spaces and line breaks."), language=after.language)]
    lines = [
        say(
            N_("({language}) Before: “{before}”\nNow: “{after}”"),
            language=after.language,
            before=one.before,
            after=one.after,
        )
        for one in found[:limit]
    ]
    if (more := len(found) - limit) > 0:
        lines.append(say_many(*NN_("… and {count} more change.", "… and {count} more changes."), more))
    return lines


def full_difference(storage: Storage, campaign: Campaign, texts: Sequence[Letter]) -> File:
    """Every line of the changed texts, with those marked that are gone (`-`) or new (`+`)."""
    before = {one.language: one for one in storage.letters.current(campaign.id)}
    parts = []
    for text in texts:
        old = before.get(text.language)
        head = f"=== {text.language}: {old.version if old else 0} → {text.version} ({text.hash}) ==="
        parts.append(f"{head}\n\n{marked(old.text if old else '', text.text)}")
    name = f"{campaign.key}-{'-'.join(f'{one.language}{one.version}' for one in texts)}.txt"
    return File(name, "text/plain; charset=utf-8", "\n".join(parts).encode())


def _named(texts: Sequence[Letter]) -> str:
    return ", ".join(f"{one.language} {one.version}" for one in texts)


# --- in the rooms --------------------------------------------------------------------------------------------------


def minor(
    storage: Storage, house: House, campaign: Campaign, changed: Sequence[Letter]
) -> tuple[Elsewhere, ...]:
    """Say once in the rooms that a text has changed a little, and that signatures stand."""
    told: list[Elsewhere] = []
    for room in _concerned(storage, house, campaign, changed):
        language = room.language or house.language
        # The root comes first, and is what has changed where the translation read there has not.
        new = next((one for one in changed if one.language == language), changed[0])
        text = say(
            N_("✏️ **{title}**: small changes to the letter, and signatures stand. {version}: {letter}"),
            title=campaign.named,
            version=showing.version_of(storage.letters.get(new.id), campaign),
            letter=Typed("letter", "" if new.language == language else new.language),
        )
        told += tell.rooms([room], text)
    return tuple(told)


def material(
    storage: Storage, house: House, campaign: Campaign, changed: Sequence[Letter], now: datetime
) -> tuple[Elsewhere, ...]:
    """Say in the rooms that the letter has changed in substance, and ask each signatory to confirm.

    Each in one place, as for any reminder: ten at most are named in a room, and the people of the others told in
    private, where they have a private chat with the bot.
    """
    overtaken = storage.letters.overtaken(campaign.id)
    members = [one for one in schedules.unanswered(storage, campaign, now) if one.letter_id in overtaken]
    places = schedules.places(storage, campaign, members, public=True)
    rooms = {room.id: room for room in _concerned(storage, house, campaign, changed)}
    rooms |= {room: storage.rooms.get(room) for room in places.rooms}
    # Of rooms that a bridge makes one, the others only name those who are asked there.
    announced = bridging.one_of_each(storage, house, rooms.values())
    told: list[Elsewhere] = []
    private = [(one, chat) for one, chat in places.private]
    for room in rooms.values():
        there = places.rooms.get(room.id, [])
        lines: tuple[Text, ...] = ()
        if room in announced:
            lines = (_of_substance(storage, campaign, room.language or house.language),)
        named, _ = public_names(there)
        if there:
            lines += reminding.to_confirm([one.name for one in named], len(there))
        message = Message(
            lines,
            mentions=reminding.mentions(storage, room.id, there),
            rings=bool(there),
            purpose=f"again:{campaign.id}" if there else "",
        )
        told.append(Elsewhere(message, room_id=room.id, urgency=3))
        rest = schedules.places(storage, campaign, there[len(named) :], public=False)
        private += rest.private
    for one, chat in private:
        language = _language(storage, house, chat)
        lines = (_of_substance(storage, campaign, language), *reminding.to_confirm([one.name], 1))
        message = Message(lines, rings=True, purpose=f"again:{campaign.id}")
        told.append(tell.alone(chat, message, urgency=3))
    return (*told, *_declared(storage, house, campaign))


def _language(storage: Storage, house: House, chat: Chat) -> str:
    """In which language a private chat is; one that is still to be opened has none of its own."""
    room = storage.rooms.get(chat.room_id) if chat.room_id is not None else None
    return (room.language if room else None) or house.language


def _declared(storage: Storage, house: House, campaign: Campaign) -> tuple[Elsewhere, ...]:
    """Ask whoever declared a signature, where they are alone with the bot: what strangers say is not for the rooms."""
    overtaken = storage.letters.overtaken(campaign.id)
    told: list[Elsewhere] = []
    for one in storage.signatures.all_standing(campaign.id):
        if one.level != "declared" or one.letter_id not in overtaken:
            continue
        chat = tell.private_chat(storage, one.person_id)
        if chat is not None:
            language = _language(storage, house, chat)
            lines = (
                _of_substance(storage, campaign, language),
                *reminding.to_confirm([one.organisation], 1),
            )
            told.append(tell.alone(chat, Message(lines, purpose=f"again:{campaign.id}")))
    return tuple(told)


def _concerned(
    storage: Storage, house: House, campaign: Campaign, changed: Sequence[Letter]
) -> list[RoomRow]:
    """The campaign's rooms that are told: all, unless only a translation has changed that is not read there.

    Of rooms that a bridge makes one, one: in two languages it would be said twice.
    """
    languages = {one.language for one in changed}
    is_root = any(one.root_id is None for one in changed)
    rooms = [
        room
        for room in storage.rooms.of_campaign(campaign.id)
        if not room.admin and (is_root or (room.language or house.language) in languages)
    ]
    return bridging.one_of_each(storage, house, rooms)


def _of_substance(storage: Storage, campaign: Campaign, language: str) -> Text:
    letter = storage.letters.to_sign(campaign.id, language)
    known = "" if letter.language == language else f" {letter.language}"
    return say(
        N_("📜 **{title}** has changed in substance. {version}; what has changed: {letter}"),
        title=campaign.named,
        version=showing.version_of(letter, campaign),
        letter=Typed("letter", f"{letter.version}{known}"),
    )
