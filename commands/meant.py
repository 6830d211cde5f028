"""Which campaign is meant where somebody speaks: an open one; where none is, the one that ended last, for what only reads."""

from __future__ import annotations

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from campaign.chat import N_, Day, Text, Typed, say
from campaign.errors import CampaignError
from commands.vocabulary import in_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from commands.command import Context
    from storage.campaigns import Campaign


def campaign(ctx: Context) -> Campaign:
    """The campaign that is meant: the one that was named, or the only one that can be.

    Raises:
        CampaignError: there is none, it has ended and what is asked for would change it, or there are several and none
            was named.
    """
    option = f"{in_language('campaign', ctx.language)}="
    found = _named(ctx, option) if ctx.campaign_key else _only(ctx, option)
    if found.closed_at is not None and not ctx.even_ended:
        raise CampaignError(has_ended(found))
    return found


def has_ended(ended: Campaign) -> Text:
    """Why nothing can be done in a campaign any more: since which day (in its zone), and what can still be asked."""
    return say(
        N_("**{title}** ended on {day}: nobody signs or votes any more. What it came to: {status}"),
        title=ended.named,
        day=last_day(ended),
        status=Typed("status"),
    )


def ended(ctx: Context) -> Campaign | None:
    """The campaign that is meant where none is named, if it has ended."""
    found = candidates(ctx)
    return found[0] if found and found[0].closed_at is not None else None


def last_day(ended: Campaign) -> Day | str:
    """The day on which a campaign ended, in its own zone; empty if it has not."""
    if ended.closed_at is None:
        return ""
    return Day(ended.closed_at.astimezone(ZoneInfo(ended.timezone)).date())


def candidates(ctx: Context) -> Sequence[Campaign]:
    """The campaigns that can be meant here, where none is named.

    Of a room that is listed, its own, even when they have ended and others are open: nobody signs another letter there.
    Elsewhere those of the person's rooms, or else any.
    """
    campaigns = ctx.storage.campaigns
    here = [campaigns.get(one) for one in ctx.storage.rooms.campaigns_of(ctx.room.id)]
    if here:
        return _current(here)
    return _current([campaigns.get(one) for one in ctx.gathered], campaigns.all())


def _current(*circles: Sequence[Campaign]) -> Sequence[Campaign]:
    """Of some circles, the nearest first: what is open in the nearest where anything is; else what ended last in the nearest."""
    for circle in circles:
        if running := [one for one in circle if one.closed_at is None]:
            return running
    for circle in circles:
        if ended := [(one.closed_at, one.id, one) for one in circle if one.closed_at is not None]:
            return [max(ended)[2]]
    return []


def _named(ctx: Context, option: str) -> Campaign:
    named = ctx.storage.campaigns.find(ctx.campaign_key)
    if named is None:
        raise CampaignError(
            say(
                N_("There is no campaign “{key}”. Leave {option} out, or ask a campaigner."),
                key=ctx.campaign_key,
                option=option,
            )
        )
    return named


def _only(ctx: Context, option: str) -> Campaign:
    found = candidates(ctx)
    if not found:
        raise CampaignError(say(N_("No campaign is open at the moment. Please ask a campaigner.")))
    if len(found) > 1:
        raise CampaignError(
            say(
                N_("Several campaigns are open here. Please add {option} and one of these: {keys}"),
                option=option,
                keys=", ".join(one.key for one in found),
            )
        )
    return found[0]
