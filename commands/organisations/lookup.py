"""What several commands look up: which organisation is meant, and whether somebody may answer for it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from campaign.chat import N_, Text, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import doubt, normal_form, tidy_name
from commands.command import Unclear
from commands.organisations import authority

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commands.command import Context
    from storage.organisations import Organisation
    from storage.storage import Storage

LONGEST_NOTE = 300
"""Characters of a note, a role or a reason."""


_FOR = re.compile(
    r"(?:pour|for|on behalf of|au nom (?:du|de la|des|de|d')|de la part (?:du|de la|des|de|d'))\s*\b",
    re.IGNORECASE,
)
"""What may be said before the name of whom one speaks for."""


def named(storage: Storage, name: str) -> Organisation | None:
    """The organisation that goes by this name; if none does, by what follows "for" or "au nom de"."""
    name = tidy_name(name)
    found = storage.organisations.find(normal_form(name))
    before = _FOR.match(name) if found is None else None
    return storage.organisations.find(normal_form(name[before.end() :])) if before else found


def organisation(context: Context, name: str, *, or_why: Typed | None = None) -> Organisation:
    """The organisation of this name, in the campaign or one the person speaks for; without a name, the only one of these.

    Its own people may answer for it in a campaign that did not know it. What nobody is called may be a reason instead:
    `or_why` is how that is said.

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
    found = named(storage, name)
    if found is None or not _may_answer(context, found):
        near = [one.name for one in suggestions(context, name) if _may_answer(context, one)]
        if near:
            raise unclear(tidy_name(name), name, near)
        if or_why is not None:
            reason = N_(
                "I know no organisation called “{name}”, so I noted nothing. If that is why: {command}"
            )
            raise CampaignError(say(reason, name=tidy_name(name), command=or_why))
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
        or storage.representatives.is_representative(organisation.id, person)
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


def spoken_for(context: Context, name: str, *, or_why: Typed | None = None) -> Organisation:
    """The organisation that is meant, by somebody who may speak for it, or who has declared a signature for it.

    For `or_why` see `organisation`.

    Raises:
        CampaignError: it is unknown, the collective itself, or this person is not known to speak for it.
    """
    found = organisation(context, name, or_why=or_why)
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
