"""What several commands look up: the organisation that is meant, the letter's card, the numbers of a campaign."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign import letter as rules
from campaign.chat import N_, NN_, Link, Markdown, Moment, Text, Typed, say, say_many
from campaign.errors import CampaignError
from campaign.organisation import doubt, normal_form, tidy_name
from campaign.signature import LEVELS, counts, is_counted, standing_of
from commands import authority
from commands.command import Unclear

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from campaign.letter import Version
    from campaign.signature import Level
    from commands.command import Context
    from storage.campaigns import Campaign, Member
    from storage.deadlines import Deadline
    from storage.letters import Letter
    from storage.organisations import Organisation
    from storage.storage import Storage

LONGEST_NOTE = 300
"""Characters of a note, a role or a reason."""


def organisation(context: Context, name: str) -> Organisation:
    """The organisation of this name, in the campaign or one the person speaks for; without a name, the only one of these.

    Its own people may answer for it in a campaign that did not know it.

    Raises:
        CampaignError: there is none of that name (with the nearest ones), or the name is needed.
    """
    if not name:
        mine = authority.organisations(context)
        if len(mine) == 1:
            return mine[0]
        if mine:
            names = ", ".join(one.name for one in mine)
            raise CampaignError(
                say(N_("For which organisation? You speak for {names}: add one of these names."), names=names)
            )
        if not context.address.is_account:
            raise CampaignError(
                say(
                    N_(
                        "For which organisation? This room hides who you are. "
                        "Say {link} to me in a private chat, then say the code here."
                    ),
                    link=Typed("link"),
                )
            )
        raise CampaignError(say(N_("For which organisation? Please add its name.")))
    storage = context.storage
    found = storage.organisations.find(normal_form(tidy_name(name)))
    if found is None or not _may_answer(context, found):
        near = [one.name for one in suggestions(context, name) if _may_answer(context, one)]
        if near:
            raise unclear(tidy_name(name), name, near)
        if context.is_admin:
            raise CampaignError(
                say(
                    N_("I do not know “{name}”. To add it: {add}"),
                    name=tidy_name(name),
                    add=Typed("org add", tidy_name(name)),
                )
            )
        raise CampaignError(
            say(
                N_("I do not know “{name}”. Please check the name, or ask a campaigner to add it."),
                name=tidy_name(name),
            )
        )
    return found


def unclear(name: str, typed: str, near: Sequence[str]) -> Unclear:
    """What to raise where a name (as `typed`) is nobody's, and some are near it."""
    text = N_("I do not know “{name}”. Did you mean {names}? Please say it again with that name.")
    return Unclear(say(text, name=name, names=", ".join(near)), typed, near)


def _may_answer(context: Context, organisation: Organisation) -> bool:
    """Whether an organisation is of the campaign, or the person speaks for it: its own people may answer for it anywhere."""
    storage, person = context.storage, context.person.id
    return (
        storage.campaigns.member(context.campaign.id, organisation.id) is not None
        or organisation.id == context.campaign.collective_id
        or storage.organisations.is_representative(organisation.id, person)
        or authority.proves(storage, context.house.public_providers, person, organisation)
    )


def suggestions(context: Context, name: str, site: str = "") -> Sequence[Organisation]:
    """Up to three organisations whose name or site is close to what was typed: suggested, never taken for it.

    Raises:
        Wanted: they are not known yet; nothing may have been written before.
    """
    near = context.near(name, site)
    return context.storage.organisations.suggestable(near)[:3] if near else ()


def doubted(context: Context, name: str) -> tuple[tuple[Text, ...], tuple[str, ...]]:
    """Why a name nobody knows may not be one organisation's, to be said before it is asked about; and what it may be.

    The second are the names it may consist of. Both are empty if there is no doubt.
    """
    found = doubt(name, context.name)
    if found is None:
        return (), ()
    if found.kind == "person":
        return (say(N_("“{name}” looks like the name of a person: is it an organisation?"), name=name),), ()
    if found.kind == "alphabets":
        return (
            say(
                N_("“{name}” mixes letters of two alphabets that look alike: is it typed as it should be?"),
                name=name,
            ),
        ), ()
    known = (context.storage.organisations.find(normal_form(part)) for part in found.parts)
    if not (found.sure or any(known)):
        return (), ()
    return (
        say(N_("“{name}” looks like several organisations: each signs by itself."), name=name),
    ), found.parts


def spoken_for(context: Context, name: str) -> Organisation:
    """The organisation that is meant, by somebody who may speak for it, or who has declared a signature for it.

    Raises:
        CampaignError: it is unknown, the collective itself, or this person is not known to speak for it.
    """
    found = organisation(context, name)
    if found.id == context.campaign.collective_id:
        raise CampaignError(collective_answers(found))
    if not authority.speaks(context, found):
        signature = context.storage.signatures.standing(context.campaign.id, found.id)
        own = signature is not None and signature.person_id == context.person.id
        # Once it is more than declared it is the organisation's, whose people may be others by now.
        if signature is None or not own or signature.level != "declared":
            raise CampaignError(not_known_to_speak(context, found.name))
    return found


def collective_answers(collective: Organisation) -> Text:
    """Why nobody can answer for the collective, and how it does."""
    return say(
        N_("**{name}** is the collective itself: it signs by a poll. {polls} lists them."),
        name=collective.name,
        polls=Typed("polls"),
    )


