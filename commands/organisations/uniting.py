"""Two organisations that become one: whether a voice is lost by it, where they answered differently, to whom that matters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Text, say
from commands import tell
from commands.organisations.org_words import STANDINGS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from commands.command import Context, Elsewhere
    from storage.campaigns import Campaign
    from storage.merging import Plan
    from storage.organisations import Organisation


def votes(ctx: Context, campaign: Campaign, organisation: Organisation) -> bool:
    """Whether it is one of a campaign's organisations: what a stranger made of a name, and has not signed, is none yet."""
    if ctx.storage.campaigns.member(campaign.id, organisation.id) is None:
        return False
    signs = ctx.storage.signatures.standing(campaign.id, organisation.id) is not None
    return signs or not organisation.flagged


def differing(ctx: Context, plan: Plan) -> Iterator[Text]:
    """Which of two signatures or answers stands, campaign by campaign."""
    campaigns = ctx.storage.campaigns
    for campaign, stands, ends in plan.ended:
        yield say(
            N_("⚠ “{title}”: both have signed. No. {stands} stands, no. {ends} ends."),
            title=campaigns.get(campaign).named,
            stands=stands,
            ends=ends,
        )
    for campaign, word, other in plan.words:
        yield say(
            N_("⚠ “{title}”: their answers differ. The later one stands: {word}, not {other}."),
            title=campaigns.get(campaign).named,
            word=say(STANDINGS[word]),
            other=say(STANDINGS[other]),
        )


def told(ctx: Context, plan: Plan) -> Iterator[Elsewhere]:
    """Tell those alone whose signature has ended by it."""
    kept = ctx.storage.organisations.get(plan.kept)
    for campaign, stands, ends in plan.ended:
        ended = ctx.storage.signatures.by_number(campaign, ends)
        standing = ctx.storage.signatures.by_number(campaign, stands)
        if ended is None or standing is None or ended.person_id == standing.person_id:
            continue
        text = N_(
            "Your signature no. {ends} has ended: the organisation is the same as **{kept}**, which has signed (no. {stands}). If that is wrong, tell a campaigner."
        )
        line = say(text, ends=ends, kept=kept.name, stands=stands)
        yield from tell.privately(ctx.storage, ended.person_id, line, here=ctx.room.id)
