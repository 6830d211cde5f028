"""What a command is, and the context it gets; what it takes is in `parameters`, what it gives in `replies`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Literal, TypeAlias

from campaign.bridge import Bridges
from campaign.chat import XMPP
from campaign.errors import CampaignError
from campaign.providers import PUBLIC_PROVIDERS
from commands import meant
from commands.parameters import Kind, More, Option, Options, Parameter, Prose, Rest, parameters_of
from commands.replies import Choice, Elsewhere, Reply, Unclear, UsageError, reply

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from campaign.chat import Address, Text
    from storage.campaigns import Campaign
    from storage.people import Person
    from storage.rooms import RoomRow
    from storage.storage import Storage

__all__ = [
    "ANYWHERE",
    "CAMPAIGNERS",
    "Choice",
    "Command",
    "Context",
    "Elsewhere",
    "House",
    "Kind",
    "More",
    "Option",
    "Options",
    "Parameter",
    "Place",
    "Prose",
    "Reply",
    "Rest",
    "Unclear",
    "UsageError",
    "Wanted",
    "command",
    "reply",
]

Place: TypeAlias = Literal["campaign", "admin", "private", "other"]
"""A room of a campaign, a room of the campaigners, a chat of exactly two, or any other room."""

ANYWHERE: frozenset[Place] = frozenset({"campaign", "admin", "private", "other"})
CAMPAIGNERS: frozenset[Place] = frozenset({"admin", "private"})


# --- what it gets --------------------------------------------------------------------------------------------------


class Wanted(Exception):
    """What is near a name is to be found out before a command can be answered: outside of the transaction.

    What was begun is undone, and the command is run again once it is known.
    """

    def __init__(self, name: str, site: str) -> None:
        super().__init__("suggestions are wanted")
        self.name, self.site = name, site


def _nobody(_name: str, _site: str) -> Sequence[int]:
    return ()


@dataclass(frozen=True, slots=True)
class House:
    """What holds for the whole bot, from its config."""

    language: str = "fr"
    timezone: str = "Europe/Paris"
    prefix: str = "!"
    name: str = "tocsin"
    admins: frozenset[Address] = frozenset()
    bridges: Bridges = field(default_factory=Bridges)
    invites: frozenset[tuple[str, str]] = frozenset()
    """Network and name of the servers whose people may invite the bot, beside the administrators."""
    public_providers: frozenset[str] = PUBLIC_PROVIDERS
    """The servers where an account says nothing about who somebody is."""
    keep: timedelta = timedelta(days=180)
    """How long people are remembered after the last campaign they had a part in has ended."""


@dataclass(frozen=True, slots=True)
class Context:
    """Who asks what, where and when, and the storage in which it is answered."""

    storage: Storage
    house: House
    now: datetime
    """When it takes effect (UTC): when it was received, or while catching up when its server says it was said."""
    room: RoomRow
    place: Place
    address: Address
    name: str
    """What the person calls themselves: shown, never believed."""
    person: Person
    server_at: datetime | None = None
    """When its server says that it was said (UTC). A server can say what it likes: see `now`."""
    live: bool = True
    """Whether it was received as it was said: then it is the latest word on whatever it is about."""
    received: datetime | None = None
    """See `received_at`."""
    by_form: bool = False
    """Whether it was handed in as a form."""
    menu: tuple[Command, ...] = ()
    event: str = ""
    thread: str = ""
    """The thread in which it was said, if in one."""
    replies_to: str = ""
    """What the message of the bot's that it replies to was for, e.g. "prompt:12"; empty if it replies to none."""
    campaign_key: str = ""
    """The `campaign=` that was given, if any."""
    resolved: Campaign | None = None
    """The campaign that is meant, once that is known: it is looked up once per command."""
    even_ended: bool = False
    """Whether a campaign that has ended will do, for nothing of it is changed."""
    confirmed: bool = False
    """Whether the person was asked and said yes."""
    shared: tuple[str, ...] = ()
    """In private: the rooms of the bot's in which the network shows that person now, by their ids."""
    near: Callable[[str, str], Sequence[int]] = field(default=_nobody)
    """The organisations whose name or site is like these, the likest first. May raise `Wanted`."""

    @property
    def is_admin(self) -> bool:
        """Whether this very account is listed in the config. Names, nicks and occupants never are."""
        return self.address.is_account and self.address in self.house.admins

    @property
    def received_at(self) -> datetime:
        """When it was received (UTC): what people are given time for begins then, however long ago it was said."""
        return self.received or self.now

    @property
    def private(self) -> bool:
        """Whether this is a chat of exactly two."""
        return self.place == "private"

    @property
    def shows_accounts(self) -> bool:
        """Whether an account may be named here: everybody sees whose it is anyway, or is to know.

        A room on XMPP may hide that from all but its moderators, of whom we may be one.
        """
        return self.place in CAMPAIGNERS or self.room.network != XMPP

    @property
    def language(self) -> str:
        """The language in which the person is answered here."""
        return self.room.language or self.house.language

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages in which dates are read: the room's first."""
        return tuple(dict.fromkeys((self.language, "fr", "en")))

    @property
    def campaign(self) -> Campaign:
        """The campaign that is meant here: see `meant`.

        Raises:
            CampaignError: there is none, it has ended and this would change it, or there are several and none was named.
        """
        return self.resolved or meant.campaign(self)

    @property
    def candidates(self) -> Sequence[Campaign]:
        """The campaigns that can be meant here: the room's, in private those of the person's rooms, else every open one."""
        return meant.candidates(self)

    @property
    def gathered(self) -> tuple[int, ...]:
        """In private: the campaigns of rooms that this person is in as well, those that have ended among them."""
        rooms = self.storage.rooms
        found = (rooms.find(self.address.network, one) for one in self.shared)
        return tuple(
            sorted(
                {campaign for room in found if room is not None for campaign in rooms.campaigns_of(room.id)}
            )
        )

    @property
    def zone(self) -> str:
        """The IANA zone in which dates are meant here."""
        try:
            return replace(self, even_ended=True).campaign.timezone
        except CampaignError:
            return self.house.timezone


