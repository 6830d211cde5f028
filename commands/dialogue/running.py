"""Running a command: who may say it where, for which campaign, and what is asked if it is not clear what is meant."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from campaign.chat import N_, Text, Typed, say
from campaign.errors import CampaignError
from commands import meant
from commands.command import Context, Reply, Unclear
from commands.organisations import asking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from commands.command import Command


def authorise(context: Context, one: Command) -> None:
    """Make sure that this person may say this command here.

    Campaigners are those whose very account is listed in the config, whatever anybody calls themselves. Who comes
    through a bridge may say nothing.

    Raises:
        CampaignError: they may not; the text says who may, or where.
    """
    if context.house.bridges.brings(context.address):
        raise CampaignError(bridged(context.address.id if context.shows_accounts else context.name))
    if one.admin and not context.is_admin:
        raise CampaignError(
            say(
                N_(
                    "Only campaigners can use {command}, from the account I have for them. Please ask one of them."
                ),
                command=Typed(one.name),
            )
        )
    if context.place not in one.where:
        raise CampaignError(_elsewhere(context, one))


def bridged(who: str) -> Text:
    """Say why nothing is taken from somebody who comes through a bridge, by their account where that may be named."""
    return say(
        N_(
            "You write through a bridge ({address}), where anybody can take any name, so I take nothing from there. Please write from an account on Matrix or XMPP."
        ),
        address=who,
    )


def _elsewhere(context: Context, one: Command) -> Text:
    """Where a command may be said; of one that cannot be done anywhere any more, why."""
    ended = gone(context, one)
    if ended is not None:
        return ended
    if one.where == {"private"}:
        return say(N_("Please say {command} to me in private."), command=Typed(one.name))
    if "admin" in one.where and "campaign" not in one.where:
        return say(
            N_("Please say {command} in the campaigners' room, or to me in private."), command=Typed(one.name)
        )
    return say(N_("Please say {command} in a room of the campaign."), command=Typed(one.name))


def gone(context: Context, one: Command) -> Text | None:
    """Why a command cannot be done in the campaign that is meant if none is named, for that has ended; None if it can."""
    ended = meant.ended(context) if one.needs_campaign and not one.even_ended else None
    return None if ended is None else meant.has_ended(ended)


def do(context: Context, one: Command, arguments: Mapping[str, Any], campaign: str) -> Reply | None:
    """Run a command for the campaign that was named, or the only one it can be."""
    context = replace(context, campaign_key=campaign, even_ended=one.even_ended)
    if one.needs_campaign:
        # Refused here, before anything is written, if it is not clear which one is meant.
        context = replace(context, resolved=context.campaign)
    return for_campaign(campaign, run(context, one, arguments))


def run(context: Context, one: Command, arguments: Mapping[str, Any]) -> Reply | None:
    """Run a command; where it is not clear which organisation is meant, ask."""
    try:
        return one.run(context, **arguments)
    except Unclear as unclear:
        asked = asking.which(one, arguments, unclear)
        if asked is None:
            raise
        return asked


def for_campaign(campaign: str, reply: Reply | None) -> Reply | None:
    """Let what is asked be answered for the campaign that was named."""
    if reply is None or not campaign:
        return reply
    return replace(reply, choices=tuple(replace(choice, campaign=campaign) for choice in reply.choices))
