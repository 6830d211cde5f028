"""Opening the campaigns a config names: once. What was said in chat since then is never overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.config import deadline_of
from campaign.errors import CampaignError
from campaign.organisation import domain_of, normal_form, tidy_name, tidy_url

if TYPE_CHECKING:
    from datetime import datetime

    from bot.config import Campaign, Config, Opening, RosterLine
    from storage.campaigns import Campaign as CampaignRow
    from storage.storage import Storage


def open_campaigns(storage: Storage, config: Config, now: datetime) -> list[str]:
    """Bring rooms, administrators and new campaigns of a config into the database; return what could not be taken."""
    bot = config.settings.bot
    for address in bot.admins:
        storage.people.ensure(address, "", now)
    for network, address in bot.admin_rooms:
        room = _room(storage, network, address, bot.language)
        storage.rooms.change(room, admin=True)
    refused: list[str] = []
    for key, campaign in config.settings.campaigns.items():
        known = storage.campaigns.find(key)
        if known is None:
            known = _open(storage, key, campaign, config, now)
            refused += _enrol(storage, known, config.openings[key], now)
        for position, (network, address) in enumerate(campaign.rooms):
            language = campaign.language or bot.language
            storage.rooms.list_in(known.id, _room(storage, network, address, language), position)
    return refused


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
        reminders=[int(offset.total_seconds()) for offset in campaign.reminders],
        civil_hours=campaign.civil_hours,
    )
    root = None
    for letter in config.openings[key].letters:
        added = storage.letters.add(
            row.id, letter.language, letter.title, letter.summary, letter.text, now, root=root
        )
        root = root or added.id
    deadline = deadline_of(campaign, zone)
    if deadline is not None and deadline > now:
        storage.deadlines.put(row.id, "", deadline, zone, now)
    storage.audit.note("campaign opened", now, campaign=row.id, key=key)
    return row


def _enrol(storage: Storage, campaign: CampaignRow, opening: Opening, now: datetime) -> list[str]:
    refused = []
    for line in opening.roster:
        try:
            _organisation(storage, campaign, line, now)
        except CampaignError as error:
            refused.append(f"{line.name}: {error}")
    return refused


def _organisation(storage: Storage, campaign: CampaignRow, line: RosterLine, now: datetime) -> None:
    name = tidy_name(line.name)
    website = tidy_url(line.website) if line.website else ""
    found = storage.organisations.find(normal_form(name)) or storage.organisations.add(
        name, normal_form(name), now, website=website, domain=domain_of(website)
    )
    for alias in map(tidy_name, line.aliases):
        if storage.organisations.find(normal_form(alias)) is None:
            storage.organisations.alias(found.id, alias, normal_form(alias))
    for address in line.representatives:
        person = storage.people.ensure(address, "", now)
        storage.organisations.represent(found.id, person.id, "roster", now)
    storage.campaigns.enrol(campaign.id, found.id, now)
