"""Bringing what a config names into the database, at each start; what was said in chat is never overwritten."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from bot.config import deadline_of, lasting, local
from bot.files import drafts
from bot.files.roster import follow
from campaign.bridge import Bridges
from campaign.chat import MATRIX, N_, say
from campaign.lately import is_lately
from campaign.organisation import normal_form
from campaign.roster import Changes
from commands import tell
from commands.ballots import adopting
from commands.command import House
from commands.organisations import authority

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from bot.config import Campaign, Config
    from storage.campaigns import Campaign as CampaignRow
    from storage.storage import Storage

_TELL_AGAIN = timedelta(days=1)
_GO_ON = N_(
    "⚠️ I have started, but my letters' or organisations' files have mistakes ({count}): I go on with what I know. Whoever runs me sees them with `tocsin check`, and has me read them with `tocsin reload`."
)


def house_of(config: Config) -> House:
    """What holds for the whole bot."""
    bot, matrix = config.settings.bot, config.settings.matrix
    return House(
        language=bot.language,
        timezone=bot.timezone,
        prefix=bot.prefix,
        name=bot.name,
        admins=frozenset(bot.admins),
        bridges=Bridges(
            frozenset(one for one in bot.bridges if "@" in one.id),
            frozenset(one.id for one in bot.bridges if "@" not in one.id),
            bot.same_room,
        ),
        invites=frozenset((MATRIX, server) for server in matrix.invites) if matrix else frozenset(),
        public_providers=config.settings.authority.providers,
        keep=timedelta(days=config.settings.privacy.keep_days),
    )


def open_campaigns(storage: Storage, config: Config, now: datetime) -> Changes:
    """Bring a config into the database; return what its files changed. Doing it again changes nothing.

    Rooms, administrators and new campaigns are taken in, then what the files hold: see `read_files`. Everything else
    can be said in chat, and stays as it was said there: see `differences`. Where files are amiss, the campaigners are told
    so, once a day at most, however often it is started; the database must be one that `holds_all` campaigns then.
    """
    bot = config.settings.bot
    for address in bot.admins:
        storage.people.ensure(address, "", now)
    for network, address in bot.admin_rooms:
        room = _room(storage, network, address, bot.language)
        storage.rooms.change(room, admin=True)
    for key, campaign in config.settings.campaigns.items():
        known = storage.campaigns.find(key) or _open(storage, key, campaign, config, now)
        if known.closed_at is not None:
            continue
        if campaign.collective and known.collective_id is None:
            adopting.name(storage, known.id, campaign.collective, now)
        _name(storage, known, campaign, now)
        for position, (network, address) in enumerate(campaign.rooms):
            language = campaign.language or bot.language
            room = _room(storage, network, address, language)
            # Of one that was replaced the campaign has the one in its place; no file makes that the campaigners' room.
            successor = storage.rooms.named(network, address)
            storage.rooms.list_in(known.id, successor.id if successor else room, position)
    last = storage.audit.last("files not read")
    if config.amiss and (last is None or not is_lately(last, _TELL_AGAIN, now)):
        storage.audit.note("files not read", now, count=len(config.amiss))
        tell.put(storage, tell.admins(storage, house_of(config), say(_GO_ON, count=len(config.amiss))), now)
    return read_files(storage, config, now)


def holds_all(storage: Storage, config: Config) -> bool:
    """Whether every campaign of the config was opened: what is to be signed, and by whom, only files say at first."""
    return all(storage.campaigns.find(key) is not None for key in config.settings.campaigns)


def read_files(storage: Storage, config: Config, now: datetime) -> Changes:
    """Take in what the files of the campaigns that are open hold; also while the bot runs.

    Campaigners are asked about a letter whose text has changed: see `bot.files.drafts`. The organisations' files are followed
    where nobody has said otherwise in chat: see `bot.files.roster`. Of a campaign that has ended nobody is entered any more,
    least of all somebody who was forgotten since. Where files are amiss, none is followed: what stands in one of them may
    only be missing from another.
    """
    doubles = storage.organisations.renormalise(normal_form)
    changes = Changes() if config.amiss else _followed(storage, config, now)
    authority.prove_again(storage, config.settings.authority.providers, now)
    changes.refused += [
        f"{other}: goes by the same name as {first}, which was here before and keeps it: rename or merge one"
        for first, other in doubles
    ]
    return changes


def _followed(storage: Storage, config: Config, now: datetime) -> Changes:
    """Follow the letters and the organisations' files."""
    known = [
        (campaign, opening)
        for key, opening in config.openings.items()
        if (campaign := storage.campaigns.find(key)) is not None
    ]
    found = [(campaign, opening) for campaign, opening in known if campaign.closed_at is None]
    ended = [line for campaign, opening in known if campaign.closed_at for line in opening.roster]
    for campaign, opening in found:
        drafts.take(storage, house_of(config), campaign, opening.letters, now)
    return follow(storage, [(campaign.id, opening.roster) for campaign, opening in found], now, ended)


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
            "title": (_titles(campaign.first_title, campaign.titles), _titles(known.title, known.titles)),
            "link": (campaign.link, known.link),
            "goal": (campaign.goal, known.goal),
            "counts": (campaign.counts, known.counts),
            "timezone": (zone, known.timezone),
            "language": (campaign.language or bot.language, known.language),
            "reminders": (_spans(_seconds(campaign)), _spans(known.reminders)),
            "civil_hours": (campaign.civil_hours, known.civil_hours),
            "board": (_yes(campaign.board), _yes(known.board)),
            "pauses": (_days(_pauses(campaign)), _days(known.pauses)),
            "second_person": (_yes(campaign.second_person), _yes(known.second_person)),
            "collective": (campaign.collective or "", _collective(storage, known)),
            "deadline": (_instant(deadline_of(campaign, zone), zone), _instant(deadline, zone)),
        }
        found += [
            f"campaigns.{key}.{name}: {ours or 'none'} here, but {theirs or 'none'} in the campaign, which stays"
            for name, (ours, theirs) in pairs.items()
            if ours != theirs
        ]
        found += drafts.differences(storage, known, config.openings[key].letters)
    found += [
        f"campaigns.{known.key}: no longer here, but still open"
        for known in storage.campaigns.open()
        if known.key not in config.settings.campaigns
    ]
    return found


