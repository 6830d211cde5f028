"""Taking in a letter's changed file: as a draft that campaigners are asked about, not as the letter."""

from __future__ import annotations

from typing import TYPE_CHECKING

from commands import tell
from commands.letters import revising

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.config import LetterText
    from campaign.letter import Change
    from commands.command import House
    from storage.campaigns import Campaign
    from storage.letters import Letter
    from storage.storage import Storage


def take(
    storage: Storage, house: House, campaign: Campaign, texts: Iterable[LetterText], now: datetime
) -> None:
    """Compare the texts of a letter's files with the letter; ask the campaigners, once, about those that differ.

    What is new becomes the letter at once: the first text of all, and a translation into another language, unless the
    root it translates waits itself. A draft is replaced when its file changes again, and forgotten when the file is as
    it was before, or is no longer named.
    """
    current = {letter.language: letter for letter in storage.letters.current(campaign.id)}
    was_pending = bool(storage.letters.pending(campaign.id))
    root = next((letter for letter in current.values() if letter.root_id is None), None)
    found = list(texts)
    # The root first: a translation that has changed as well is one of the root's new text.
    language = root.language if root else found[0].language
    changed = False
    for text in sorted(found, key=lambda one: one.language != language):
        changed |= _one(storage, campaign, text, now, is_root=text.language == language)
    for draft in storage.letters.drafts(campaign.id):
        if draft.language not in {text.language for text in found}:
            _forget(storage, campaign, draft, now)
    _accept_new(storage, campaign, now)
    if changed and storage.letters.pending(campaign.id):
        tell.put(storage, revising.ask(storage, house, campaign), now)
    elif was_pending and not storage.letters.pending(campaign.id):
        tell.put(storage, revising.taken_back(storage, house, campaign), now)


def differences(storage: Storage, campaign: Campaign, texts: Iterable[LetterText]) -> list[str]:
    """Say which of a letter's files are not the letter: because that waits for campaigners, was dropped, or is new."""
    current = {letter.language: letter for letter in storage.letters.current(campaign.id)}
    drafts = {letter.language: letter for letter in storage.letters.drafts(campaign.id)}
    found = []
    for text in texts:
        known, draft = current.get(text.language), drafts.get(text.language)
        if known is not None and known.text == text.text:
            continue
        if draft is None or draft.text != text.text:
            what = "has changed: campaigners are asked about it at the next start or `tocsin reload`"
        elif draft.change == "pending":
            what = "waits for a campaigner to say `!letter minor`, `!letter material` or `!letter drop`"
        else:
            what = "was not taken by the campaigners; change it back, or once more"
        found.append(f"campaigns.{campaign.key}.letter.{text.language}: the text in this file {what}")
    return found


def _one(storage: Storage, campaign: Campaign, text: LetterText, now: datetime, *, is_root: bool) -> bool:
    """Take in one text; return whether there is something new to be asked."""
    current = {letter.language: letter for letter in storage.letters.current(campaign.id)}
    drafts = {letter.language: letter for letter in storage.letters.drafts(campaign.id)}
    known, draft = current.get(text.language), drafts.get(text.language)
    if known is not None and known.text == text.text:
        if draft is not None:
            _forget(storage, campaign, draft, now)
        return False
    if draft is not None and draft.text == text.text:
        return False  # asked already, whatever the answer was
    values = {"title": text.title, "summary": text.summary, "text": text.text}
    root = None if is_root else _root(storage, campaign)
    if draft is not None:
        storage.letters.replace(draft.id, now, root=root, **values)
    else:
        waits = known is not None or any(one.root_id is None for one in storage.letters.pending(campaign.id))
        change: Change = "pending" if waits else "first"
        storage.letters.add(campaign.id, text.language, now, root=root, change=change, **values)
        if not waits:
            return False
    put = next(one for one in storage.letters.drafts(campaign.id) if one.language == text.language)
    storage.audit.note(
        "letter file changed",
        now,
        campaign=campaign.id,
        language=put.language,
        version=put.version,
        before=known.hash if known else "",
        after=put.hash,
    )
    return True


def _root(storage: Storage, campaign: Campaign) -> int:
    """The root's version that a translation which changes now is of: the one that waits, if one does."""
    both = (*storage.letters.pending(campaign.id), *storage.letters.current(campaign.id))
    return next(letter.id for letter in both if letter.root_id is None)


def _accept_new(storage: Storage, campaign: Campaign, now: datetime) -> None:
    """Take the translations that are new at once; with a root that waits, they wait too."""
    pending = storage.letters.pending(campaign.id)
    if any(letter.root_id is None for letter in pending):
        return
    known = {letter.language for letter in storage.letters.current(campaign.id)}
    for letter in pending:
        if letter.language not in known:
            storage.letters.settle(letter.id, "first", now)


def _forget(storage: Storage, campaign: Campaign, draft: Letter, now: datetime) -> None:
    root = next((one.id for one in storage.letters.current(campaign.id) if one.root_id is None), None)
    storage.letters.forget(draft.id, root)
    storage.audit.note(
        "letter file changed back",
        now,
        campaign=campaign.id,
        language=draft.language,
        version=draft.version,
        before=draft.hash,
    )
