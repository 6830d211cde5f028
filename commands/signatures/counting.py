"""How far a campaign is, in numbers: which signatures count, and who stands where."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from campaign.signature import LEVELS, counts, is_counted, standing_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from campaign.signature import Level
    from storage.campaigns import Campaign, Member
    from storage.storage import Storage


def counting(campaign: Campaign) -> tuple[Level, ...]:
    """The levels that count in a campaign."""
    return tuple(level for level in LEVELS if counts(level, campaign.threshold))


def counted(storage: Storage, campaign: Campaign) -> int:
    """How many signatures count in a campaign."""
    return storage.signatures.count(campaign.id, counting(campaign))


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a campaign is."""

    counted: int
    goal: int | None
    standings: Mapping[str, int]
    waiting: int
    """Signatures that wait for a second person of their organisation."""
    disputed: int
    sympathies: int
    earlier: int
    """Signatures that would count, of a text that a change of substance has overtaken."""


def progress(storage: Storage, campaign: Campaign) -> Progress:
    """Count everything `!status` shows."""
    alike = storage.campaigns.tally(campaign.id)
    overtaken = storage.letters.overtaken(campaign.id)
    standings: Counter[str] = Counter()
    before = 0
    for some in alike:
        standing = standing_of(some.word, some.level)
        # Whom a stranger named owes no answer.
        if not (some.flagged and standing == "silent"):
            standings[standing] += some.count
        if some.letter_id in overtaken and is_counted(standing, some.level, campaign.threshold):
            before += some.count
    all_of_them = campaign.collective_id
    collective = storage.campaigns.member(campaign.id, all_of_them) if all_of_them is not None else None
    if collective is not None and collective.standing == "silent" and not collective.flagged:
        standings["silent"] -= 1
    return Progress(
        counted(storage, campaign),
        campaign.goal,
        standings,
        storage.signatures.count(campaign.id, ("confirmed",)) if campaign.second_person else 0,
        len(storage.disputes.disputed(campaign.id)),
        storage.sympathies.count(campaign.id),
        before,
    )


def earlier(storage: Storage, campaign: Campaign) -> list[Member]:
    """The organisations whose signature would count, were its text not overtaken by a change of substance."""
    overtaken = storage.letters.overtaken(campaign.id)
    return of_texts(storage, campaign, overtaken) if overtaken else []


def of_texts(storage: Storage, campaign: Campaign, letters: Collection[int]) -> list[Member]:
    """The organisations whose signature counts, or would, and is of one of these texts."""
    return [
        one
        for one in storage.campaigns.members(campaign.id)
        if one.letter_id in letters and is_counted(one.standing, one.level, campaign.threshold)
    ]