def _name(storage: Storage, known: CampaignRow, campaign: Campaign, now: datetime) -> None:
    """Let a campaign that is under way have its title in more languages: nobody has said any other there."""
    more = {language: title for language, title in campaign.titles.items() if language not in known.titles}
    if more and known.title in (campaign.first_title, *campaign.titles.values()):
        titles = {language: {**campaign.titles, **known.titles}[language] for language in campaign.titles}
        storage.campaigns.name(known.id, titles)
        storage.audit.note("campaign titled", now, campaign=known.id, languages=sorted(more))


def _titles(title: str, titles: Mapping[str, str]) -> str:
    return ", ".join(f"{language} {one}" for language, one in titles.items()) or title


def _yes(value: bool) -> str:  # noqa: FBT001 - a word for it
    return "true" if value else "false"


def _collective(storage: Storage, campaign: CampaignRow) -> str:
    return "" if campaign.collective_id is None else storage.organisations.get(campaign.collective_id).name


def _seconds(campaign: Campaign) -> list[int]:
    return [int(offset.total_seconds()) for offset in campaign.reminders]


def _pauses(campaign: Campaign) -> list[list[str]]:
    return [[day.isoformat() for day in pause] for pause in sorted(set(campaign.pauses))]


def _days(pauses: list[list[str]]) -> str:
    return ", ".join("/".join(pause) for pause in pauses)


def _spans(seconds: list[int]) -> str:
    return ", ".join(lasting(timedelta(seconds=one)) for one in seconds)


def _instant(at: datetime | None, zone: str) -> str:
    return "" if at is None else local(at, zone)


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
        campaign.first_title,
        now,
        titles=campaign.titles,
        link=campaign.link,
        goal=campaign.goal,
        counts=campaign.counts,
        timezone=zone,
        language=campaign.language or bot.language,
        reminders=_seconds(campaign),
        civil_hours=campaign.civil_hours,
        pauses=_pauses(campaign),
        board=campaign.board,
        second_person=campaign.second_person,
    )
    deadline = deadline_of(campaign, zone)
    if deadline is not None and deadline > now:
        storage.deadlines.put(row.id, "", deadline, zone, now)
    storage.audit.note("campaign opened", now, campaign=row.id, key=key)
    return row
