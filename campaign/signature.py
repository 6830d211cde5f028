"""What it means to sign: standings, levels, mandates, and the row an organisation has in every export."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date, datetime  # noqa: TC003 - whoever stores a row (pydantic) reads it from the fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, TypeAlias, get_args

from campaign.dates import find_day
from campaign.organisation import folded

if TYPE_CHECKING:
    from collections.abc import Mapping

Standing: TypeAlias = Literal["silent", "deciding", "declared", "signed", "declined", "withdrawn"]
Level: TypeAlias = Literal["declared", "confirmed", "verified", "rejected", "withdrawn"]
Threshold: TypeAlias = Literal["verified", "confirmed", "declared"]
Funded: TypeAlias = Literal["direct", "indirect", "none"]

STANDINGS: tuple[Standing, ...] = get_args(Standing)
"""Where an organisation stands in a campaign."""
LEVELS: tuple[Level, ...] = get_args(Level)
"""How sure we are of a signature."""
FUNDED: tuple[Funded, ...] = get_args(Funded)
"""Whether an organisation has benefited from what the letter is about."""
MANDATES = ("assembly", "board", "consent request", "delegation", "collective poll")
"""What can have entitled somebody to sign for an organisation; any other words are a mandate too."""

_COUNTING: Mapping[Threshold, frozenset[Level]] = MappingProxyType(
    {
        "verified": frozenset({"verified"}),
        "confirmed": frozenset({"confirmed", "verified"}),
        "declared": frozenset({"declared", "confirmed", "verified"}),
    }
)

MANDATE_WORDS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "assembly": (
            *(
                "assembly",
                "general assembly",
                "general meeting",
                "annual general meeting",
                "ga",
                "agm",
                "egm",
            ),
            *("assemblee", "assemblee generale", "assemblee generale ordinaire", "ag", "ago", "age"),
            "assemblee generale extraordinaire",
        ),
        "board": (
            *(
                "board",
                "board of directors",
                "executive board",
                "management board",
                "ca",
                "conseil",
                "bureau",
            ),
            *("conseil d administration", "conseil collegial", "collegiale", "comite directeur"),
        ),
        "consent request": (
            *("consent request", "consent", "consent decision", "consentement", "demande de consentement"),
        ),
        "delegation": (
            *("delegation", "delegated", "delegate", "mandate", "mandat", "procuration", "delegue"),
        ),
        "collective poll": (
            *("collective poll", "collective vote", "poll", "scrutin", "scrutin collectif", "vote collectif"),
            *("vote du collectif", "sondage collectif"),
        ),
    }
)
"""What people type for each kind of mandate, accents, case and punctuation aside."""
_KINDS = MappingProxyType({typed: kind for kind, words in MANDATE_WORDS.items() for typed in words})

_LITTLE_WORDS = re.compile(
    r"^(?:(?:decision|decided|decide|vote|vu|voted|par|en|de|du|des|l|la|le|notre|by|of|at|in|the|our|a) )+"
)
_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Mandate:
    """What entitles a person to sign: one of `MANDATES` or the words typed, a day, a link to the minutes."""

    kind: str
    day: date | None = None
    link: str = ""


@dataclass(frozen=True, slots=True)
class Signatory:
    """An organisation's row in an export. Empty texts and None: not known, or does not apply."""

    organisation: str
    standing: Standing
    number: int | None = None
    """The number of the signature in its campaign."""
    website: str = ""
    level: Level | None = None
    """None without a signature."""
    network: str = ""
    address: str = ""
    person: str = ""
    role: str = ""
    funded: Funded | None = None
    mandate: Mandate | None = None
    letter_version: str = ""
    letter_language: str = ""
    signed_at: datetime | None = None
    """In UTC."""
    note: str = ""
    deciding_until: date | None = None
    testimony: str = ""
    disputed: bool = False
    """Whether somebody says that this signature is not the organisation's, and nobody has settled that."""
    letter_current: bool | None = None
    """Whether the text signed says what the letter says now; False after a change of substance, None without a signature."""
    reconfirmed_at: datetime | None = None
    """When it was last signed again, after a change; in UTC."""
    may_be_named: bool = False
    """Whether the person agreed that their name and role are published beside the signature."""
    collective: bool = False
    """Whether this is the collective itself, which signs by a poll of all the others."""


