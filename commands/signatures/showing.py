"""What several commands show alike: the letter's card, a version, a deadline, how many signed, who stands where."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign import letter as rules
from campaign.chat import N_, NN_, Link, Markdown, Moment, Text, Typed, say, say_many
from campaign.signature import counts, progress_bar
from commands import meant

if TYPE_CHECKING:
    from datetime import datetime

    from campaign.letter import Version
    from commands.signatures.counting import Progress
    from storage.campaigns import Campaign
    from storage.deadlines import Deadline
    from storage.letters import Letter
    from storage.storage import Storage


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


def days_left(one: Deadline, now: datetime) -> Text:
    """How long there is until a deadline, or that it has passed."""
    at = Moment(one.at, one.zone).seen(now)
    days = (at.at - now).days
    if one.at <= now:
        left = say(N_("the deadline of {at} has passed"), at=at)
    elif days:
        left = say_many(*NN_("{count} day left, until {at}", "{count} days left, until {at}"), days, at=at)
    else:
        left = say(N_("last day, until {at}"), at=at)
    if one.label:
        return say(N_("⏳ {label}: {left}"), label=one.label, left=left)
    return say(N_("⏳ {left}"), left=left)


def disputed(count: int) -> Text:
    """How many signatures somebody says are not their organisations'."""
    return say_many(*NN_("⚠️ {count} signature is disputed", "⚠️ {count} signatures are disputed"), count)


def standings(now: Progress, line: Text) -> Text:
    """Who stands where, in one line that is shown of it: who took a signature back is added where somebody did."""
    withdrawn = now.standings.get("withdrawn", 0)
    if not withdrawn:
        return line
    return say(N_("{line} · withdrawn:\N{NO-BREAK SPACE}{withdrawn}"), line=line, withdrawn=withdrawn)


def signatures(count: int, goal: int | None) -> Text:
    """How many signatures count. A goal is called one: "3 of 6" is read as three of six organisations."""
    if goal is None:
        return say_many(*NN_("{count} signature", "{count} signatures"), count)
    return say_many(
        *NN_("{count} signature (goal: {goal})", "{count} signatures (goal: {goal})"), count, goal=goal
    )


def counted(now: Progress) -> Text:
    """The same at the head of a list, with a bar where there is a goal."""
    so_many = signatures(now.counted, now.goal)
    if now.goal is None:
        return say(N_("**{signatures}**"), signatures=so_many)
    return say(N_("{bar} **{signatures}**"), bar=progress_bar(now.counted, now.goal), signatures=so_many)


def of_earlier(now: Progress, campaign: Campaign) -> tuple[Text, ...]:
    """How many signatures of an earlier text do not count, and while that can be done how they come to."""
    if not now.earlier:
        return ()
    if campaign.closed_at is not None:
        return (
            say_many(
                *NN_(
                    "↻ {count} signature of an earlier version, never confirmed",
                    "↻ {count} signatures of an earlier version, never confirmed",
                ),
                now.earlier,
            ),
        )
    return (
        say_many(
            *NN_(
                "↻ {count} signature of an earlier version, to be confirmed: {confirm}",
                "↻ {count} signatures of an earlier version, to be confirmed: {confirm}",
            ),
            now.earlier,
            confirm=Typed("confirm"),
        ),
    )


def unverified(now: Progress, campaign: Campaign) -> tuple[Text, ...]:
    """How many declared signatures wait for a campaigner's word, and how they are seen and verified; of those that count, nothing."""
    declared = 0 if counts("declared", campaign.threshold) else now.standings.get("declared", 0)
    if not declared:
        return ()
    return (
        say_many(
            *NN_(
                "⚠ {count} declared signature waits to be verified, and does not count until then: {list} · {verify}",
                "⚠ {count} declared signatures wait to be verified, and do not count until then: {list} · {verify}",
            ),
            declared,
            list=Typed("signatories"),
            verify=Typed("verify", "…"),
        ),
    )


def of_one_person(now: Progress) -> tuple[Text, ...]:
    """How many signatures wait for a second person of their organisation."""
    if not now.waiting:
        return ()
    return (
        say_many(
            *NN_(
                "✍️ {count} more signature waits for a second person of the organisation",
                "✍️ {count} more signatures wait for a second person of the organisation",
            ),
            now.waiting,
        ),
    )


def ended(campaign: Campaign) -> tuple[Text, ...]:
    """That a campaign is over, and since when; nothing of one that is open."""
    if campaign.closed_at is None:
        return ()
    return (say(N_("🏁 Ended on {day}"), day=meant.last_day(campaign)),)
