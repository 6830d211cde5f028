"""Bringing what a config names into the database, at each start; what was said in chat is never overwritten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bot.config import deadline_of
from campaign.errors import CampaignError
from campaign.organisation import domain_of, normal_form, tidy_name, tidy_url

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Campaign, Config, Opening, RosterLine
    from storage.campaigns import Campaign as CampaignRow
    from storage.storage import Storage


def open_campaigns(storage: Storage, config: Config, now: datetime) -> list[str]:
    """Bring a config into the database; return what could not be taken. Doing it again changes nothing.

    Rooms, administrators and new campaigns are taken in. Of a campaign that is known already, a letter whose text has
    changed becomes its next version, and organisations, their names and their representatives are added, never taken
    away; but for a representative whom a campaigner has revoked. Everything else can be said in chat, and stays as it was said there: see `differences`.
    """
    bot = config.settings.bot
    for address in bot.admins:
        storage.people.ensure(address, "", now)
    for network, address in bot.admin_rooms:
        room = _room(storage, network, address, bot.language)
        storage.rooms.change(room, admin=True)
    refused: list[str] = []
    for key, campaign in config.settings.campaigns.items():
        known = storage.campaigns.find(key) or _open(storage, key, campaign, config, now)
        if known.closed_at is not None:
            continue  # nobody is entered any more, least of all somebody who was forgotten since
        _letters(storage, known, config.openings[key], now)
        refused += _enrol(storage, known, config.openings[key], now)
        for position, (network, address) in enumerate(campaign.rooms):
            language = campaign.language or bot.language
            storage.rooms.list_in(known.id, _room(storage, network, address, language), position)
    return refused


def differences(storage: Storage, config: Config) -> list[str]:
    """Say what the database holds otherwise than the config: there, what was opened first or said in chat wins."""
    bot, found = config.settings.bot, []
    for key, campaign in config.settings.campaigns.items():
        known = storage.campaigns.find(key)
        if known is None:
            continue
        zone = campaign.timezone or bot.timezone
        deadline = next((one.at for one in storage.deadlines.of_campaign(known.id) if not one.label), None)
        pairs = {
            "title": (campaign.title, known.title),
            "link": (campaign.link, known.link),
            "goal": (campaign.goal, known.goal),
            "counts": (campaign.counts, known.counts),
            "timezone": (zone, known.timezone),
            "language": (campaign.language or bot.language, known.language),
            "reminders": (_spans(_seconds(campaign)), _spans(known.reminders)),
            "civil_hours": (campaign.civil_hours, known.civil_hours),
            "deadline": (_instant(deadline_of(campaign, zone), zone), _instant(deadline, zone)),
        }
        found += [
            f"campaigns.{key}.{name}: {ours or 'none'} here, but {theirs or 'none'} in the campaign, which stays"
            for name, (ours, theirs) in pairs.items()
            if ours != theirs
        ]
    found += [
        f"campaigns.{known.key}: no longer here, but still open"
        for known in storage.campaigns.open()
        if known.key not in config.settings.campaigns
    ]
    return found


def _seconds(campaign: Campaign) -> list[int]:
    return [int(offset.total_seconds()) for offset in campaign.reminders]


def _spans(seconds: list[int]) -> str:
    return ", ".join(str(timedelta(seconds=one)) for one in seconds)


def _instant(at: datetime | None, zone: str) -> str:
    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M} ({zone})"


def _room(storage: Storage, network: str, address: str, language: str) -> int:
    """The room under this address: asked for under it before, or new."""
    known = storage.rooms.find(network, address) or storage.rooms.find_alias(network, address)
    if known is None:
        alias = address if address.startswith("#") else ""
        known = storage.rooms.ensure(network, address, language=language, alias=alias)
    return known.id


def _open(storage: Storage, key: str, campaign: Campaign, config: Config, now: datetime) -> CampaignRow:
    bot = config.settings.bot
    zone = campaign.timezone or bot.timezone
    row = storage.campaigns.add(
        key,
        campaign.title,
        now,
        link=campaign.link,
        goal=campaign.goal,
        counts=campaign.counts,
        timezone=zone,
        language=campaign.language or bot.language,
        reminders=_seconds(campaign),
        civil_hours=campaign.civil_hours,
    )
    deadline = deadline_of(campaign, zone)
    if deadline is not None and deadline > now:
        storage.deadlines.put(row.id, "", deadline, zone, now)
    storage.audit.note("campaign opened", now, campaign=row.id, key=key)
    return row


def _letters(storage: Storage, campaign: CampaignRow, opening: Opening, now: datetime) -> None:
    """Keep each text that is new; who signed an earlier version has signed that one."""
    current = {letter.language: letter for letter in storage.letters.current(campaign.id)}
    root = next((letter.id for letter in current.values() if letter.root_id is None), None)
    for letter in opening.letters:
        known = current.get(letter.language)
        if known is not None and known.text == letter.text:
            continue
        is_root = root is None or (known is not None and known.root_id is None)
        added = storage.letters.add(
            campaign.id,
            letter.language,
            now,
            title=letter.title,
            summary=letter.summary,
            text=letter.text,
            root=None if is_root else root,
        )
        root = added.id if is_root else root
        if known is not None:
            storage.audit.note(
                "letter changed", now, campaign=campaign.id, language=letter.language, version=added.version
            )


def _enrol(storage: Storage, campaign: CampaignRow, opening: Opening, now: datetime) -> list[str]:
    refused = []
    for line in opening.roster:
        try:
            refused += _organisation(storage, campaign, line, now)
        except CampaignError as error:
            refused.append(f"{line.name}: {error}")
    return refused


def _organisation(storage: Storage, campaign: CampaignRow, line: RosterLine, now: datetime) -> list[str]:
    """Bring in one organisation; return which of its aliases could not be taken, and why."""
    refused = []
    name = tidy_name(line.name)
    website = tidy_url(line.website) if line.website else ""
    found = storage.organisations.find(normal_form(name)) or storage.organisations.add(
        name, normal_form(name), now, website=website, domain=domain_of(website)
    )
    if website and not found.website:
        storage.organisations.change(found.id, website=website, domain=domain_of(website))
    if found.flagged:
        storage.organisations.change(found.id, flagged=False)
    for alias in map(tidy_name, line.aliases):
        known = storage.organisations.find(normal_form(alias))
        if known is None:
            storage.organisations.alias(found.id, alias, normal_form(alias))
        elif known.id != found.id:
            refused.append(f"{line.name}: alias {alias}: is a name of {known.name}")
    for address in line.representatives:
        if storage.organisations.is_revoked(found.id, address):
            continue
        person = storage.people.ensure(address, "", now)
        storage.organisations.represent(found.id, person.id, "roster", now)
    storage.campaigns.enrol(campaign.id, found.id, now)
    return refused