# --- what it is ----------------------------------------------------------------------------------------------------


# Each is only itself: menus of them are looked up with every line.
@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """A command of the menu."""

    name: str
    """One or two words, in English."""
    fr: str
    help: str
    example: str
    run: Callable[..., Reply | None]
    parameters: tuple[Parameter, ...]
    admin: bool = False
    where: frozenset[Place] = ANYWHERE
    in_short: bool = False
    """Whether it is one of the few that help shows in a room."""
    needs_campaign: bool = True
    even_ended: bool = False
    """Whether it can be said of a campaign that has ended, too."""
    form: bool = False
    """Whether it is offered as a form as well, where a network shows forms."""
    also: Callable[[Context], tuple[Text, ...]] | None = None
    """What help says besides, from how things stand now."""
    moot: Callable[[Context, str], Reply | None] | None = None
    """What is answered rather than asking which date is meant, from what was said behind it; None where it has to be asked."""
    topic: str = ""
    """Under which heading help shows it; the menu says so."""

    def name_in(self, language: str) -> str:
        """The name in a language; English where there is none."""
        return self.fr if language == "fr" and self.fr else self.name

    @property
    def names(self) -> frozenset[str]:
        """Every name it answers to."""
        return frozenset({self.name, self.fr})


def command(
    name: str,
    *,
    fr: str,
    help: str,  # noqa: A002 - the field's own word
    example: str,
    admin: bool = False,
    where: frozenset[Place] | None = None,
    in_short: bool = False,
    needs_campaign: bool = True,
    even_ended: bool = False,
    more: tuple[str, ...] = (),
    form: bool = False,
    also: Callable[[Context], tuple[Text, ...]] | None = None,
    moot: Callable[[Context, str], Reply | None] | None = None,
) -> Callable[[Callable[..., Reply | None]], Command]:
    """Make a function a command: its parameters are the grammar, from which help and usage are derived.

    Positional parameters take a word each, `Rest` what remains; a `Moment` or `Day` takes the longest run of words
    that reads as one. Keyword-only parameters are options. Literals are choices, in every language.

    Args:
        name: one or two English words.
        fr: the same in French.
        help: one sentence, marked with `N_`.
        example: a line that works as it stands, marked with `N_`; the tests run it in both languages.
        admin: only for campaigners, and then only in their room or in private unless `where` says more.
        where: the kinds of place it may be said in.
        in_short: shown by help in a room.
        needs_campaign: False for what makes sense without one.
        even_ended: True for what only reads it, or speaks of it: then one that has ended will do where none is open.
        more: names of further options, which the function takes as `**more: More`; the usage line leaves them out.
        form: whether it is offered as a form as well; its fields are the parameters (see `commands/dialogue/forms.py`).
        moot: answers at once where a date is not clear, if no date is any good.
        also: gives what help and a line without arguments say besides, such as the answers of the open polls.
    """
    places = where if where is not None else (CAMPAIGNERS if admin else ANYWHERE)

    def make(run: Callable[..., Reply | None]) -> Command:
        return Command(
            name,
            fr,
            help,
            example,
            run,
            parameters_of(run, more),
            admin,
            places,
            in_short,
            needs_campaign,
            even_ended,
            form,
            also,
            moot,
        )

    return make