def not_known_to_speak(context: Context, name: str) -> Text:
    """Why somebody cannot speak for an organisation yet, and what to do."""
    if not context.address.is_account:
        return say(
            N_(
                "I do not know yet that you speak for {name}: this room hides who you are. "
                "Say {link} to me in a private chat, then say the code here."
            ),
            name=name,
            link=Typed("link"),
        )
    return say(
        N_(
            "I do not know yet that you speak for {name}. Please ask a campaigner to add your account. If I know you under another account, say {link} to me in private."
        ),
        name=name,
        link=Typed("link"),
    )


def account_of(context: Context) -> str:
    """By which account somebody speaks, or in which room that hides it: names prove nothing."""
    return context.address.id if context.address.is_account else context.room.label


def is_of_the_campaign(context: Context) -> bool:
    """Whether somebody in private is known to be of those a campaign gathers, who may read who answers what and why.

    They are in a room of this very campaign, as far as their network shows it, are campaigners, speak for one of its
    organisations, or were met in one of its rooms (docs/decisions/0003): another campaign's are as strange to it.
    """
    storage, campaign = context.storage, context.campaign
    if context.is_admin or campaign.id in context.gathered:
        return True
    if any(
        storage.campaigns.member(campaign.id, one.id)
        for one in storage.organisations.of_person(context.person.id)
    ):
        return True
    rooms = storage.rooms.of_campaign(campaign.id, joined=False)
    return storage.people.met_in(context.person.id, [(room.id, room.address) for room in rooms])


def short(text: str) -> str:
    """A note as it is kept.

    Raises:
        CampaignError: it is too long.
    """
    if len(text) > LONGEST_NOTE:
        raise CampaignError(
            say(N_("That is too long: please use {limit} characters at most."), limit=LONGEST_NOTE)
        )
    return text


def counting(campaign: Campaign) -> tuple[Level, ...]:
    """The levels that count in a campaign."""
    return tuple(level for level in LEVELS if counts(level, campaign.threshold))


def counted(storage: Storage, campaign: Campaign) -> int:
    """How many signatures count in a campaign."""
    return storage.signatures.count(campaign.id, counting(campaign))


def card(storage: Storage, letter: Letter, campaign: Campaign, *, summary: bool = True) -> tuple[Text, ...]:
    """The letter as it is shown in a room: title, summary, link, version, and how to sign; and if it lags behind."""
    lines = [say(N_("📜 **{title}**"), title=letter.title)]
    if letter.summary and summary:
        lines.append(say(N_("{text}"), text=Markdown(letter.summary)))
    if campaign.link:
        lines.append(say(N_("Read it: {link}"), link=Link(campaign.link)))
    versions = storage.letters.versions(campaign.id)
    root = rules.root_of(versions)
    shown = next(one for one in versions if one.id == letter.id)
    if root is not None and rules.is_stale(shown, versions):
        lines.append(
            say(
                N_(
                    "⚠ This translation is of version {old}; the letter is at version {version}, with changes of substance, and that is what one signs: {letter}"
                )
                if letter.id in rules.overtaken(versions)
                else N_(
                    "⚠ This translation is of version {old}; the letter is at version {version}: {letter}"
                ),
                old=rules.translated(shown, versions),
                version=root.version,
                letter=Typed("letter", root.language),
            )
        )
    version = version_of(shown, campaign)
    lines.append(
        say(N_("{version}. To sign for your organisation: {sign}"), version=version, sign=Typed("sign", "…"))
        if campaign.closed_at is None
        else version
    )
    return tuple(lines)


def version_of(one: Version | Letter, campaign: Campaign) -> Text:
    """A version as it is named: number, language, day (in the campaign's zone) and the beginning of its hash."""
    return say(
        N_("Version {version} ({language}, {day}, {hash})"),
        version=one.version,
        language=one.language,
        # Short, for it stands on every card.
        day=one.added_at.astimezone(ZoneInfo(campaign.timezone)).date().isoformat(),
        hash=one.hash[:8],
    )


def deadline(one: Deadline) -> Text:
    """A deadline as lists show it."""
    at = Moment(one.at, one.zone)
    return say(N_("⏳ {at}: {label}"), at=at, label=one.label) if one.label else say(N_("⏳ {at}"), at=at)


def disputed(count: int) -> Text:
    """How many signatures somebody says are not their organisations'."""
    return say_many(*NN_("⚠️ {count} signature is disputed", "⚠️ {count} signatures are disputed"), count)


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


def standings(now: Progress, line: Text) -> Text:
    """Who stands where, in one line that is shown of it: who took a signature back is added where somebody did."""
    withdrawn = now.standings.get("withdrawn", 0)
    if not withdrawn:
        return line
    return say(N_("{line} · withdrawn:\N{NO-BREAK SPACE}{withdrawn}"), line=line, withdrawn=withdrawn)


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


def days_left(one: Deadline, now: datetime) -> Text:
    """How long there is until a deadline."""
    at = Moment(one.at, one.zone).seen(now)
    days = (at.at - now).days
    left = (
        say_many(*NN_("{count} day left, until {at}", "{count} days left, until {at}"), days, at=at)
        if days
        else say(N_("last day, until {at}"), at=at)
    )
    if one.label:
        return say(N_("⏳ {label}: {left}"), label=one.label, left=left)
    return say(N_("⏳ {left}"), left=left)


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