@dataclass(frozen=True, slots=True)
class SignatoryList:
    """What an export writes: the rows of a campaign as they stood at an instant (UTC)."""

    campaign: str
    generated_at: datetime
    signatories: tuple[Signatory, ...]
    counts_from: Threshold = "confirmed"
    """The lowest level that counts in this campaign: `verified` where a second person has to confirm."""
    timezone: str = "UTC"
    """The IANA zone in which people read the times of it."""

    @property
    def published(self) -> SignatoryList:
        """The same with only those whose signature counts."""
        counted = (one for one in self.signatories if is_counted(one.standing, one.level, self.counts_from))
        return replace(self, signatories=tuple(counted))


def level_of(*, is_representative: bool) -> Level:
    """Give the level of a new signature: a representative's word confirms it, anybody else's declares it."""
    return "confirmed" if is_representative else "declared"


def standing_of(word: Standing, level: Level | None) -> Standing:
    """Say where an organisation stands, from its own word and the level of its standing signature (None: it has none).

    What somebody declares for an organisation never hides what it said itself, and leaves no trace when it ends. An
    own word that it signs is worth what its signature is worth.
    """
    if level in ("confirmed", "verified"):
        return "signed"
    if word in ("deciding", "declined", "withdrawn"):
        return word
    return "declared" if level == "declared" else "silent"


def answer_of(word: Standing, level: Level | None, *, overtaken: bool) -> Standing:
    """Say what an organisation has answered to the letter as it is now.

    One whose signature a change of substance has overtaken has not answered, unless it said something else since.
    """
    standing = standing_of(word, level)
    if standing != "signed" or not overtaken:
        return standing
    return word if word in ("deciding", "declined", "withdrawn") else "silent"


def counts(level: Level, counts_from: Threshold) -> bool:
    """Say whether a signature counts; one that was rejected or withdrawn never does."""
    return level in _COUNTING[counts_from]


def is_counted(standing: Standing, level: Level | None, counts_from: Threshold) -> bool:
    """Say whether an organisation that stands so is counted: what was declared counts for nobody who said otherwise."""
    return level is not None and counts(level, counts_from) and standing in ("signed", "declared")


def parse_mandate(typed: str, now: datetime) -> Mandate:
    """Read a mandate as people type it, in French or English: "AG", "conseil d'administration 12 juin 2024 https://…".

    A link and a day (see `campaign.dates.find_day`; `now` is local) are taken out. Words that are no known kind of
    mandate are kept as they are, and so is a day that no calendar has.

    Raises:
        CampaignError: the day is said to be another day of the week than it is.
    """
    link, words = _link_in(typed)
    day = None
    written = find_day(words, now)
    if written is not None and written.day is not None:
        day, words = written.day, words.replace(written.said, " ", 1)
    kept = " ".join(words.split()).strip(" ,;:()<>-\u2013\u2014")
    known = folded(kept)
    kind = _KINDS.get(known) or _KINDS.get(_LITTLE_WORDS.sub("", known))
    # "ag du" and "board on" are what is left before a day.
    if kind is None and day is not None:
        kind = _KINDS.get(_LITTLE_WORDS.sub("", re.sub(r" (?:du|le|d|on|of|the)$", "", known)))
    return Mandate(kind or kept, day, link)


def impossible_day(typed: str, now: datetime) -> str:
    """The day in a mandate that no calendar has, as it was typed; empty if there is none. Raises as `parse_mandate`."""
    written = find_day(_link_in(typed)[1], now)
    return written.said if written is not None and written.day is None else ""


def _link_in(typed: str) -> tuple[str, str]:
    """The link in a text ("" if there is none), and the words beside it."""
    found = _LINK.search(typed)
    return (found.group().rstrip(".,;>)"), typed.replace(found.group(), " ")) if found else ("", typed)


def progress_bar(done: int, goal: int, width: int = 10) -> str:
    """Draw how much of a goal is reached, full only once it is: `▓▓▓░░░░░░░`. Empty without a goal."""
    if goal <= 0:
        return ""
    full = min(width, max(0, done) * width // goal)
    return "▓" * full + "░" * (width - full)
