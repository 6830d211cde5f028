"""What the collective itself is called: the organisation that all the others are together, and that a poll can let sign."""

from __future__ import annotations

from typing import TYPE_CHECKING

from campaign.chat import N_, Typed, say
from campaign.errors import CampaignError
from campaign.organisation import normal_form, tidy_name
from commands.ballots import adopting
from commands.command import Choice, Context, Reply, Rest, command, reply

if TYPE_CHECKING:
    from campaign.chat import Text


@command(
    "campaign collective",
    fr="campagne collectif",
    help=N_("Say what the collective itself is called, so that a poll can let it sign."),
    example=N_("!campaign collective Les Hébergeurs Réunis"),
    admin=True,
)
def campaign_collective(ctx: Context, name: Rest = "") -> Reply:
    """Show or set the collective; it is no elector and is not reminded. One that has signed stays what it is."""
    campaign, storage = ctx.campaign, ctx.storage
    known = storage.organisations.get(campaign.collective_id) if campaign.collective_id is not None else None
    if not name:
        return _shown(known.name if known else "")
    if known is not None and storage.signatures.standing(campaign.id, known.id) is not None:
        raise CampaignError(
            say(
                N_("**{name}** has signed as the collective, and stays it. To change its name: {rename}"),
                name=known.name,
                rename=Typed("org rename", f"{known.name} = …"),
            )
        )
    wanted = tidy_name(name)
    found = storage.organisations.find(normal_form(wanted))
    promised = [
        one.number for one in storage.polls.of_campaign(campaign.id) if one.signs and not one.closed_at
    ]
    if known is not None and promised and (found is None or found.id != known.id):
        raise CampaignError(
            say(
                N_(
                    "Poll {number} lets **{name}** sign if it is adopted: the collective stays until it is over."
                ),
                number=promised[0],
                name=known.name,
            )
        )
    if (
        found is not None
        and storage.campaigns.member(campaign.id, found.id) is not None
        and not ctx.confirmed
    ):
        ask = say(
            N_(
                "**{name}** is one of the campaign's organisations. As the collective it votes in no poll and is reminded of nothing. If that is meant: {confirm}"
            ),
            name=found.name,
            confirm=Typed("confirm"),
        )
        return Reply((ask,), choices=(Choice("campaign collective", {"name": found.name}),))
    collective = adopting.name(storage, campaign.id, wanted, ctx.now, person=ctx.person.id, room=ctx.room.id)
    return reply(
        N_("**{name}** is the collective now: a poll that is adopted can let it sign."), name=collective.name
    )


def _shown(name: str) -> Reply:
    text: Text = (
        say(N_("The collective is **{name}**."), name=name)
        if name
        else say(
            N_("I do not know what the collective is called: {collective}"),
            collective=Typed("campaign collective", "…"),
        )
    )
    return Reply((text,))
